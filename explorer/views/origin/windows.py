"""What a pooling reads: the cells of its window, or the whole map."""

from __future__ import annotations

from typing import Final

import numpy as np

from explorer.experiments.origin.parts import Largest, Mean, WindowMean
from explorer.experiments.origin.places import Place
from explorer.views import svg
from explorer.views.adding_up import scale
from explorer.views.cells import HIGH, Cell, table
from explorer.views.numbers import plain, ten_to
from explorer.views.origin.below_a_sum import LINE
from explorer.views.origin.maps import NOTHING, as_picture, grid_map
from explorer.views.origin.spots import value_at
from explorer.views.svg import text
from explorer.words import label

_NUMBERED: Final = 10
"""Columns of a map whose numbers can still be read."""


def window(part: Largest | WindowMean) -> str:
    """The cells that a pooling reads; of a max pooling the winner is marked."""
    winner = part.winner if isinstance(part, Largest) else None
    size, wide = part.patch.shape[0], 92
    most = float(np.abs(part.patch[part.window.inside]).max(initial=0))
    rows: list[list[Cell]] = []
    for row in range(size):
        rows.append([])
        for column in range(size):
            source = part.source(row, column)
            if source is None:
                rows[-1].append(Cell(None, "", label("origin_sum.outside")))
                continue
            value = float(part.patch[row, column])
            title, won = value_at(source, value), (row, column) == winner
            rows[-1].append(Cell(value, source.text, title, marked=won, shown=plain(value)))
    return svg.document(size * wide + 4, size * HIGH + 4, [table(rows, 2, 2, wide, most)])


def mean(part: Mean) -> str:
    """The map that an average pooling reads, with its numbers where they have room."""
    return _numbered(part) if part.map.shape[1] <= _NUMBERED else _picture(part)


def _numbered(part: Mean) -> str:
    height, width = part.map.shape
    most = float(np.abs(part.map).max())
    by = scale([most], 3)
    rows: list[list[Cell]] = []
    for row in range(height):
        rows.append([])
        for column in range(width):
            source = Place(part.op.inputs[0], part.place.channel, row, column)
            value = float(part.map[row, column])
            shown = by.shown(value, bare=True)
            rows[-1].append(Cell(value, source.text, value_at(source, value), shown=shown))
    wide, below = 64, height * HIGH + 4
    drawn = [table(rows, 2, 2, wide, most)]
    if by.exponent:
        unit = label("origin_sum.each_times", power=ten_to(by.exponent))
        drawn.append(text(2, below + 18, unit, anchor="start"))
        below += LINE
    return svg.document(max(width * wide + 4, 200), below, drawn)


def _picture(part: Mean) -> str:
    path = f"{part.op.inputs[0]},{part.place.channel}"
    title = label("origin_sum.channel", n=part.place.channel)
    best = divmod(int(part.map.argmax()), part.map.shape[1])
    drawn = grid_map(as_picture(part.map), path, NOTHING, title, best=best)
    return svg.document(244, 244, [drawn])
