"""The addition of a block with its two arrows."""

from __future__ import annotations

from explorer.experiments.origin.parts import Sum
from explorer.views import svg
from explorer.views.adding_up import rounded_sum
from explorer.views.cells import Cell, draw
from explorer.views.origin.spots import value_at
from explorer.views.palette import TEXT
from explorer.views.svg import text
from explorer.words import label


def addition(part: Sum, shortcut: str) -> str:
    """Two arrows with two numbers, F(x) and what the shortcut brings, and their sum.

    Args:
        part: the addition.
        shortcut: of the block: "identity", "projection" or "padding".
    """
    wide, box, high = 520, 120, 40
    most = max(abs(part.main), abs(part.skip), abs(part.total)) or 1.0
    main, skip = (part.place._replace(path=path) for path in part.op.inputs)
    *shown, total = rounded_sum((part.main, part.skip), part.total)
    named = (
        (main, part.main, shown[0], "F(x)", 24.0),
        (skip, part.skip, shown[1], label(f"origin_line.{shortcut}"), 130.0),
    )
    parts = []
    for place, value, written, name, y in named:
        title = value_at(place, value)
        below = text(0, y + high + 18, place.path, anchor="start", size=14)
        node = svg.node(
            place.text,
            title,
            text(0, y - 8, name, anchor="start", bold=True),
            draw(Cell(value, shown=written), 0, y, box, most, high=high, size=18),
            below,
        )
        parts += [node, _arrow(box + 6, y + high / 2, 300, 97)]
    parts.append(f'<circle cx="318" cy="97" r="17" fill="none" stroke="{TEXT}" stroke-width="2"/>')
    parts.append(text(318, 104, "+", size=22, bold=True))
    parts.append(svg.arrow(338, 386, 97))
    parts.append(text(396, 68, label("origin_line.sum"), anchor="start", bold=True))
    cell = Cell(part.total, shown=total)
    parts.append(draw(cell, 396, 77, box, most, high=high, size=18))
    return svg.document(wide, 192, parts)


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    slope = (to_y - y) / (to_x - x)
    left, up = to_x - 9, to_y - 9 * slope
    return (
        f'<path d="M{x:.1f},{y:.1f} L{to_x:.1f},{to_y:.1f} M{left:.1f},{up - 5:.1f} '
        f'L{to_x:.1f},{to_y:.1f} L{left - 2:.1f},{up + 5:.1f}" fill="none" stroke="{TEXT}" '
        f'stroke-width="1.8"/>'
    )
