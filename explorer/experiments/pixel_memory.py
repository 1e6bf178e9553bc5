"""What was done to CIFAR's pixels, told by the first layer's memory alone, without photographs.

A first convolution of 3x3 is linear, so the mean and variance that the batch norm behind it stored
follow from the moments of the pixels that it saw: for weights w, mean w.m and variance w.C.w. The
moments of CIFAR-10's training pictures (of 10,000) are kept beside this file: 27 taps and, since a
convolution's zeros at the border are no black pixels, 9 more that say which taps lie inside. They
are kept thrice, as training programs differ: pictures as they are, and padded by 4 and cropped,
with black borders (cropped before normalising) or grey ones (after). Held against them, ways to
normalise that differ by a tenth are told apart, where ordinary photographs differ among themselves
by more than that.

    python -m explorer.experiments.pixel_memory   (needs CIFAR-10; writes the moments anew)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.experiments import cifar10
from explorer.experiments.readings import Remembered, Values, Weighed, by_distance

if TYPE_CHECKING:
    from explorer.networks import ResNet

MOMENTS: Final = Path(__file__).parent / "pixel_moments.json"
PICTURES: Final = 10_000
KNOWN: Final = 0.15
"""Nearer than this to what the nearest way would have left, the pixels were CIFAR's."""
CLEAR: Final = 0.7
"""A way is told from the nearest where the nearest's distance is at most this part of its own."""
_BLUE_FIRST: Final = 0.06
"""Further away, blue first is not believed: strong augmentation moves right ways to 0.1, but few
programs read blue first, and pictures standardised one by one have looked so from 0.1."""
_TAPS: Final = 9
_KERNELS: Final = (1, 3)
_HUNDRED: Final = 100
_SILENT: Final = 0.01
_LOST: Final = 6 / 255
"""What compression may have taken from a pixel (root mean square): filters that hear little else
tell less. The moments are those of JPEG pictures."""
_SURE: Final = 0.03


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean (36,) and second moments (36, 36) of red's, green's and blue's nine taps, 0 outside
    of the picture, and of nine ones, 0 outside too."""

    mean: Tensor
    second: Tensor


@cache
def moments() -> dict[str, Moments]:
    """CIFAR-10's: "whole" pictures, and cropped with "black" or "grey" borders."""
    return {
        name: Moments(torch.tensor(kept["mean"], dtype=torch.double), _square(kept["second"]))
        for name, kept in json.loads(MOMENTS.read_text(encoding="utf-8")).items()
    }


def _square(upper: list[float]) -> Tensor:
    second = torch.zeros(4 * _TAPS, 4 * _TAPS, dtype=torch.double)
    rows, columns = torch.triu_indices(4 * _TAPS, 4 * _TAPS)
    second[rows, columns] = torch.tensor(upper, dtype=torch.double)
    return second + second.triu(1).transpose(0, 1)


def weigh_values(network: ResNet, candidates: Mapping[str, Values]) -> tuple[Weighed, ...]:
    """The ways to bring pixels to numbers, nearest first; empty where the first layer is none
    that CIFAR's pixels reach, and where they are not CIFAR's by any way.

    Args:
        network: with the file's weights.
        candidates: such as readings.VALUES.
    """
    norm = _first_norm(network)
    conv = network.conv1
    if norm is None or not isinstance(conv, nn.Conv2d) or conv.in_channels != 3:
        return ()
    if conv.kernel_size[0] not in _KERNELS or norm[1].running_var is None:
        return ()
    hundred = network.fc.weight.shape[0] == _HUNDRED
    ranked = by_distance(
        Weighed(name, Remembered((norm[0],), (_nearest(conv, norm[1], values, hundred),)))
        for name, values in candidates.items()
    )
    if ranked and ranked[0].distance > _BLUE_FIRST:
        ranked = tuple(one for one in ranked if not candidates[one.name][2])
    return ranked if ranked and ranked[0].distance <= KNOWN else ()


def _first_norm(network: ResNet) -> tuple[str, nn.BatchNorm2d] | None:
    """The batch norm that reads the first convolution's output."""
    for path, layer in network.named_modules():
        if isinstance(layer, nn.BatchNorm2d):
            return path, layer
    return None


def expected(
    weight: Tensor, values: Values, pixels: Moments, hundred: bool = False
) -> tuple[Tensor, Tensor]:
    """Mean and variance of what a convolution writes, (C,) each.

    Args:
        weight: (C, 3, k, k) with k of 1 or 3.
        values: what was done to the pixels.
        pixels: their moments before that.
        hundred: of CIFAR-100's pixels: CIFAR-10's, stretched to CIFAR-100's mean and deviation.
    """
    taps = _coefficients(weight, values, hundred)
    mean = taps @ pixels.mean
    return mean, ((taps @ pixels.second) * taps).sum(1) - mean.square()


def _coefficients(weight: Tensor, values: Values, hundred: bool) -> Tensor:
    """(C, 36): how much each tap of a raw picture, and each tap's being inside, count."""
    mean, std = (torch.tensor(one, dtype=torch.double) for one in values[:2])
    weight = weight.detach().double().cpu()
    if values[2]:  # blue first: the weights of the first channel read blue
        weight, mean, std = weight.flip(1), mean.flip(0), std.flip(0)
    if weight.shape[-1] == 1:
        weight = functional.pad(weight, (1, 1, 1, 1))
    stretch, shift = torch.ones(3, dtype=torch.double), torch.zeros(3, dtype=torch.double)
    if hundred:
        here, there = torch.tensor((cifar10.MEAN, cifar10.HUNDRED_MEAN), dtype=torch.double)
        stretch = torch.tensor(cifar10.HUNDRED_STD, dtype=torch.double) / torch.tensor(cifar10.STD)
        shift = there - here * stretch
    pixels = weight * (stretch / std).view(1, 3, 1, 1)  # (C, 3, 3, 3)
    inside = (weight * ((shift - mean) / std).view(1, 3, 1, 1)).sum(1)  # (C, 3, 3)
    return torch.cat([pixels.flatten(1), inside.flatten(1)], 1)


def _nearest(conv: nn.Conv2d, norm: nn.BatchNorm2d, values: Values, hundred: bool) -> float:
    """Of whole and cropped pictures: what a training program did to their borders is not known."""
    return min(_distance(conv, norm, values, one, hundred) for one in moments().values())


def _distance(
    conv: nn.Conv2d, norm: nn.BatchNorm2d, values: Values, pixels: Moments, hundred: bool
) -> float:
    """How far what is stored is from what these values would have left: root mean square of the
    means' distances in stored deviations and of the deviations' logarithms, over channels."""
    assert norm.running_mean is not None and norm.running_var is not None
    mean, variance = expected(conv.weight, values, pixels, hundred)
    if conv.bias is not None:
        mean = mean + conv.bias.detach().double().cpu()
    stored, spread = norm.running_mean.double().cpu(), norm.running_var.double().cpu()
    scale = norm.weight.detach().abs().cpu()
    heard = (scale > _SILENT * scale.max()) & (spread > 0) & (variance > 0)
    if not bool(heard.any()):
        return float("inf")
    away = (mean - stored) / spread.sqrt()
    ratio = (variance / spread).log() / 2
    std = torch.tensor(values[1], dtype=torch.double)
    strength = (conv.weight.detach().double().cpu() / std.view(1, 3, 1, 1)).square().sum((1, 2, 3))
    doubt = _LOST**2 * strength / variance / 2
    weights = 1 / (_SURE**2 + doubt.square())
    squares = (away.square() + ratio.square())[heard] * weights[heard]
    return float((squares.sum() / weights[heard].sum()).sqrt().nan_to_num(float("inf")))


def measure(images: Tensor, inside: Tensor | None = None) -> Moments:
    """Of pictures (N, 3, 32, 32) from 0 to 1, as they come.

    inside: (N, 1, 32, 32), 0 where pixels are 0 once they are normalised; 1 everywhere if None.
    """
    if inside is None:
        inside = torch.ones(len(images), 1, *images.shape[2:])
    mean = torch.zeros(4 * _TAPS, dtype=torch.double)
    second = torch.zeros(4 * _TAPS, 4 * _TAPS, dtype=torch.double)
    count = 0
    for some in torch.cat([images * inside, inside], 1).split(200):
        taps = functional.unfold(some, 3, padding=1)  # (N, 36, 1024)
        taps = taps.permute(0, 2, 1).reshape(-1, 4 * _TAPS).double()
        mean += taps.sum(0)
        second += taps.T @ taps
        count += len(taps)
    return Moments(mean / count, second / count)


def main() -> None:
    """Measure CIFAR-10's training pictures and keep their moments."""
    images = cifar10.load(True, limit=PICTURES).images
    rows, columns = torch.triu_indices(4 * _TAPS, 4 * _TAPS)
    ones = torch.full((len(images), 1, *images.shape[2:]), 255, dtype=torch.uint8)
    cropped = cifar10.augment(torch.cat([images, ones], 1), torch.Generator().manual_seed(0))
    pixels, inside = (cropped.float() / 255).split([3, 1], 1)
    found = {
        "whole": measure(images.float() / 255),
        "black": measure(pixels),
        "grey": measure(pixels, inside),
    }
    kept = {
        name: {
            "mean": [round(value, 6) for value in one.mean.tolist()],
            "second": [round(value, 6) for value in one.second[rows, columns].tolist()],
        }
        for name, one in found.items()
    }
    MOMENTS.write_text(json.dumps(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
