"""A classifier of two linear layers, as people put on a trained body."""

import torch
from torch import Tensor, nn
from torch.nn import functional

FIRST: str = "fc.first.weight"
"""Where a state dict has the weights of the first of two layers."""


class TwoLinears(nn.Linear):
    """Linear, ReLU, linear; in all else the last layer is the classifier that others know."""

    def __init__(self, channels: int, hidden: int, classes: int) -> None:
        super().__init__(hidden, classes)
        self.first = nn.Linear(channels, hidden)

    def forward(self, input: Tensor) -> Tensor:
        """(N, channels) -> (N, classes)."""
        return super().forward(functional.relu(self.first(input)))


def with_head_of(network: nn.Module, channels: int, hidden: int, classes: int) -> None:
    """Give a network on torch's meta device such a classifier."""
    with torch.device("meta"):
        network.fc = TwoLinears(channels, hidden, classes)
