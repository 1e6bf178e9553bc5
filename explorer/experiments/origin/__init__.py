"""Where a number comes from: any value of a network taken apart into what made it."""
