"""One op of the way back: the gradient of what it writes, at the right, and of what it reads."""

from __future__ import annotations

from typing import Final, NamedTuple

from explorer.experiments.origin.parts import Array
from explorer.views.origin.maps import as_picture
from explorer.views.palette import LIGHT, STEM, TEXT, slot_of
from explorer.views.rasters import map_url
from explorer.views.svg import document, image, node, text
from explorer.words import label, width

WIDTH: Final = 400.0
"""In units of the drawing; on a telephone's screen one unit is about one pixel."""
_SIDE, _TOP = 150.0, 26.0
_FONT: Final = 15


class Seen(NamedTuple):
    """The gradient at what an op reads or writes: its path, name, length in words and map."""

    path: str
    name: str
    length: str
    map: Array


def picture(reads: Seen, op: str, writes: Seen) -> str:
    """Both maps with an arrow from right to left, the op's name above it.

    Each map is drawn on its own scale, from its smallest value to its largest.
    """
    right = WIDTH - _SIDE - 2
    middle, height = WIDTH / 2, _TOP + _SIDE / 2
    parts = [_map(reads, 2), _map(writes, right)]
    size = _FONT if width(op, _FONT) < right - _SIDE - 8 else 12
    parts.append(text(middle, height - 14, op, bold=True, size=size))
    tip = _SIDE + 12
    parts.append(
        f'<path d="M{right - 10:.0f},{height:.0f} H{tip:.0f} m9,-6 l-9,6 l9,6" fill="none" '
        f'stroke="{TEXT}" stroke-width="1.8"/>'
    )
    return document(WIDTH, _TOP + _SIDE + 48, parts)


def _map(seen: Seen, x: float) -> str:
    slot = STEM if seen.path == "input" else slot_of(seen.path)
    # Numbers in a row, without positions, become stripes.
    drawn = image(map_url(as_picture(seen.map), _SIDE), x, _TOP, _SIDE, _SIDE, fit="none")
    frame = (
        f'<rect x="{x:.0f}" y="{_TOP:.0f}" width="{_SIDE:.0f}" height="{_SIDE:.0f}" '
        f'fill="transparent" stroke="{LIGHT[slot]}" stroke-width="3"/>'
    )
    centre, floor = x + _SIDE / 2, _TOP + _SIDE
    return node(
        "" if seen.path == "input" else seen.path,
        label("named.like", name=seen.path, what=seen.length),
        drawn,
        frame,
        text(centre, 16, seen.name, size=_FONT),
        text(centre, floor + 20, seen.path, bold=True, size=_FONT),
        text(centre, floor + 40, seen.length, size=_FONT),
    )
