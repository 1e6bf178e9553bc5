"""What one sees of batch norm: its steps as table and formulas, a layer, charts, the axes."""
