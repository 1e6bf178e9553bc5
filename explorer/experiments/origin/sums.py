"""Sums over channels: a convolution's of products in a window, the classifier's over features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import fsum

import numpy as np

from explorer.experiments.origin.parts import Array, Part, Window
from explorer.experiments.origin.places import Place


@dataclass(frozen=True, eq=False)
class ByChannel(Part):
    """A sum of `products`, whose first axis is the channels read, and of a bias."""

    @cached_property
    def products(self) -> Array:
        raise NotImplementedError

    @cached_property
    def contributions(self) -> Array:
        """What each channel contributes, (C,)."""
        return np.array([fsum(one.ravel()) for one in self.products])

    @cached_property
    def ranking(self) -> tuple[int, ...]:
        """Indices of the channels, the largest contribution of either sign first."""
        return tuple(np.argsort(-np.abs(self.contributions), kind="stable").tolist())

    def rest(self, shown: int) -> float:
        """What the channels contribute together that are not among the first `shown`."""
        return fsum(self.products[list(self.ranking[shown:])].ravel())


@dataclass(frozen=True, eq=False)
class Convolution(ByChannel):
    """A sum of products. `patch` and `kernel` are (C / groups, k, k); `first` is the input
    channel with which the patch begins."""

    window: Window
    patch: Array
    kernel: Array
    bias: float | None
    first: int

    @cached_property
    def products(self) -> Array:
        return self.patch * self.kernel

    @cached_property
    def total(self) -> float:
        return fsum([*self.products.ravel(), self.bias or 0.0])

    def source(self, channel: int, row: int, column: int) -> Place | None:
        """The value under this cell of the patch; None for padding."""
        if not self.window.inside[row, column]:
            return None
        at = self.window.rows[row], self.window.columns[column]
        return Place(self.op.inputs[0], self.first + channel, *at)

    @property
    def sources(self) -> tuple[Place, ...]:
        for channel in self.ranking:
            order = np.argsort(-np.abs(self.products[channel]).ravel(), kind="stable")
            size = self.kernel.shape[-1]
            cells = (divmod(int(index), size) for index in order)
            found = [self.source(channel, row, column) for row, column in cells]
            if places := tuple(place for place in found if place):
                return places
        return ()


@dataclass(frozen=True, eq=False)
class Weighted(ByChannel):
    """The classifier: sum over features of weight * feature, plus a bias. Both are (C,)."""

    weights: Array
    features: Array
    bias: float

    @cached_property
    def products(self) -> Array:
        return self.weights * self.features

    @cached_property
    def total(self) -> float:
        return fsum([*self.products, self.bias])

    @property
    def sources(self) -> tuple[Place, ...]:
        return tuple(Place(self.op.inputs[0], feature) for feature in self.ranking)
