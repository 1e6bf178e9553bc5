"""Where the names of a scatter chart's points fit without covering each other."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from explorer.words import width

FONT_SIZE: Final = 14
_AIR: Final = 3
"""Pixels around marks and names."""
_NARROW: Final = 300
"""Width of a plotting area on a telephone, in pixels."""
_RELUCTANCE: Final = 3
"""Square pixels of overlap that are accepted to stay with an earlier place of the list."""
_PLACES: Final = {
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top center": (0, -1),
    "bottom center": (0, 1),
    "top right": (1, -1),
    "top left": (-1, -1),
    "bottom right": (1, 1),
    "bottom left": (-1, 1),
}


class Box(NamedTuple):
    """A rectangle in pixels, from its left top to its right bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def moved(self, right: float) -> "Box":
        return Box(self.left + right, self.top, self.right + right, self.bottom)

    def overlap(self, other: "Box") -> float:
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, wide) * max(0.0, high)


def places(
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    sizes: Sequence[int],
    wide: float,
    high: float,
) -> list[str]:
    """Plotly's text position for each point.

    Each name takes the place that covers least of the marks, of the names placed before it and
    of what lies outside the chart, also where the chart is as narrow as on a telephone. An empty
    name takes no room.

    Args:
        points: pixels from the left top of the plotting area.
        names: one per point.
        sizes: of the marks, in pixels.
        wide, high: of the plotting area, in pixels.
    """
    halves = [size / 2 + _AIR for size in sizes]
    marks = [
        Box(x - half, y - half, x + half, y + half)
        for (x, y), half in zip(points, halves, strict=True)
    ]
    named: list[Box] = []
    found = []
    for (x, y), name, half in zip(points, names, halves, strict=True):
        boxes = {place: _box(x, y, half, name, *side) for place, side in _PLACES.items()}
        costs = {
            place: sum(map(box.overlap, [*marks, *named]))
            + _outside(box, wide, high)
            + 0.5 * _outside(box.moved(x * (_NARROW / wide - 1)), _NARROW, high)
            + _RELUCTANCE * index
            for index, (place, box) in enumerate(boxes.items())
        }
        best = min(costs, key=lambda place: costs[place])
        found.append(best)
        if name:
            named.append(boxes[best])
    return found


def _box(x: float, y: float, half: float, name: str, right: int, down: int) -> Box:
    wide, high = width(name, FONT_SIZE) + _AIR, 1.2 * FONT_SIZE
    centre_x = x + right * (half + wide / 2)
    centre_y = y + down * (half + high / 2)
    return Box(centre_x - wide / 2, centre_y - high / 2, centre_x + wide / 2, centre_y + high / 2)


def _outside(box: Box, width: float, height: float) -> float:
    inside = box.overlap(Box(0, 0, width, height))
    return (box.right - box.left) * (box.bottom - box.top) - inside
