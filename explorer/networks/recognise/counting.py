"""Convolutions without names and in no order: the row in which their shapes make a network.

Which of several layers of one shape belongs where is not known then, and is said.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from explorer.networks.recognise.modules import Layer
from explorer.networks.recognise.structure import Kind

Shape = tuple[int, ...]
_MOST_STEMS: Final = 3


def by_counting(convolutions: Sequence[Layer], kind: Kind) -> list[Layer] | None:
    """The layers in an order in which blocks follow one another, or None.

    Blocks of one kind are taken as long as there are any, then the shape changes.
    """
    wide = sorted({layer.shape for layer in convolutions if layer.shape[2] > 1}, key=_reads)
    for stem in wide[:_MOST_STEMS]:
        left = Counter(layer.shape for layer in convolutions)
        left[stem] -= 1
        row = _row(left, stem[0], kind)
        if row is not None:
            return _named([stem, *row], convolutions)
    return None


def _reads(shape: Shape) -> int:
    return shape[1]


def _row(left: Counter[Shape], channels: int, kind: Kind) -> list[Shape] | None:
    row: list[Shape] = []
    inner = 0
    while sum(left.values()):
        blocks = _same(left, channels, inner, kind) or _wider(left, channels, kind)
        if blocks is None:
            return None
        for shape in blocks:
            left[shape] -= 1
            if left[shape] < 0:
                return None
        row += blocks
        channels, inner = blocks[-1][0] if len(blocks) < 4 else blocks[2][0], blocks[0][0]
        if kind == "basic":
            channels = blocks[1][0]
    return row


def _same(left: Counter[Shape], channels: int, inner: int, kind: Kind) -> list[Shape] | None:
    """A block whose shape does not change."""
    if kind == "basic":
        shape: Shape = (channels, channels, 3, 3)
        blocks = [shape, shape]
    else:
        middle = _middle(left, inner)
        if middle is None:
            return None
        blocks = [(inner, channels, 1, 1), middle, (channels, inner, 1, 1)]
    wanted = Counter(blocks)
    return blocks if all(left[shape] >= n for shape, n in wanted.items()) else None


def _middle(left: Counter[Shape], inner: int) -> Shape | None:
    return next(
        (s for s, n in left.items() if n > 0 and s[0] == inner and s[2] == 3 and inner % s[1] == 0),
        None,
    )


def _wider(left: Counter[Shape], channels: int, kind: Kind) -> list[Shape] | None:
    """The first block of a stage: its projection too, where there is one."""
    starts = [
        shape for shape, n in left.items()
        if n > 0 and shape[1] == channels and shape[2] == (3 if kind == "basic" else 1)
    ]  # fmt: skip
    for start in sorted(starts):
        inner = start[0]
        if kind == "basic":
            blocks, out = [start, (inner, inner, 3, 3)], inner
            found = [blocks]
        else:
            middle = _middle(left, inner)
            ends = [s for s, n in left.items() if n > 0 and s[1] == inner and s[2] == 1]
            found = [[start, middle, end] for end in ends if middle and end[0] > inner]
        for blocks in found:
            out = blocks[-1][0]
            projection = (out, channels, 1, 1)
            wanted = Counter([*blocks, projection])
            if all(left[shape] >= n for shape, n in wanted.items()):
                return [*blocks, projection]
            if all(left[shape] >= n for shape, n in Counter(blocks).items()):
                return blocks
    return None


def _named(row: Sequence[Shape], convolutions: Sequence[Layer]) -> list[Layer]:
    """The layers of these shapes, each once."""
    free: dict[Shape, list[Layer]] = {}
    for layer in convolutions:
        free.setdefault(layer.shape, []).append(layer)
    return [free[shape].pop(0) for shape in row]
