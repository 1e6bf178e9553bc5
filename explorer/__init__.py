"""ResNet Explorer: what a ResNet is, computed and proved on the real network."""
