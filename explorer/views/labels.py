"""Where the names of a scatter chart's points fit without covering each other."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from explorer.views.chart_style import MARGIN
from explorer.words import width

FONT_SIZE: Final = 14
_AIR: Final = 3
"""Pixels around marks and names."""
_TELEPHONE: Final = (270, 240)
"""Width and height of a plotting area on a telephone, in pixels: the legend takes the rest."""
_BESIDE: Final = MARGIN["r"]
"""Pixels right of the plotting area in which a name may end."""
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
    """Plotly's text position for each point; empty where its name has no room.

    Each name takes the place that covers least of the marks, of the names placed before it and
    of what lies outside the chart, also where the chart is as narrow as on a telephone. One
    that would still cover a name there or here is left out: earlier points come first.

    Args:
        points: pixels from the left top of the plotting area.
        names: one per point; an empty one takes no room.
        sizes: of the marks, in pixels.
        wide, high: of the plotting area, in pixels.
    """
    halves = [size / 2 + _AIR for size in sizes]
    small = (min(_TELEPHONE[0], wide), min(_TELEPHONE[1], high))
    screens = [
        _Screen(across, down, [(x * across / wide, y * down / high) for x, y in points], halves)
        for across, down in ((wide, high), small)
    ]
    found = []
    for index, name in enumerate(names):
        costs = {
            place: sum(screen.cost(index, name, place) for screen in screens) + _RELUCTANCE * order
            for order, place in enumerate(_PLACES)
            if not any(screen.covers_a_name(index, name, place) for screen in screens)
        }
        best = min(costs, key=lambda place: costs[place], default="") if name else ""
        found.append(best)
        if best:
            for screen in screens:
                screen.named.append(screen.box(index, name, best))
    return found


class _Screen:
    """A chart of one width, and where its names stand so far."""

    def __init__(
        self,
        wide: float,
        high: float,
        points: Sequence[tuple[float, float]],
        halves: Sequence[float],
    ) -> None:
        self.wide, self.high, self.points, self.halves = wide, high, points, halves
        self.marks = [
            Box(x - half, y - half, x + half, y + half)
            for (x, y), half in zip(points, halves, strict=True)
        ]
        self.named: list[Box] = []

    def box(self, index: int, name: str, place: str) -> Box:
        return _box(*self.points[index], self.halves[index], name, *_PLACES[place])

    def cost(self, index: int, name: str, place: str) -> float:
        box = self.box(index, name, place)
        return sum(map(box.overlap, self.marks)) + _outside(box, self.wide, self.high)

    def covers_a_name(self, index: int, name: str, place: str) -> bool:
        box = self.box(index, name, place)
        return any(box.overlap(other) > 0 for other in self.named)


def _box(x: float, y: float, half: float, name: str, right: int, down: int) -> Box:
    wide, high = width(name, FONT_SIZE) + _AIR, 1.2 * FONT_SIZE
    centre_x = x + right * (half + wide / 2)
    centre_y = y + down * (half + high / 2)
    return Box(centre_x - wide / 2, centre_y - high / 2, centre_x + wide / 2, centre_y + high / 2)


def _outside(box: Box, width: float, height: float) -> float:
    inside = box.overlap(Box(0, 0, width + _BESIDE, height))
    return (box.right - box.left) * (box.bottom - box.top) - inside
