"""What a network does: training, inference and everything measured on real weights."""
