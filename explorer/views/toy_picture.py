"""The convolution to play with as a picture: map with its padding, kernel, output."""

from __future__ import annotations

import numpy as np

from explorer.experiments.origin.toy import Toy
from explorer.views import svg
from explorer.views.cells import HIGH, Cell, draw, table
from explorer.views.numbers import plain
from explorer.views.palette import TEXT
from explorer.views.svg import text
from explorer.words import label

_WIDE, _KERNEL, _GAP = 46, 56, 46


def picture(toy: Toy, row: int, column: int) -> str:
    """The map with its ring of padding, the window of one output marked, the kernel, the output.

    Outputs can be chosen; their paths are 'row,column'.

    Args:
        toy: one that fits.
        row, column: of the output whose window is marked.
    """
    output = toy.output()
    high, wide = (side + 2 * toy.padding for side in toy.map.shape)
    most = float(np.abs(toy.map).max())
    read_rows, read_columns = toy.rows(row), toy.rows(column)
    parts = [text(0, 18, label("origin_toy.map"), anchor="start", bold=True)]
    for i in range(-toy.padding, toy.map.shape[0] + toy.padding):
        for j in range(-toy.padding, toy.map.shape[1] + toy.padding):
            inside = 0 <= i < toy.map.shape[0] and 0 <= j < toy.map.shape[1]
            value = float(toy.map[i, j]) if inside else None
            title = label("heat.position", row=i, column=j)
            marked = i in read_rows and j in read_columns
            x, y = (j + toy.padding) * _WIDE + 2, (i + toy.padding) * HIGH + 28
            parts.append(draw(Cell(value, "", title, "", marked), x, y, _WIDE, most, decimals=2))
            if marked and not inside:
                parts.append(
                    f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{HIGH}" fill="none" '
                    f'stroke="{TEXT}" stroke-width="3"/>'
                )
    left = wide * _WIDE + _GAP
    size = toy.kernel.shape[0]
    parts.append(text(left - _GAP / 2, 28 + high * HIGH / 2, "\u2217", size=26))
    parts.append(text(left, 18, label("origin_sum.kernel"), anchor="start", bold=True))
    rows = [[Cell(float(weight), "", plain(float(weight), 6)) for weight in line]
            for line in toy.kernel]  # fmt: skip
    largest = float(np.abs(toy.kernel).max())
    parts.append(table(rows, left, 28, _KERNEL, largest))
    left += size * _KERNEL + _GAP
    parts.append(text(left - _GAP / 2, 28 + high * HIGH / 2, "=", size=26))
    parts.append(text(left, 18, label("origin_toy.output"), anchor="start", bold=True))
    largest = float(np.abs(output).max())
    for i, line in enumerate(output):
        for j, value in enumerate(line):
            title = label("heat.position", row=i, column=j)
            cell = Cell(float(value), f"{i},{j}", title, "", (i, j) == (row, column))
            x, y = left + j * _WIDE, 28 + i * HIGH
            parts.append(draw(cell, x, y, _WIDE, largest, decimals=2))
    width = left + output.shape[1] * _WIDE + 4
    tall = max(high, output.shape[0], size) * HIGH + 34
    return svg.document(width, tall, parts)
