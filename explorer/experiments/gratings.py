"""Noisy gratings, ten orientations on 12x12 pixels: made here, so training needs no download."""

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor

CLASSES = 10
SIZE = 12


@dataclass(frozen=True, slots=True)
class Gratings:
    """Images (N, 1, 12, 12) with unit noise, and which of ten orientations each has."""

    images: Tensor
    labels: Tensor


def gratings(count: int, seed: int) -> Gratings:
    """`count` gratings of random orientation, phase and frequency (0.9 to 1.2 radians a pixel)."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, CLASSES, (count,), generator=generator)
    phase = torch.rand(count, generator=generator) * 2 * pi
    frequency = 0.9 + 0.3 * torch.rand(count, generator=generator)
    angle = labels * pi / CLASSES
    steps = torch.arange(SIZE).float()
    rows, columns = torch.meshgrid(steps, steps, indexing="ij")
    across = columns * torch.cos(angle)[:, None, None] + rows * torch.sin(angle)[:, None, None]
    waves = torch.cos(frequency[:, None, None] * across + phase[:, None, None])
    noise = torch.randn(count, SIZE, SIZE, generator=generator)
    return Gratings((waves + noise)[:, None], labels)
