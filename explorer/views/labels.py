"""Where the names of a scatter chart's points fit without covering each other."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from explorer.views.chart_style import MARGIN
from explorer.words import width

FONT_SIZE: Final = 14
_AIR: Final = 3
"""Pixels around marks and names."""
TELEPHONE: Final = 270
"""Width of a plotting area on a telephone, in pixels, beside long numbers; 390 has the screen."""
_LEGEND_LINE: Final = 19
"""Pixels of height that a legend takes from the plotting area with each line after its first."""
_BESIDE: Final = MARGIN["r"]
"""Pixels right of the plotting area in which a name may end."""
_NARROWER: Final = 0.92
"""Of what `words.width` reckons with: names of networks, in the charts' font, take 0.41 to 0.48 of
its size a letter (measured in a browser; *WRN-28-10* 0.51), and not 0.53."""
_TRIED: Final = 300
"""Places of names that are gone into at most, in search of one for each."""
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
    families: int = 1,
    telephone: float = TELEPHONE,
) -> list[str]:
    """Plotly's text position for each point; empty where its name has no room.

    Each name takes a place that covers little of the marks and of what lies outside the chart,
    and nothing of another name, also where the chart is as narrow as on a telephone. Where not
    all can be had whole, names are placed one after the other, and one that would still cover a
    name is left out; who comes before whom decides what is left for the others, so some orders
    are tried: as few names as can be are left out or cut, and late ones rather than early ones.

    Args:
        points: pixels from the left top of the plotting area.
        names: one per point; an empty one takes no room.
        sizes: of the marks, in pixels.
        wide, high: of the plotting area, in pixels.
        families: in the legend, which on a telephone may stand one below the other.
        telephone: width of the plotting area there.
    """
    halves = [size / 2 + _AIR for size in sizes]
    # Two of a legend's entries fit in one line, and of more each may take its own.
    below = _LEGEND_LINE * (families - 1) if families > 2 else 0
    areas = (wide, high), (min(telephone, wide), high - below)
    screens = [
        _Screen(across, down, [(x * across / wide, y * down / high) for x, y in points], halves)
        for across, down in areas
    ]
    spots = [_spots(index, name, screens) if name else [] for index, name in enumerate(names)]
    if (found := _all_whole(spots)) is None:
        every = range(len(points))
        by_look = (
            every,
            sorted(every, key=lambda index: -points[index][0]),
            sorted(every, key=lambda index: -len(names[index])),
            sorted(every, key=lambda index: points[index][1]),
        )
        tried = [_one_by_one(order, spots) for order in by_look]
        found = min(tried, key=lambda one: _lost(spots, one))
    return [spot.place if spot else "" for spot in found]


class _Spot(NamedTuple):
    """A place for a name: what it covers there, and its rectangle on each screen."""

    cost: float
    place: str
    boxes: tuple[Box, ...]
    cut: bool

    def covers(self, other: "_Spot") -> bool:
        return any(a.overlap(b) > 0 for a, b in zip(self.boxes, other.boxes, strict=True))


def _spots(index: int, name: str, screens: Sequence["_Screen"]) -> list[_Spot]:
    """All places of a name, the best first."""
    return sorted(
        _Spot(
            sum(screen.cost(index, name, place) for screen in screens) + _RELUCTANCE * order,
            place,
            tuple(screen.box(index, name, place) for screen in screens),
            any(screen.cuts(index, name, place) for screen in screens),
        )
        for order, place in enumerate(_PLACES)
    )


def _all_whole(spots: Sequence[Sequence[_Spot]]) -> list[_Spot | None] | None:
    """A place for each name, none cut, which together cover least of those that were tried.
    None where there is no such thing, or it was not found."""
    best: list[_Spot | None] | None = None
    least, left = float("inf"), _TRIED
    found: list[_Spot | None] = [None] * len(spots)

    def place(free: dict[int, list[_Spot]], cost: float) -> None:
        nonlocal best, least, left
        if not free:
            best, least = list(found), cost
            return
        left -= 1
        # The name with fewest places left comes first: what cannot be is seen soonest.
        index = min(free, key=lambda one: len(free[one]))
        for spot in free[index]:
            others = {
                other: [one for one in some if not spot.covers(one)]
                for other, some in free.items()
                if other != index
            }
            if not all(others.values()) or left < 0:
                continue
            if cost + spot.cost + sum(some[0].cost for some in others.values()) < least:
                found[index] = spot
                place(others, cost + spot.cost)

    whole = {i: [one for one in some if not one.cut] for i, some in enumerate(spots) if some}
    if all(whole.values()):
        place(whole, 0.0)
    return best


def _one_by_one(order: Sequence[int], spots: Sequence[Sequence[_Spot]]) -> list[_Spot | None]:
    """The places that names find in this order; None for one that finds none."""
    found: list[_Spot | None] = [None] * len(spots)
    for index in order:
        taken = [spot for spot in found if spot]
        free = (spot for spot in spots[index] if not any(map(spot.covers, taken)))
        found[index] = next(free, None)
    return found


def _lost(spots: Sequence[Sequence[_Spot]], found: Sequence[_Spot | None]) -> tuple[int, int]:
    """How many names are left out or cut, and how early ones are left out."""
    out = [i for i, (some, spot) in enumerate(zip(spots, found, strict=True)) if some and not spot]
    cut = sum(1 for spot in found if spot and spot.cut)
    return len(out) + cut, sum(len(spots) - index for index in out)


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

    def box(self, index: int, name: str, place: str) -> Box:
        return _box(*self.points[index], self.halves[index], name, *_PLACES[place])

    def cost(self, index: int, name: str, place: str) -> float:
        box = self.box(index, name, place)
        return sum(map(box.overlap, self.marks)) + _outside(box, self.wide, self.high)

    def cuts(self, index: int, name: str, place: str) -> bool:
        """Whether the name does not end on the screen, or runs into the numbers of an axis."""
        box = self.box(index, name, place)
        return box.left < -_AIR or box.right > self.wide + _BESIDE + _AIR


def _box(x: float, y: float, half: float, name: str, right: int, down: int) -> Box:
    wide, high = _NARROWER * width(name, FONT_SIZE) + _AIR, 1.2 * FONT_SIZE + _AIR
    centre_x = x + right * (half + wide / 2)
    centre_y = y + down * (half + high / 2)
    return Box(centre_x - wide / 2, centre_y - high / 2, centre_x + wide / 2, centre_y + high / 2)


def _outside(box: Box, width: float, height: float) -> float:
    inside = box.overlap(Box(0, 0, width + _BESIDE, height))
    return (box.right - box.left) * (box.bottom - box.top) - inside
