"""Batch norm: in closed form, in torch, in a layer and in a whole network."""
