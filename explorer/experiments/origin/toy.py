"""A convolution to play with: one patch of numbers, one kernel, and every choice of the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from explorer.experiments.origin.parts import Array

KERNELS: Final[dict[str, tuple[tuple[float, ...], ...]]] = {
    "edge": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "edge_down": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "blur": ((1 / 9,) * 3,) * 3,
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "zero": ((0, 0, 0),) * 3,
}
"""Presets: Sobel's two edges, the mean of nine, what leaves a map as it is, and nothing."""


_LARGEST: Final = 1e6


@dataclass(frozen=True, eq=False)
class Toy:
    """A map (H, W), a kernel (k, k) and how the window goes over the map."""

    map: Array
    kernel: Array
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Rows from the window's first cell to its last, both counted: dilation*(k - 1) + 1."""
        return self.dilation * (self.kernel.shape[0] - 1) + 1

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the output; 0 or less where the window does not fit."""
        height, width = (
            (side + 2 * self.padding - self.reach) // self.stride + 1 for side in self.map.shape
        )
        return height, width

    @property
    def fits(self) -> bool:
        return min(self.size) > 0

    @property
    def formula(self) -> str:
        """Output height from input height, with these numbers."""
        side, kernel = self.map.shape[0], self.kernel.shape[0]
        reach = f"{self.dilation}*({kernel} - 1) - 1"
        return f"floor(({side} + 2*{self.padding} - {reach})/{self.stride}) + 1 = {self.size[0]}"

    def rows(self, row: int) -> list[int]:
        """The input rows that output row `row` reads, also those in the padding."""
        first = row * self.stride - self.padding
        return [first + self.dilation * tap for tap in range(self.kernel.shape[0])]

    def patch(self, row: int, column: int) -> Array:
        """What the window reads there, (k, k), zeros for the padding."""
        padded = np.pad(self.map.astype(np.float64), self.padding)
        rows = [at + self.padding for at in self.rows(row)]
        columns = [at + self.padding for at in self.rows(column)]
        return padded[np.ix_(rows, columns)]

    def output(self) -> Array:
        """Every value, (H', W')."""
        height, width = self.size
        return np.array(
            [
                [float((self.patch(row, column) * self.kernel).sum()) for column in range(width)]
                for row in range(height)
            ]
        )


def changed(numbers: Array, cells: Mapping[Any, Mapping[str, Any]]) -> Array:
    """The numbers with some typed anew: row -> column's name -> value; what is no number is 0."""
    found: Array = numbers.copy()
    for row, values in cells.items():
        for column, value in values.items():
            number = float(value) if isinstance(value, int | float) else 0.0
            sane = np.isfinite(number) and abs(number) < _LARGEST
            found[int(row), int(column)] = number if sane else 0.0
    return found


def read(text: str) -> Array | None:
    """A kernel as an address holds it, nine numbers with commas; None where it is none."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    sane = len(numbers) == 9 and all(np.isfinite(numbers)) and max(map(abs, numbers)) < _LARGEST
    return np.array(numbers).reshape(3, 3) if sane else None


def output_of(text: str, size: tuple[int, int]) -> tuple[int, int]:
    """Row and column of an output as an address holds them, `2,2`; the nearest there is.

    >>> output_of("0,1", (7, 7)), output_of("cat", (7, 7)), output_of("9,9", (2, 3))
    ((0, 1), (2, 2), (1, 2))
    """
    parts = [part.strip() for part in text.split(",")]
    sane = len(parts) == 2 and all(
        part.isascii() and part.isdigit() and len(part) < 7 for part in parts
    )
    row, column = map(int, parts) if sane else (2, 2)
    return min(row, size[0] - 1), min(column, size[1] - 1)


def written(kernel: Array) -> str:
    """The kernel as `read` reads it."""
    return ",".join(f"{value:.6g}" for value in kernel.ravel())
