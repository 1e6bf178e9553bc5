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
_FEW: Final = 12
"""Names of which each is tried as the first to be placed."""
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
    that would still cover a name there or here is left out. Who is placed before whom decides
    what is left for the others, so other orders are tried: as few names as can be are left out or
    cut, and late ones rather than early ones.

    Args:
        points: pixels from the left top of the plotting area.
        names: one per point; an empty one takes no room.
        sizes: of the marks, in pixels.
        wide, high: of the plotting area, in pixels.
    """
    every = range(len(points))
    by_look = (
        every,
        sorted(every, key=lambda index: -points[index][0]),
        sorted(every, key=lambda index: -len(names[index])),
        sorted(every, key=lambda index: points[index][1]),
    )
    named = [index for index in every if names[index]]
    firsts = [(), *((index,) for index in named)] if len(named) <= _FEW else [()]
    orders = [
        [*first, *(index for index in order if index not in first)]
        for order in by_look
        for first in firsts
    ]
    tried = [_placed(order, points, names, sizes, wide, high) for order in orders]
    return min(tried, key=lambda one: one[0])[1]


def _placed(
    order: Sequence[int],
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    sizes: Sequence[int],
    wide: float,
    high: float,
) -> tuple[tuple[int, int], list[str]]:
    """How many names are left out or cut, and how early ones are left out; the places, found in
    this order."""
    halves = [size / 2 + _AIR for size in sizes]
    small = (min(_TELEPHONE[0], wide), min(_TELEPHONE[1], high))
    screens = [
        _Screen(across, down, [(x * across / wide, y * down / high) for x, y in points], halves)
        for across, down in ((wide, high), small)
    ]
    found = [""] * len(names)
    for index in order:
        name = names[index]
        if not name:
            continue
        costs = {
            place: sum(screen.cost(index, name, place) for screen in screens) + _RELUCTANCE * order
            for order, place in enumerate(_PLACES)
            if not any(screen.covers_a_name(index, name, place) for screen in screens)
        }
        best = min(costs, key=lambda place: costs[place], default="")
        if best:
            found[index] = best
            for screen in screens:
                screen.named.append(screen.box(index, name, best))
    left_out = [index for index, name in enumerate(names) if name and not found[index]]
    cut = [
        index
        for index, place in enumerate(found)
        if place and any(screen.cuts(index, names[index], place) for screen in screens)
    ]
    lost = sum(len(points) - index for index in left_out)
    return (len(left_out) + len(cut), lost), found


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

    def cuts(self, index: int, name: str, place: str) -> bool:
        """Whether the name does not end on the screen, or runs into the numbers of an axis."""
        box = self.box(index, name, place)
        return box.left < -_AIR or box.right > self.wide + _BESIDE + _AIR

    def covers_a_name(self, index: int, name: str, place: str) -> bool:
        box = self.box(index, name, place)
        return any(box.overlap(other) > 0 for other in self.named)


def _box(x: float, y: float, half: float, name: str, right: int, down: int) -> Box:
    wide, high = width(name, FONT_SIZE) + _AIR, 1.2 * FONT_SIZE + _AIR
    centre_x = x + right * (half + wide / 2)
    centre_y = y + down * (half + high / 2)
    return Box(centre_x - wide / 2, centre_y - high / 2, centre_x + wide / 2, centre_y + high / 2)


def _outside(box: Box, width: float, height: float) -> float:
    inside = box.overlap(Box(0, 0, width + _BESIDE, height))
    return (box.right - box.left) * (box.bottom - box.top) - inside
