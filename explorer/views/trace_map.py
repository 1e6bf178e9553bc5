"""Where one is in a network: every block as a cell, the current block's ops as boxes below it."""

from functools import lru_cache
from html import escape
from math import ceil
from typing import NamedTuple

from explorer.architecture import Block, Blueprint, NetworkSpec, Op, blueprint
from explorer.architecture.image_size import ImageSize
from explorer.views.palette import BACKGROUND, LIGHT, PANEL, TEXT, slot_of
from explorer.views.svg import document, node, text
from explorer.words import width as text_width

WIDTH = 980.0
_FONT = 16
_GAP = 14.0
_SMALLEST, _LARGEST, _CELL_HEIGHT = 11.0, 96.0, 44.0
_BOX_HEIGHT, _FALL, _BETWEEN = 42.0, 16.0, 8.0


class Group(NamedTuple):
    """The cells of the stem, of a stage or of the head."""

    title: str
    blocks: tuple[Block, ...]


def groups(bp: Blueprint) -> list[Group]:
    """Stem, stages, head."""
    stages = [Group(stage.title, stage.blocks) for stage in bp.stages]
    return [Group("stem", (bp.stem,)), *stages, Group("head", (bp.head,))]


def fold(bp: Blueprint) -> tuple[int, float]:
    """Rows per group, and width of a cell, so that all groups fit side by side."""
    return _fold(tuple((group.title, len(group.blocks)) for group in groups(bp)))


@lru_cache(maxsize=256)
def _fold(shown: tuple[tuple[str, int], ...]) -> tuple[int, float]:
    """Of titles and numbers of cells: tried out, at each step of a walk for the same network."""
    room = WIDTH - _GAP * (len(shown) - 1)
    rows = 1
    while True:
        cell = _LARGEST
        for _ in range(75):
            if sum(_group_width(*group, rows, cell) for group in shown) <= room:
                return rows, cell
            cell *= 0.97
            if cell < _SMALLEST:
                break
        rows += 1


class _Cell(NamedTuple):
    """Where a block is on the map: its rectangle and its group's title."""

    block: Block
    part: int
    place: tuple[float, float, float, float]
    title: str
    title_part: int
    title_at: float


class _Plain(NamedTuple):
    """The map of a network wherever one is: all cells alike, and no ops."""

    parts: tuple[str, ...]
    cells: dict[str, _Cell]
    floor: float


@lru_cache(maxsize=64)
def _plain(spec: NetworkSpec, image_size: ImageSize) -> _Plain:
    bp = blueprint(spec, image_size)
    rows, cell = fold(bp)
    # For a finger where there is room.
    height = _CELL_HEIGHT if rows == 1 else min(_CELL_HEIGHT / 2, cell)
    parts: list[str] = []
    cells: dict[str, _Cell] = {}
    x = 0.0
    for group in groups(bp):
        wide = _group_width(group.title, len(group.blocks), rows, cell)
        columns = ceil(len(group.blocks) / rows)
        left = x + (wide - columns * cell) / 2
        title = len(parts), x + wide / 2
        colour = LIGHT[slot_of(group.blocks[0].path)]
        parts.append(_title(group.title, title[1], here=False))
        parts.append(f'<g fill="{colour}" fill-opacity="0.5">')
        for index, block in enumerate(group.blocks):
            place = (left + index % columns * cell, 26 + index // columns * height, cell, height)
            cells[block.path] = _Cell(block, len(parts), place, group.title, *title)
            parts.append(_cell(block, *place, here=False))
        parts.append("</g>")
        x += wide + _GAP
    return _Plain(tuple(parts), cells, 26 + rows * height)


def picture(bp: Blueprint, op: Op) -> str:
    """The map as an SVG; cells carry the path of their block, boxes that of their op."""
    plain = _plain(bp.spec, bp.image_size)
    here, floor, parts = plain.cells[bp.block(op.path).path], plain.floor, [*plain.parts]
    parts[here.title_part] = _title(here.title, here.title_at, here=True)
    parts[here.part] = _cell(here.block, *here.place, here=True)
    x, _, cell, _ = here.place
    boxes, left, right, foot = _boxes(here.block, op, floor + _FALL, x + cell / 2)
    parts.append(
        f'<polygon points="{x:.1f},{floor} {x + cell:.1f},{floor} '
        f'{right:.1f},{floor + _FALL} {left:.1f},{floor + _FALL}" '
        f'fill="{LIGHT[slot_of(op.path)]}" fill-opacity="0.2"/>'
    )
    return document(WIDTH, foot + 2, parts + boxes)


def _title(title: str, x: float, *, here: bool) -> str:
    return text(x, 16, title, bold=here, size=_FONT)


def _group_width(title: str, cells: int, rows: int, cell: float) -> float:
    return max(ceil(cells / rows) * cell, text_width(title, _FONT))


def _cell(block: Block, x: float, y: float, width: float, height: float, *, here: bool) -> str:
    """One rectangle; what it shares with its stage stands on the group around it."""
    marks = ""
    if block.shortcut is not None and block.shortcut.dashed:
        marks = f' stroke="{TEXT}" stroke-width="1.5" stroke-dasharray="4 3"'
    if here:
        marks = f' fill-opacity="1" stroke="{TEXT}" stroke-width="3"'
    return (
        f'<rect data-path="{escape(block.path)}" x="{x + 1:.1f}" y="{y + 1:.1f}" '
        f'width="{width - 2:.1f}" height="{height - 2:.1f}" rx="2"{marks}>'
        f"<title>{escape(block.title)}</title></rect>"
    )


def _boxes(block: Block, op: Op, top: float, near: float) -> tuple[list[str], float, float, float]:
    """The ops of a block in rows as close to `near` as the picture allows; its ends, its foot."""
    boxes, ends = [], []
    for row in _rows(block):
        total = sum(width for _, width in row) + _BETWEEN * (len(row) - 1)
        left = x = max(1.0, min(near - total / 2, WIDTH - 1 - total))
        for each, width in row:
            boxes.append(_box(each, _name(block, each), x, top, width, here=each.path == op.path))
            x += width + _BETWEEN
        ends.append((left, left + total))
        top += _BOX_HEIGHT + _BETWEEN
    return boxes, *ends[0], top - _BETWEEN


def _rows(block: Block) -> list[list[tuple[Op, float]]]:
    """Its ops and their boxes' widths, in as few rows as they need."""
    rows: list[list[tuple[Op, float]]] = [[]]
    filled = 0.0
    for each in block.ops:
        width = text_width(_name(block, each), _FONT) + 14
        if filled + width > WIDTH - 2 and rows[-1]:
            rows.append([])
            filled = 0.0
        rows[-1].append((each, width))
        filled += width + _BETWEEN
    return rows


def _box(op: Op, name: str, x: float, top: float, width: float, *, here: bool) -> str:
    fill, ink = (LIGHT[slot_of(op.path)], BACKGROUND) if here else (PANEL, TEXT)
    dashes = ' stroke-dasharray="5 3"' if op.on_shortcut else ""
    box = (
        f'<rect x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{_BOX_HEIGHT:g}" rx="5" '
        f'fill="{fill}" stroke="{LIGHT[slot_of(op.path)]}" stroke-width="1.5"{dashes}/>'
    )
    label = text(x + width / 2, top + 27, name, size=_FONT, colour=ink)
    return node(op.path, op.path, box, label)


def _name(block: Block, op: Op) -> str:
    """The op's name within its block: `downsample.0` of `layer2.0.downsample.0`."""
    return op.path.removeprefix(f"{block.path}.")
