"""Two networks block beside block, row by row: what is folded, and what is said of each row."""

from collections.abc import Container
from typing import Final, NamedTuple

from explorer.architecture.alignment import Alignment, BlockPair, Part, runs
from explorer.architecture.notation import window
from explorer.architecture.ops import Op
from explorer.architecture.structure import Block
from explorer.views.titles import part_title
from explorer.words import label, listed

MOST_UNFOLDED: Final = 200
"""Rows of an unfolded stage that are drawn."""


class Row(NamedTuple):
    """One row: pairs that show the same, of which the first is named."""

    pairs: tuple[BlockPair, ...]

    @property
    def first(self) -> BlockPair:
        return self.pairs[0]

    def title_of(self, block: Block) -> str:
        """One of its blocks by name, and how often it shows the same."""
        name, times = part_title(block.title), len(self.pairs)
        return name if times == 1 else label("compare.times", name=name, n=times)


def rows(part: Part, unfold: Container[str] = (), most: int | None = MOST_UNFOLDED) -> list[Row]:
    """The part's pairs as they are drawn: runs that show the same are one row, or unfolded.

    Of an unfolded stage the first `most` are, all where that is None.
    """
    if part.path in unfold:
        return [Row((pair,)) for pair in part.pairs[:most]]
    return [Row(run) for run in runs(part.pairs)]


def foldable(one: Alignment) -> tuple[str, ...]:
    """Paths of the stages that have folded rows unless they are unfolded."""
    return tuple(part.path for part in one.parts if len(rows(part)) < len(part.pairs))


def row_of(one: Alignment, name: str, unfold: Container[str] = ()) -> str | None:
    """Name of the row in which this pair is drawn; None where it is beyond the drawn ones."""
    for part in one.parts:
        for row in rows(part, unfold):
            if any(pair.name == name for pair in row.pairs):
                return row.first.name
    return None


def told(row: Row) -> str:
    """A row for who does not see it."""
    pair = row.first
    return label("named.of", name=row.title_of(pair.one), what=listed(differs_told(pair)))


def differs_told(pair: BlockPair) -> list[str]:
    """What differs in a pair, in words."""
    if pair.left is None or pair.right is None:
        return [label(f"compare.only_{'right' if pair.left is None else 'left'}")]
    return [label(f"aspect.{aspect}") for aspect in pair.differs] or [label("compare.equal")]


def made_of(block: Block) -> tuple[list[str], list[str]]:
    """The main branch's windows and its channels: 1x1, 3x3/2, 1x1 and 64, 64, 256."""
    ops = [op for op in block.main_ops if op.kind in ("conv", "max_pool", "linear")]
    return [_window(op) for op in ops], [f"{op.out_shape[0]:,}" for op in ops]


def _window(op: Op) -> str:
    if op.kind == "linear":
        return op.name
    if op.kind == "max_pool":
        return label("compare.pool", window=window(op))
    return label("compare.groups", window=window(op), n=op.groups) if op.groups > 1 else window(op)
