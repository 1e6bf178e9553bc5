"""What every block wrote for one picture."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import torch
from torch import Tensor

from explorer.networks import ResNet


@dataclass(frozen=True)
class Features:
    """Path of the stem and of each block -> its output for one image, (C, H, W) on the CPU."""

    maps: dict[str, Tensor]

    @cached_property
    def finite(self) -> bool:
        """False if some block's values are inf or NaN."""
        return all(bool(out.isfinite().all()) for out in self.maps.values())

    def mean(self, path: str) -> Tensor:
        """Mean over the block's channels, (H, W)."""
        return self.maps[path].mean(0)

    def scaled_mean(self, path: str) -> Tensor:
        """The mean from 0, its smallest value, to 1, its largest; all 0 where it is constant."""
        mean = self.mean(path)
        low, high = float(mean.min()), float(mean.max())
        return (mean - low) / (high - low if high > low else 1.0)


_HEAD: Final = ("final_bn", "final_relu", "avgpool", "flatten", "fc")
"""Ops behind the last block; those before the first one differ from stem to stem."""


def part_of(op_path: str) -> str:
    """The block that an op belongs to: 'layer2.0' of 'layer2.0.conv1', else 'stem' or 'head'."""
    if op_path.startswith("layer"):
        return ".".join(op_path.split(".")[:2])
    return "head" if op_path in _HEAD else "stem"


def features(network: ResNet, x: Tensor) -> Features:
    """Run x, (1, C, H, H), once and keep what stem and blocks hand on."""
    maps: dict[str, Tensor] = {}
    with torch.inference_mode():
        for path, out in network.walk(x.to(network.fc.weight.device)):
            part = part_of(path)
            if part == "head":
                break
            maps[part] = out
    # Copied outside of inference mode: its own tensors could not be used with autograd.
    return Features({path: out[0].float().cpu().clone() for path, out in maps.items()})


def grid(maps: Tensor, first: int, count: int, common: bool) -> tuple[Tensor, int]:
    """Channels of one block as tiles of one picture, each value between 0 and 1.

    Args:
        maps: (C, H, W).
        first, count: which channels.
        common: one scale for all channels of the block, so that they compare; otherwise each
            tile runs from its own smallest to its own largest value.

    Returns:
        The tiles, (rows, columns, H, W), NaN where there is no channel, and how many columns.
    """
    chosen = maps[first : first + count]
    if common:
        low, high = maps.min(), maps.max()
    else:
        low, high = chosen.amin((1, 2), keepdim=True), chosen.amax((1, 2), keepdim=True)
    span = (high - low).clamp_min(torch.finfo(torch.float32).tiny)
    scaled = (chosen - low) / span
    columns = 8 if len(chosen) <= 32 else 11
    rows = math.ceil(len(chosen) / columns)
    tiles = torch.full((rows * columns, *maps.shape[1:]), math.nan)
    tiles[: len(chosen)] = scaled
    return tiles.view(rows, columns, *maps.shape[1:]), columns
