"""The sum of a convolution: patch x kernel = products, channel below channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from explorer.experiments.origin.sums import Convolution
from explorer.views import svg
from explorer.views.adding_up import Scale, Written, scale, shared, written
from explorer.views.cells import HIGH, Cell, table
from explorer.views.numbers import plain
from explorer.views.origin.below_a_sum import LINE, TOTALS, left_over, lines_below
from explorer.views.origin.spots import product_at
from explorer.views.svg import text
from explorer.words import count, label

_GAP: Final = 30
"""Between a patch and its kernel, for the sign."""
_TITLE: Final = 24
_READABLE: Final = 3
"""Kernels up to this size have cells with room for four decimals."""
Colours = Sequence[Sequence[str]]
"""Of a patch of the photograph, row by row, as `#rrggbb`; "" where there is none."""


def convolution(part: Convolution, shown: int, colours: Colours | None = None) -> str:
    """The channels that contribute most as triples patch x kernel = product, and what is left.

    Args:
        part: the sum.
        shown: how many channels are drawn.
        colours: where the patch lies on the photograph itself, its colours.
    """
    at, told = _Layout.of(part), written(part, shown)
    scales = _scales(part, told)
    headings = _headings(scales)
    most = [float(np.abs(one).max(initial=0)) for one in (part.patch, part.kernel, part.products)]
    parts = [
        text(left + at.block / 2, 16, heading, bold=True)
        for left, heading in zip(at.lefts, headings[: at.side_by_side], strict=False)
    ]
    parts.append(text(at.width, 16, label("origin_sum.sum"), bold=True, anchor="end"))
    y = 26.0
    for rank, channel in enumerate(part.ranking[:shown]):
        name = label("origin_sum.channel", n=part.first + channel)
        if at.names:
            parts.append(text(at.names - 10, y + HIGH / 2 + 6, name, anchor="end"))
        else:
            parts.append(text(0, y + 16, name, anchor="start"))
            y += _TITLE
        units = told.units[rank] if told.units else None
        grids = _triple(part, channel, colours, scales, units)
        tops = [y, y, y if at.side_by_side == 3 else y + at.high + _TITLE]
        for left, top, grid, largest in zip(at.lefts, tops, grids, most, strict=True):
            parts.append(table(grid, left, top, at.wide, largest, size=at.font))
        if at.side_by_side < 3:
            parts.append(text(at.lefts[2] + at.block / 2, tops[2] - 7, headings[2], bold=True))
        parts += _signs(at, tops)
        middle = tops[2] + at.high / 2 + 7
        parts.append(text(at.width, middle, told.channels[rank], anchor="end", bold=True))
        y = tops[2] + at.high + 8
    lines = left_over(len(part.ranking) - shown, told)
    lines.append((count(part.products.size, "product"), told.total))
    below = lines_below(lines, at.width, y)
    return svg.document(at.width, y + LINE * len(lines) + 10, [*parts, below])


def rounded_cells(part: Convolution) -> bool:
    """Whether a kernel has so many cells that its products have room for few decimals: they are
    rounded one by one, and no longer add up as they are shown."""
    return part.kernel.shape[-1] > _READABLE


class _Layout(NamedTuple):
    """Where a channel's three grids stand, in units of the drawing.

    `names` is the room for a channel's name at the left, 0 where it stands above; `wide` a cell's
    width and `font` its letters; `block` and `high` the size of a grid.
    """

    names: float
    wide: float
    font: int
    block: float
    high: float
    lefts: tuple[float, float, float]
    side_by_side: int

    @classmethod
    def of(cls, part: Convolution) -> _Layout:
        kernel, many = part.kernel.shape[-1], rounded_cells(part)
        wide, font = (45, 14) if many else (66, 15)
        names = 128 if kernel == 1 else 0
        block = kernel * wide
        first, second, third = (names + index * (block + _GAP) for index in range(3))
        # Many products stand below what they are made of: beside it nobody could read them.
        lefts = (first, second, second if many else third)
        return cls(names, wide, font, block, kernel * HIGH, lefts, 2 if many else 3)

    @property
    def width(self) -> float:
        return self.lefts[2] + self.block + _GAP + TOTALS


def _headings(scales: tuple[Scale, Scale, Scale]) -> list[str]:
    return [
        label(f"origin_sum.{name}") + by.heading
        for name, by in zip(("input", "kernel", "product"), scales, strict=True)
    ]


def _signs(at: _Layout, tops: Sequence[float]) -> list[str]:
    """x before the kernel, = before and behind the products."""
    places = [
        *zip(at.lefts[1:], tops[1:], ("\u00d7", "="), strict=True),
        (at.lefts[2] + at.block + _GAP, tops[2], "="),
    ]
    return [
        text(left - _GAP / 2, top + at.high / 2 + 7, sign, size=20) for left, top, sign in places
    ]


def _scales(part: Convolution, told: Written) -> tuple[Scale, Scale, Scale]:
    """How input, kernel and products are written; the products as their sums are, if there is
    room, so that they add up to what stands beside them."""
    decimals = 3 if rounded_cells(part) else 4
    read, weights = (
        scale([float(np.abs(one).max(initial=0))], decimals) for one in (part.patch, part.kernel)
    )
    return read, weights, told.by._replace(decimals=min(told.by.decimals, decimals))


def _triple(
    part: Convolution,
    channel: int,
    colours: Colours | None,
    scales: tuple[Scale, Scale, Scale],
    units: int | None,
) -> tuple[list[list[Cell]], list[list[Cell]], list[list[Cell]]]:
    """Input, kernel and products of one channel; `units` is the products' sum as it is shown."""
    kernel = part.kernel.shape[-1]
    products = _products(part, channel, scales[2], units)
    read: list[list[Cell]] = []
    weights: list[list[Cell]] = []
    made: list[list[Cell]] = []
    for row in range(kernel):
        read.append([])
        weights.append([])
        made.append([])
        for column in range(kernel):
            source = part.source(channel, row, column)
            value, weight = (float(one[channel, row, column]) for one in (part.patch, part.kernel))
            shown = scales[1].shown(weight, bare=True)
            weights[-1].append(Cell(weight, "", plain(weight, 6), shown=shown))
            if source is None:
                padding = label("origin_sum.padding")
                read[-1].append(Cell(None, "", padding))
                made[-1].append(Cell(None, "", padding))
                continue
            named = product_at(source, value, weight)
            fill = colours[row][column] if colours else ""
            shown = scales[0].shown(value, bare=True)
            read[-1].append(Cell(value, source.text, named, fill, shown=shown))
            shown = products[row, column]
            made[-1].append(Cell(value * weight, source.text, named, shown=shown))
    return read, weights, made


def _products(
    part: Convolution, channel: int, by: Scale, units: int | None
) -> dict[tuple[int, int], str]:
    """Row and column of each cell of the window that lies on the map -> its product, written."""
    cells = [(int(row), int(column)) for row, column in np.argwhere(part.window.inside)]
    values = [float(part.products[channel][cell]) for cell in cells]
    if units is None or rounded_cells(part):
        return {cell: by.shown(value, bare=True) for cell, value in zip(cells, values, strict=True)}
    found = shared(values, units, by)
    return {cell: by.written(one, bare=True) for cell, one in zip(cells, found, strict=True)}
