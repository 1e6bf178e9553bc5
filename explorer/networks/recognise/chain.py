"""Convolutions in a row -> stem and blocks: each block takes what the last one gave.

Shapes alone decide. Words such as `shortcut` are asked only where two layers of one shape could
stand in each other's place.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from explorer.networks.recognise.modules import Layer
from explorer.networks.recognise.structure import Block, Gate, Kind

_SHORTCUT: Final = re.compile(
    r"down_?sample|short_?cut|skip|idpath|identity|(^|[._/])sc([._/\d]|$)|branch1|(^|[._/])proj"
    r"|_0_(conv|bn)|match|(^|[._/])residual[._]|(^|[._/])res_?conv|resample|conv_?(s|sc|x)([._]|$)",
    re.IGNORECASE,
)
_GATE: Final = re.compile(r"(^|[._/])(se|sqex|squeeze|excit|fc\d?$|attn?)", re.IGNORECASE)
_LARGEST_STEM_INPUT: Final = 64


class Chain:
    """A way to read the convolutions: the stem, the blocks, and how many were used."""

    def __init__(self, stem: list[Layer], blocks: list[Block], used: int) -> None:
        self.stem, self.blocks, self.used = stem, blocks, used


def is_on_shortcut(layer: Layer) -> bool:
    """Whether a layer's name says that it is on a shortcut."""
    return _SHORTCUT.search(layer.name) is not None


def chains(convolutions: Sequence[Layer], kind: Kind) -> Iterator[Chain]:
    """The ways to read them as blocks of a kind, likeliest stem first; those of each stem that
    reach furthest."""
    stems = [*_stems(convolutions)]
    hinted = any(map(is_on_shortcut, convolutions))
    for length in stems:
        stem = list(convolutions[:length])
        for strict in (True, False) if hinted else (False,):
            blocks, used = _blocks(convolutions, length, stem[-1].shape[0], kind, strict)
            if blocks:
                yield Chain(stem, blocks, used)
                break


def _stems(convolutions: Sequence[Layer]) -> Iterator[int]:
    """How many convolutions the stem may have: one, or three of 3x3."""
    if not convolutions or convolutions[0].shape[1] > _LARGEST_STEM_INPUT:
        return
    shapes = [layer.shape for layer in convolutions[:4]]
    deep = len(shapes) > 3 and all(shape[2:] == (3, 3) for shape in shapes[:3])
    deep = deep and all(shapes[i + 1][1] == shapes[i][0] for i in range(2))
    apart = deep and _share_more(convolutions[:4])
    yield from (3, 1) if apart else (1, 3) if deep else (1,)


def _share_more(layers: Sequence[Layer]) -> bool:
    """Whether the first three have a name in common that the fourth has not."""
    *first, last = (layer.path for layer in layers)
    shared = 0
    while all(len(path) > shared + 1 and path[shared] == first[0][shared] for path in first):
        shared += 1
    return shared > 0 and last[:shared] != first[0][:shared]


def _blocks(
    row: Sequence[Layer], start: int, channels: int, kind: Kind, strict: bool
) -> tuple[list[Block], int]:
    """The longest row of blocks from `start`; depth first, each (place, channels) once."""
    failed: set[tuple[int, int]] = set()
    best: tuple[list[Block], int] = ([], start)
    taken: list[Block] = []
    todo: list[tuple[int, int, Iterator[tuple[Block, int]]]] = [
        (start, channels, _next(row, start, channels, kind, strict))
    ]
    while todo:
        place, _, ways = todo[-1]
        if place == len(row):
            return taken, place
        step = next(ways, None)
        if step is None:
            failed.add(todo.pop()[:2])
            if taken:
                taken.pop()
            continue
        block, after = step
        if (after, block.out) in failed:
            continue
        taken.append(block)
        if after > best[1]:
            best = (list(taken), after)
        todo.append((after, block.out, _next(row, after, block.out, kind, strict)))
    return best


def _next(
    row: Sequence[Layer], place: int, channels: int, kind: Kind, strict: bool
) -> Iterator[tuple[Block, int]]:
    """(block, where the next one begins) of the ways to read a block here, likeliest first."""
    count = 2 if kind == "basic" else 3

    def at(index: int) -> Layer | None:
        return row[index] if index < len(row) else None

    for first in (False, True):  # whether the projection comes before the main branch
        for behind in (True, False) if not first else (False,):
            begin = place + first
            main = list(row[begin : begin + count])
            if len(main) < count or not _is_main(main, channels, kind):
                continue
            end, gate, projection = begin + count, None, None
            out = main[-1].shape[0]
            gate, end = _gate_at(row, end, out, strict)
            if first:
                projection = at(place)
            elif behind:
                projection, end = at(end), end + 1
                if gate is None:
                    gate, end = _gate_at(row, end, out, strict)
            if (first or behind) and not _projects(projection, channels, out):
                continue
            if strict and any(map(is_on_shortcut, main)):
                continue
            if strict and projection is not None and not is_on_shortcut(projection):
                continue
            yield Block(main, channels, projection, gate), end


def _projects(layer: Layer | None, channels: int, out: int) -> bool:
    return layer is not None and layer.shape == (out, channels, 1, 1)


def _is_main(main: Sequence[Layer], channels: int, kind: Kind) -> bool:
    shapes = [layer.shape for layer in main]
    if any(len(shape) != 4 for shape in shapes) or shapes[0][1] != channels:
        return False
    kernels = tuple(shape[2] for shape in shapes)
    if kind == "basic":
        return kernels == (3, 3) and shapes[1][:2] == (shapes[0][0], shapes[0][0])
    inner = shapes[0][0]
    grouped = shapes[1][0] == inner and inner % shapes[1][1] == 0
    return kernels == (1, 3, 1) and grouped and shapes[2][1] == inner


def _gate_at(
    row: Sequence[Layer], place: int, channels: int, strict: bool
) -> tuple[Gate | None, int]:
    """Two 1x1 convolutions or linear layers: to fewer channels and back."""
    if place + 1 >= len(row):
        return None, place
    squeeze, excite = row[place], row[place + 1]
    one, two = squeeze.shape, excite.shape
    if any(size != 1 for size in (*one[2:], *two[2:])):
        return None, place
    if one[1] != channels or two[:2] != (channels, one[0]) or one[0] >= channels:
        return None, place
    named = _GATE.search(squeeze.name) and _GATE.search(excite.name)
    plain = "bias" in squeeze.parts and "bias" in excite.parts
    if not (named or plain) or is_on_shortcut(squeeze):
        return None, place
    return Gate(squeeze, excite), place + 2
