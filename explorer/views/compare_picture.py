"""Two networks as two columns, block beside block; what differs is named and coloured between.

No stage colours here: a colour says what differs. Five aspects have one of their own, which keeps
apart from the others under colour blindness and stands out on either theme; the rest is told by
its word alone, as all are.
"""

from collections.abc import Callable, Container, Sequence
from typing import Final, NamedTuple

from explorer.architecture.alignment import Alignment, BlockPair
from explorer.architecture.block_pairs import ASPECTS, Aspect
from explorer.architecture.structure import Block
from explorer.views.compare_rows import Row, differs_told, made_of, rows, told
from explorer.views.palette import BACKGROUND, BORDER, PANEL, TEXT
from explorer.views.svg import FONT, document, node, text
from explorer.words import label, width

COLOURS: Final[dict[Aspect, str]] = {
    "kernel": "#7e29ff",
    "width": "#12a5a5",
    "stride": "#c63971",
    "shortcut": "#5fa630",
    "order": "#4f6f20",
}
"""Chosen for contrast (3:1 on both themes) and distance (CIEDE2000, 16 under colour blindness)."""

_SIZE: Final = 14
_LINE: Final = 20.0
_GAP: Final = 9.0
_ARC: Final = 16.0
_SIGN: Final = 12.0
_EDGE: Final = 4.0
_LEAST: Final = 120.0
_BETWEEN: Final = 40.0
"""Between two columns that are equal throughout."""
_MOST_WORDS: Final = 3
"""Windows on one line of a box: as many as a bottleneck has."""


class _Place(NamedTuple):
    """Widths: of each column of boxes, and of what stands between them."""

    box: float
    middle: float

    @property
    def column(self) -> float:
        """A column of boxes with the room for shortcuts on both sides."""
        return self.box + 2 * _ARC

    @property
    def right(self) -> float:
        return _EDGE + _ARC + self.box + self.middle

    @property
    def total(self) -> float:
        return self.right + self.box + _ARC + _EDGE


def picture(one: Alignment, titles: tuple[str, str], unfold: Container[str] = ()) -> str:
    """Both networks as an SVG; each row carries the name of its first pair."""
    drawn = [(part, rows(part, unfold)) for part in one.parts]
    every = [row for _, of_part in drawn for row in of_part]
    place = _place(every, titles)
    middles = (_EDGE + _ARC + place.box / 2, place.right + place.box / 2)
    size = FONT if all(_title_width(t, FONT) <= place.column for t in titles) else _SIZE
    parts = [
        text(x, 20, title, bold=True, size=size) for x, title in zip(middles, titles, strict=True)
    ]
    y = 34.0
    legend, y = _legend(one, place, y)
    parts += legend
    for part, of_part in drawn:
        if len(part.pairs) > 1 or part.pairs[0].one.shortcut:
            y += 6
            title = label("named.in_brackets", name=part.title, what=part.path)
            parts.append(text(_EDGE + _ARC, y + 14, title, anchor="start", size=_SIZE))
            y += _LINE + 2
        for row in of_part:
            high = _height(row)
            parts.append(_row(row, place, y, high))
            y += high + _GAP
    return document(place.total, y, parts)


def natural_width(one: Alignment, titles: tuple[str, str]) -> float:
    """Units that `picture` is wide while every stage is folded."""
    return _place([row for part in one.parts for row in rows(part)], titles).total


def _place(every: Sequence[Row], titles: tuple[str, str]) -> _Place:
    lines = [line for row in every for side in (0, 1) for line in _lines(row, side)]
    box = max(_LEAST, *(width(line, _SIZE) + 16 for line in lines))
    # A title may be as wide as its column: the shortcuts beside the boxes begin below it.
    box = max(box, *(_title_width(title, _SIZE) - 2 * _ARC for title in titles))
    return _Place(box, _between_width(every) + 18)


def _title_width(title: str, size: int) -> float:
    return 1.08 * width(title, size)


def _between_width(every: Sequence[Row]) -> float:
    """Of what is named between the boxes of these rows; a telephone has no room to spare."""
    found = [_BETWEEN]
    for pair in (row.first for row in every if row.first.differs):
        signs = _SIGN + 12 if pair.left and pair.right else 0.0
        found += [width(word, _SIZE) + signs for word in differs_told(pair)]
    return max(found)


def _height(row: Row) -> float:
    lines = max(len(_lines(row, side)) for side in (0, 1))
    return _LINE * max(lines, len(row.first.differs)) + 4


def _side(pair: BlockPair, side: int) -> Block | None:
    return pair.right if side else pair.left


def _lines(row: Row, side: int) -> list[str]:
    """What stands in a box: the block's name and how often, and its convolutions."""
    block = _side(row.first, side)
    if block is None:
        return []
    return [row.title_of(block), *(line for lines in made_of(block) for line in _wrapped(lines))]


def _wrapped(words: Sequence[str]) -> list[str]:
    """A row of words in lines of a few; a line that goes on ends with the arrow."""
    lines = [words[start : start + _MOST_WORDS] for start in range(0, len(words), _MOST_WORDS)]
    told = [" → ".join(line) for line in lines]
    return [*(f"{line} →" for line in told[:-1]), *told[-1:]]


def _row(row: Row, place: _Place, y: float, high: float) -> str:
    pair = row.first
    alone = pair.left is None or pair.right is None
    frame = next((COLOURS[a] for a in pair.differs if a in COLOURS), TEXT)
    colour = BORDER if not pair.differs else TEXT if alone else frame
    boxes = [
        _box(row, side, x, y, place.box, high, colour)
        for side, x in ((0, _EDGE + _ARC), (1, place.right))
    ]
    left = _EDGE + _ARC + place.box
    between = _between(pair, left, place.middle, y, high)
    # What lies between the boxes belongs to the row too, so that a click finds it.
    target = (
        f'<rect x="{_EDGE:.1f}" y="{y - 3:.1f}" width="{place.total - 2 * _EDGE:.1f}" '
        f'height="{high + 6:.1f}" rx="9" fill="none" pointer-events="all"/>'
    )
    return node(pair.name, told(row), target, *boxes, between)


def _box(row: Row, side: int, x: float, y: float, wide: float, high: float, colour: str) -> str:
    block = _side(row.first, side)
    if block is None:
        return (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="7" '
            f'fill="none" pointer-events="all" stroke="{BORDER}" stroke-width="1.5" '
            f'stroke-dasharray="3 6"/>'
        )
    differs = bool(row.first.differs)
    said = _lines(row, side)
    first = y + high / 2 + 15 - _LINE * len(said) / 2
    lines = [
        text(x + 8, first + _LINE * index, line, anchor="start", bold=bold, size=_SIZE)
        for index, line in enumerate(said)
        for bold in (differs and not index,)
    ]
    return "".join(
        (
            _shortcut(block, x + (wide if side else 0), y, high, 1 if side else -1),
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="7" '
            f'fill="{BACKGROUND if differs else PANEL}" stroke="{colour}" '
            f'stroke-width="{1 if colour in (BORDER, TEXT) else 3}"/>',
            *lines,
        )
    )


def _shortcut(block: Block, x: float, y: float, high: float, outwards: int) -> str:
    if block.shortcut is None or block.shortcut.kind == "none":
        return ""
    return _arc(x, y + 6, y + high - 6, outwards, block.shortcut.dashed)


def _arc(x: float, top: float, bottom: float, outwards: int, dashed: bool) -> str:
    far = x + outwards * (_ARC - 2)
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<path d="M{x:.1f},{top:.1f} C{far:.1f},{top:.1f} {far:.1f},{bottom:.1f} '
        f'{x:.1f},{bottom:.1f}" fill="none" stroke="{TEXT}" stroke-width="1.5"{dashes}/>'
    )


def _between(pair: BlockPair, x: float, wide: float, y: float, high: float) -> str:
    middle = y + high / 2
    if not pair.differs:
        return text(x + wide / 2, middle + 5, "=", size=_SIZE)
    if pair.left is None or pair.right is None:
        return text(x + wide / 2, middle + 5, differs_told(pair)[0], size=_SIZE)
    top = middle - len(pair.differs) * _LINE / 2
    return "".join(
        _chip(x + 12, top + _LINE * index, aspect, label(f"aspect.{aspect}"))
        for index, aspect in enumerate(pair.differs)
    )


def _chip(x: float, y: float, aspect: Aspect, word: str) -> str:
    """A sign in the aspect's colour, hollow where it has none, and its word."""
    colour = COLOURS.get(aspect)
    return (
        f'<rect x="{x:.1f}" y="{y + 4:.1f}" width="{_SIGN}" height="{_SIGN}" rx="2" '
        f'fill="{colour or "none"}" stroke="{colour or TEXT}" stroke-width="1"/>'
        + text(x + _SIGN + 5, y + 15, word, anchor="start", size=_SIZE)
    )


def _legend(one: Alignment, place: _Place, y: float) -> tuple[list[str], float]:
    """Signs of what this drawing shows, in lines as wide as it; and where it ends."""
    found: list[str] = []
    paired = [pair for pair in one.pairs if pair.left and pair.right]
    present = {aspect for pair in paired for aspect in pair.differs}
    entries = [(aspect, label(f"aspect_meaning.{aspect}")) for aspect in ASPECTS]
    x = _EDGE
    signs = [(_aspect_sign(aspect), word) for aspect, word in entries if aspect in present]
    if len(paired) < len(one.pairs):
        signs.append((_gap_sign, label("aspect_meaning.gap")))
    kinds = {b.shortcut.line for b in (*one.left.blocks, *one.right.blocks) if b.shortcut}
    signs += [
        (_arc_sign(line == "dashed"), label(f"aspect_meaning.{line}"))
        for line in ("solid", "dashed")
        if line in kinds
    ]
    wide = [width(word, _SIZE) + _SIGN + 18 for _, word in signs]
    # In as many columns as there is room for; the last needs none behind it.
    columns = next(
        n
        for n in (3, 2, 1)
        if n == 1 or x + sum(max(wide[at::n], default=0.0) for at in range(n)) - 12 <= place.total
    )
    for index, (sign, word) in enumerate(signs):
        at = index % columns
        if at == 0 and index:
            x, y = _EDGE, y + _LINE
        found.append(sign(x, y) + text(x + _SIGN + 6, y + 15, word, anchor="start", size=_SIZE))
        x += max(wide[at::columns])
    return found, y + _LINE + 6


def _aspect_sign(aspect: Aspect) -> Callable[[float, float], str]:
    return lambda x, y: _chip(x, y, aspect, "")


def _gap_sign(x: float, y: float) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y + 4:.1f}" width="{_SIGN}" height="{_SIGN}" rx="2" fill="none" '
        f'stroke="{TEXT}" stroke-width="1" stroke-dasharray="2 2"/>'
    )


def _arc_sign(dashed: bool) -> Callable[[float, float], str]:
    return lambda x, y: _arc(x + _SIGN, y + 2, y + 18, -1, dashed)
