"""Which reading of a file is right: batch norm remembers the mean of what it saw in training.

A few photographs go through each reading of a network. At each batch norm, the mean of what
arrives is held against the mean that the layer stored, in stored standard deviations. Read
rightly, they are close; zeros on the wrong side, a stride in the wrong place or a forgotten
normalisation carry everything behind them away. Nothing is trained and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, sqrt
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn

from explorer.experiments import cifar10
from explorer.experiments.preprocess import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Preprocessing,
    prepare,
)

if TYPE_CHECKING:
    from PIL.Image import Image

    from explorer.networks import ResNet

_SILENT: Final = 0.01
"""A channel whose scale is this much smaller than the layer's largest tells nothing."""
_LEAST: Final = 1e-4
_FROZEN: Final = 1e-3
"""Frozen norms that were folded into scale and shift have a variance of 1, or of 1 - eps."""
_EARLY: Final = 3
"""Layers that tell mean, deviation and order of colours; those behind tell the rest."""
CLEAR: Final = 0.85
"""A reading is told from the best where the best's distance is at most this part of its own."""

FAR: Final = 0.6
"""A mean distance that no network had that was read rightly (0.13 to 0.43, half-trained ones among
them); a plain net read for one with shortcuts has 0.72."""
_SMALL: Final = 0.5
CLEAR_VALUES: Final = 0.5
"""The same of what is done to pixels, of which the first layers tell less."""

Values = tuple[tuple[float, ...], tuple[float, ...], bool]
"""Mean and deviation of each channel in the network's order, and whether that is blue first."""

VALUES: Final[dict[str, Values]] = {
    "imagenet": (IMAGENET_MEAN, IMAGENET_STD, False),
    "cifar10": (cifar10.MEAN, cifar10.STD, False),
    "cifar10_usual": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010), False),
    "cifar100": (cifar10.HUNDRED_MEAN, cifar10.HUNDRED_STD, False),
    "half": ((0.5,) * 3, (0.5,) * 3, False),
    "none": ((0.0,) * 3, (1.0,) * 3, False),
    "imagenet_bgr": (IMAGENET_MEAN[::-1], IMAGENET_STD[::-1], True),
    "cifar10_bgr": (cifar10.MEAN[::-1], cifar10.STD[::-1], True),
    "caffe": ((103.939 / 255, 116.779 / 255, 123.68 / 255), (1 / 255,) * 3, True),
    "bytes": ((0.0,) * 3, (1 / 255,) * 3, False),
}
"""What training programs do to pixels of 0 to 1: torchvision's, this app's and the usual ones of
CIFAR-10 and CIFAR-100, -1 to 1, nothing; the first two with blue first, Caffe's, and bytes as
they are."""
RARE: Final[dict[str, Values]] = {
    "cifar10_mean": (cifar10.MEAN, (1.0,) * 3, False),
    "cifar10_mean_bytes": (cifar10.MEAN, (1 / 255,) * 3, False),
    "cifar10_usual_bgr": (
        VALUES["cifar10_usual"][0][::-1],
        VALUES["cifar10_usual"][1][::-1],
        True,
    ),
    "half_bgr": ((0.5,) * 3, (0.5,) * 3, True),
    "none_bgr": ((0.0,) * 3, (1.0,) * 3, True),
    "bytes_bgr": ((0.0,) * 3, (1 / 255,) * 3, True),
}
"""Rarer ones, which only CIFAR's first layers tell: the mean alone taken away, as Keras's and older
programs do, and pictures that OpenCV read, blue first."""


@dataclass(frozen=True)
class Remembered:
    """How far the pictures' statistics are from those stored, layer by layer.

    `distances` are root mean squares over a layer's channels of (mean of the batch - stored mean)
    in stored standard deviations; `spreads` of the logarithm of (the batch's deviation / the
    stored one); inf where the network overflowed. `values` are how many numbers of a channel these
    were taken of, where that is noted.
    """

    paths: tuple[str, ...]
    distances: tuple[float, ...]
    spreads: tuple[float, ...] = ()
    values: tuple[int, ...] = ()

    @property
    def average(self) -> float:
        """Over the layers; inf without any."""
        found = self.distances
        return sum(found) / len(found) if found else inf


def remembered(network: ResNet, images: Tensor, layers: int | None = None) -> Remembered:
    """Send pictures through a network in eval mode and compare.

    Args:
        network: with batch norms; its stored statistics are used and stay.
        images: (N, C, H, W), preprocessed.
        layers: stop after so many batch norms; all if None.
    """
    norms = {
        path: layer for path, layer in network.named_modules() if isinstance(layer, nn.BatchNorm2d)
    }
    paths: list[str] = []
    found: list[tuple[float, float]] = []
    with torch.inference_mode():
        for path, out in network.walk(images.to(network.fc.weight.device)):
            if path in norms:
                paths.append(path)
                found.append(_distance(norms[path], out))
                if len(found) == layers:
                    break
    return Remembered(tuple(paths), tuple(one[0] for one in found), tuple(one[1] for one in found))


def _distance(layer: nn.BatchNorm2d, out: Tensor) -> tuple[float, float]:
    """From what the layer writes: it has subtracted the stored mean and divided already.

    out: (N, C, H, W). Returns the distance of the means, and of the deviations' logarithms.
    """
    # Ten times as quick as torch.var_mean where the channels lie innermost.
    _, mean, inverse = torch.native_batch_norm(
        out.float(), None, None, None, None, True, 0.0, 0.0
    )  # (C,)
    return distance(mean, 1 / inverse, layer.bias, layer.weight.abs(), layer.weight)


def distance(
    mean: Tensor, deviation: Tensor, stored_mean: Tensor, stored_deviation: Tensor, scale: Tensor
) -> tuple[float, float]:
    """Root mean squares over channels: of the means' distances in stored deviations, and of the
    logarithms of the deviations' ratios.

    All are (C,). A channel whose `scale` is next to nothing is left out; inf where one overflowed.
    """
    heard = scale.abs() > _SILENT * scale.abs().max()
    if not bool(heard.any()):
        return 0.0, 0.0
    away = ((mean - stored_mean) / stored_deviation)[heard]
    ratio = (deviation / stored_deviation)[heard].clamp_min(_LEAST).log()
    squares = float(away.square().mean()), float(ratio.square().mean())
    far, wide = (sqrt(one) if isfinite(one) else inf for one in squares)
    return far, wide


def has_memory(network: ResNet) -> bool:
    """Whether there are batch norms, and any whose statistics were ever updated."""
    layers = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    return any(
        layer.running_mean is not None
        and layer.running_var is not None
        and not (
            bool((layer.running_mean == 0).all())
            and bool(((layer.running_var - 1).abs() < _FROZEN).all())
        )
        for layer in layers
    )


@dataclass(frozen=True)
class Weighed:
    """A candidate by its name, and what its batch norms remembered.

    `distance` is that of the means; where `by_spread`, the deviations count as much.
    """

    name: str
    found: Remembered
    by_spread: bool = False

    @property
    def distance(self) -> float:
        if not self.by_spread:
            return self.found.average
        pairs = list(zip(self.found.distances, self.found.spreads, strict=True))
        return sum(sqrt(far**2 + wide**2) for far, wide in pairs) / len(pairs) if pairs else inf


def by_distance(some: Iterable[Weighed]) -> tuple[Weighed, ...]:
    """Nearest first."""
    return tuple(sorted(some, key=lambda one: one.distance))


def undecided(ranked: Sequence[Weighed], clear: float = CLEAR) -> tuple[str, ...]:
    """The names of those that are not clearly further than the nearest; empty without figures.

    Of what is done to pixels, small distances do not count: other photographs would order them
    in another way.
    """
    if not ranked or not isfinite(ranked[0].distance):
        return ()
    nearest = ranked[0].distance
    return tuple(
        one.name
        for one in ranked
        if one.distance * clear <= nearest or (one.by_spread and one.distance <= _SMALL)
    )


def best(ranked: Sequence[Weighed], usual: Sequence[str], clear: float = CLEAR) -> str:
    """The nearest; where several are as near, the first of them in the `usual` order."""
    near = undecided(ranked, clear)
    return next((name for name in usual if name in near), usual[0])


def raw(pictures: Sequence[Image], recipe: Preprocessing, channels: int) -> Tensor:
    """Pictures of any size as one batch of values from 0 to 1, (N, C, crop, crop)."""
    plain = replace(recipe.without_normalisation(), bgr=False)
    return torch.cat([prepare(picture, plain, channels).tensor for picture in pictures])


def normalised(batch: Tensor, values: Values) -> Tensor:
    """A raw batch as a training program would have given it to its network."""
    mean, std, bgr = (torch.tensor(values[0]), torch.tensor(values[1]), values[2])
    if batch.shape[1] == 1:
        mean, std = mean.mean(0, keepdim=True), std.mean(0, keepdim=True)
    elif bgr:
        batch = batch.flip(1)
    return (batch - mean.view(1, -1, 1, 1)) / std.view(1, -1, 1, 1)


def values_of(recipe: Preprocessing) -> Values:
    """A recipe's numbers."""
    return recipe.mean, recipe.std, recipe.bgr


def with_values(recipe: Preprocessing, values: Values) -> Preprocessing:
    """The same framing with other numbers."""
    mean, std, bgr = values
    return replace(recipe, mean=mean, std=std, bgr=bgr)


def weigh_values(
    network: ResNet, batch: Tensor, candidates: Mapping[str, Values]
) -> tuple[Weighed, ...]:
    """The ways to bring pixels to numbers, nearest first, by the first few batch norms.

    Args:
        network: any reading: the first layers are the same in all.
        batch: a few photographs, raw.
        candidates: such as VALUES.
    """
    return by_distance(
        Weighed(name, remembered(network, normalised(batch, values), _EARLY), True)
        for name, values in candidates.items()
    )


def weigh_readings(
    networks: Mapping[str, Callable[[], ResNet]],
    batch: Tensor,
    say: Callable[[int, int], None] = lambda done, todo: None,
) -> tuple[Weighed, ...]:
    """Networks that the same file fits, nearest first, by all batch norms.

    Args:
        networks: name -> makes the network; each is held only while it runs.
        batch: (N, C, H, W), preprocessed.
        say: called with (done, to do).
    """
    found = []
    for done, (name, make) in enumerate(networks.items()):
        say(done, len(networks))
        found.append(Weighed(name, remembered(make(), batch)))
    return by_distance(found)
