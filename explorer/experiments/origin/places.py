"""Which value is meant: an op, a channel and a position, as addresses write it."""

from __future__ import annotations

from typing import NamedTuple

from explorer.architecture import Blueprint, Op
from explorer.words import WordedError, quoted

INPUT = "input"
"""Path of the picture's tensor, which every network reads."""


class Place(NamedTuple):
    """One value that an op writes. `row` and `column` are 0 where there is one per channel."""

    path: str
    channel: int
    row: int = 0
    column: int = 0

    @property
    def text(self) -> str:
        """As an address holds it: `layer2.0.conv1,17,5,9`, or `fc,3`.

        >>> Place("fc", 3).text, Place("conv1", 1, 0, 2).text
        ('fc,3', 'conv1,1,0,2')
        """
        flat = self.path in ("flatten", "fc")
        numbers = (self.channel,) if flat else (self.channel, self.row, self.column)
        return ",".join((self.path, *map(str, numbers)))

    def moved(self, rows: int, columns: int, shape: tuple[int, ...]) -> Place:
        """So many positions on in reading order of a map of this (C, H, W): behind the end of a
        row comes the next one, behind the last position the first."""
        if len(shape) < 3:
            return self
        _, height, width = shape
        index = (self.row * width + self.column + rows * width + columns) % (height * width)
        return self._replace(row=index // width, column=index % width)


class Wanted(NamedTuple):
    """What an address asks for; None where it leaves the choice to us."""

    op: Op
    channel: int | None = None
    row: int | None = None
    column: int | None = None


def op_of(bp: Blueprint, path: str) -> Op:
    """The op of this path; the picture counts as one.

    Raises:
        KeyError: the network has none.
    """
    return _ops(bp)[path]


def _ops(bp: Blueprint) -> dict[str, Op]:
    first = bp.ops[0]
    image = first.in_shape
    entry = Op(INPUT, "input", (), image, image, 1, 1)
    return {INPUT: entry} | {op.path: op for op in bp.ops}


def read(text: str, bp: Blueprint) -> Wanted:
    """What `layer2.0.conv1,17,5,9`, `layer2.0.conv1,17` or `layer2.0.conv1` means here.

    Raises:
        WordedError: no such op, channel or position.
    """
    path, *numbers = (part.strip() for part in text.split(","))
    op = _ops(bp).get(path)
    if op is None:
        raise WordedError("origin", "no such op", path=quoted(path), first=bp.ops[0].path)
    sizes = op.out_shape
    sane = all(part.isascii() and part.isdigit() and len(part) < 7 for part in numbers)
    indices = [int(part) for part in numbers] if sane else []
    outside = any(index >= size for index, size in zip(indices, sizes, strict=False))
    if not sane or len(indices) > len(sizes) or len(indices) == 2 or outside:
        if len(sizes) == 1:
            raise WordedError("origin", "no such number", path=path, size=sizes[0])
        shape = " x ".join(map(str, sizes))
        raise WordedError("origin", "no such place", path=path, shape=shape)
    if len(sizes) == 1 and indices:
        return Wanted(op, indices[0], 0, 0)
    return Wanted(op, *indices)
