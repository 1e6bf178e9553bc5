"""What a value is made of, by the kind of op that wrote it. Numbers and NumPy only: views read it.

Sums are those of float64: the products of two float32 numbers are exact there, and `math.fsum`
rounds their sum once. `value` is what the network itself computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, fsum, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.architecture import Op
from explorer.experiments.origin.places import Place

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Part:
    """A value and the op that wrote it; each kind of op has a class of its own below."""

    op: Op
    place: Place
    value: float

    @property
    def total(self) -> float:
        """The value, computed again in float64 from the network's own inputs and weights."""
        raise NotImplementedError

    @property
    def difference(self) -> float:
        """Of the network's float32 value from ours."""
        return self.value - self.total

    @property
    def sources(self) -> tuple[Place, ...]:
        """Values one op further back, the one to follow first."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Window:
    """Where a sliding window lies: which rows and columns it reads, also outside of the map."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    height: int
    width: int

    @cached_property
    def inside(self) -> Array:
        """Whether each of its cells lies on the map, (k, k); the others are padding."""
        rows = np.array([0 <= row < self.height for row in self.rows])
        columns = np.array([0 <= column < self.width for column in self.columns])
        return rows[:, None] & columns[None]

    def read(self, maps: Array, empty: float = 0.0) -> Array:
        """The patches of maps (C, H, W) under the window, (C, k, k), in float64."""
        rows = np.clip(self.rows, 0, self.height - 1)
        columns = np.clip(self.columns, 0, self.width - 1)
        patch = maps[:, rows][:, :, columns].astype(np.float64)
        return np.where(self.inside, patch, empty)


def window(op: Op, place: Place) -> Window:
    """Where the window of this op's output at `place` lies on its input.

    A squeeze-and-excitation's layers read one position, as a 1x1 convolution does.
    """
    _, height, width = op.in_shape
    row, column = (at * op.stride - op.padding for at in (place.row, place.column))
    taps = [op.dilation * index for index in range(max(1, op.kernel))]
    return Window(
        tuple(row + tap for tap in taps), tuple(column + tap for tap in taps), height, width
    )


@dataclass(frozen=True, eq=False)
class Pointwise(Part):
    """Made of one value, x, that lies at the same place one op further back."""

    x: float

    @property
    def sources(self) -> tuple[Place, ...]:
        return (self.place._replace(path=self.op.inputs[0]),)


@dataclass(frozen=True, eq=False)
class Windowed(Part):
    """Made of the cells of one channel under a window; `patch` is (k, k)."""

    window: Window
    patch: Array

    def source(self, row: int, column: int) -> Place | None:
        """The value under this cell of the patch; None beyond the edge."""
        if not self.window.inside[row, column]:
            return None
        at = self.window.rows[row], self.window.columns[column]
        return Place(self.op.inputs[0], self.place.channel, *at)


@dataclass(frozen=True, eq=False)
class Norm(Pointwise):
    """Batch or group norm: gamma * (x - mean) / sqrt(variance + eps) + beta.

    `of` says of what mean and variance are: "running", the "batch" (train mode), or the "group".
    """

    mean: float
    variance: float
    eps: float
    gamma: float
    beta: float
    of: str = "running"

    @property
    def total(self) -> float:
        return self.gamma * (self.x - self.mean) / sqrt(self.variance + self.eps) + self.beta


@dataclass(frozen=True, eq=False)
class Cut(Pointwise):
    """ReLU: the larger of x and 0."""

    @property
    def total(self) -> float:
        return max(self.x, 0.0)


@dataclass(frozen=True, eq=False)
class Gate(Pointwise):
    """A sigmoid: x squashed to between 0 and 1."""

    @property
    def total(self) -> float:
        return 1 / (1 + exp(-self.x)) if self.x > -700 else 0.0


@dataclass(frozen=True, eq=False)
class Scaled(Part):
    """Squeeze-and-excitation's last op: a value times its channel's factor."""

    x: float
    factor: float

    @property
    def total(self) -> float:
        return self.x * self.factor

    @property
    def sources(self) -> tuple[Place, ...]:
        before, gate = self.op.inputs
        return self.place._replace(path=before), Place(gate, self.place.channel)


@dataclass(frozen=True, eq=False)
class WindowMean(Windowed):
    """The mean of the cells under a small window, without those beyond the edge."""

    @property
    def total(self) -> float:
        return fsum(self.patch[self.window.inside]) / int(self.window.inside.sum())

    @property
    def sources(self) -> tuple[Place, ...]:
        size = len(self.window.rows)
        found = (self.source(row, column) for row in range(size) for column in range(size))
        return tuple(place for place in found if place)


@dataclass(frozen=True, eq=False)
class Largest(Windowed):
    """Max pooling: `patch` is -inf where the window hangs over the edge."""

    @property
    def winner(self) -> tuple[int, int]:
        """Row and column in the window; the first of equals, as torch takes it."""
        return divmod(int(self.patch.argmax()), self.patch.shape[1])

    @property
    def total(self) -> float:
        return float(self.patch.max())

    @property
    def sources(self) -> tuple[Place, ...]:
        found = self.source(*self.winner)
        return (found,) if found else ()


@dataclass(frozen=True, eq=False)
class Sum(Part):
    """The addition: F(x) from the main branch, and what the shortcut brings."""

    main: float
    skip: float

    @property
    def total(self) -> float:
        return self.main + self.skip

    @property
    def sources(self) -> tuple[Place, ...]:
        main, skip = (self.place._replace(path=path) for path in self.op.inputs)
        return (main, skip) if abs(self.main) >= abs(self.skip) else (skip, main)


@dataclass(frozen=True, eq=False)
class Copied(Part):
    """A value that is taken over as it is, from `origin`; None is a channel of zeros (option A)."""

    x: float
    origin: Place | None

    @property
    def total(self) -> float:
        return self.x

    @property
    def sources(self) -> tuple[Place, ...]:
        return (self.origin,) if self.origin else ()


@dataclass(frozen=True, eq=False)
class Mean(Part):
    """Average pooling over the whole map, (H, W)."""

    map: Array

    @property
    def total(self) -> float:
        return fsum(self.map.ravel()) / self.map.size

    @property
    def sources(self) -> tuple[Place, ...]:
        order = np.argsort(-np.abs(self.map).ravel(), kind="stable")
        width = self.map.shape[1]
        cells = (divmod(int(index), width) for index in order)
        return tuple(Place(self.op.inputs[0], self.place.channel, *cell) for cell in cells)


@dataclass(frozen=True, eq=False)
class Pixel(Part):
    """The end: a byte of the picture, (byte / 255 - mean) / std."""

    byte: int
    mean: float
    std: float

    @property
    def total(self) -> float:
        return (self.byte / 255 - self.mean) / self.std

    @property
    def sources(self) -> tuple[Place, ...]:
        return ()
