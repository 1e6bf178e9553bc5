"""Counts taken from torch itself, beside which the closed forms are held."""

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.architecture.comparison import Stack


class Count(NamedTuple):
    """What torch finds: numbers in the modules, and MACs of a forward pass."""

    params: int
    macs: int


def modules_of(stack: Stack) -> nn.Sequential:
    """The stack as torch modules, without memory for their weights (torch's meta device)."""
    layers: list[nn.Module] = []
    for kernel, inputs, outputs, bias, batch_norm in stack.layers:
        layers.append(
            nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias, device="meta")
        )
        if batch_norm:
            layers.append(nn.BatchNorm2d(outputs, device="meta"))
    return nn.Sequential(*layers).eval()


@lru_cache(maxsize=256)
def count(stack: Stack, size: int) -> Count:
    """sum(p.numel()) of the modules, and torch's own operation count halved.

    Args:
        stack: the layers.
        size: height and width of the map that runs through them, in pixels.
    """
    modules = modules_of(stack)
    # torch counts a multiplication and an addition as two operations.
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        modules(torch.empty(1, stack.channels, size, size, device="meta"))
    params = sum(p.numel() for p in modules.parameters())
    return Count(params, counter.get_total_flops() // 2)
