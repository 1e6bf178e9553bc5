"""Cells with a number in each, coloured around 0: patches, kernels, products, terms of a sum.

Blue is above 0 and orange below, the stronger the larger; so colours follow the theme and the
numbers stay legible on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from explorer.views.palette import BACKGROUND, BLUE, BORDER, LIGHT, ORANGE, PANEL, TEXT
from explorer.views.svg import node, text

HIGH: Final = 28
"""Of a cell, in units of the drawing."""
_FAINTEST, _STRONGEST = 0.06, 0.62
_FONT: Final = 15


class Cell(NamedTuple):
    """One number: where it leads, what the pointer reads, in place of the scale's colour one of
    its own, and how it is written where it is part of a sum. Without a number it is padding."""

    value: float | None
    path: str = ""
    title: str = ""
    fill: str = ""
    marked: bool = False
    shown: str = ""


def tight(value: float, decimals: int = 3) -> str:
    """As many decimals as a narrow cell has room for.

    >>> tight(0.01234), tight(-12.345), tight(1234.5)
    ('0.012', '−12.3', '1,234')
    """
    size = abs(value)
    if size >= 1e5:
        return f"{value:.0e}".replace("-", "−")
    digits = 0 if size >= 100 else 1 if size >= 10 else min(decimals, 2) if size >= 1 else decimals
    shown = f"{value:,.{digits}f}"
    return (shown.lstrip("-") if float(shown.replace(",", "")) == 0 else shown).replace("-", "−")


def draw(
    cell: Cell, x: float, y: float, width: float, most: float, *, high: float = HIGH,
    decimals: int = 3, size: int = _FONT,
) -> str:  # fmt: skip
    """A cell with its left top at (x, y); `most` is the largest size on its scale."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{high:.1f}"'
    base = y + high / 2 + size * 0.36
    if cell.value is None:
        frame = f'<rect {place} fill="{PANEL}" stroke="{BORDER}" stroke-dasharray="3 3"/>'
        return node("", cell.title, frame, text(x + width / 2, base, "0", size=size))
    frame = f'<rect {place} fill="{BACKGROUND}" stroke="{BORDER}"/>'
    ink = TEXT
    if cell.fill:
        frame += f'<rect {place} fill="{cell.fill}"/>'
        ink = _ink(cell.fill)
    elif cell.value:
        colour = LIGHT[BLUE if cell.value > 0 else ORANGE]
        share = min(1.0, abs(cell.value) / most) if most else 0.0
        strength = _FAINTEST + (_STRONGEST - _FAINTEST) * share
        frame += f'<rect {place} fill="{colour}" fill-opacity="{strength:.2f}"/>'
    if cell.marked:
        frame += f'<rect {place} fill="none" stroke="{TEXT}" stroke-width="3"/>'
    written = cell.shown or tight(cell.value, decimals)
    number = text(x + width / 2, base, written, size=size, colour=ink, bold=cell.marked)
    return node(cell.path, cell.title, frame, number)


def _ink(fill: str) -> str:
    """Black or white, whichever reads better on a colour of a photograph."""
    red, green, blue = (int(fill[start : start + 2], 16) for start in (1, 3, 5))
    return "#000" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#fff"


def table(
    rows: Sequence[Sequence[Cell]],
    x: float,
    y: float,
    width: float,
    most: float,
    *,
    decimals: int = 3,
    size: int = _FONT,
) -> str:
    """Rows of cells below each other, each cell `width` wide."""
    return "".join(
        draw(
            cell, x + column * width, y + row * HIGH, width, most, decimals=decimals, size=size
        )
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
    )  # fmt: skip
