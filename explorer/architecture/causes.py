"""Where the difference between two networks comes from: their totals, split by what differs."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from explorer.architecture.alignment import Alignment, BlockPair, OpPair
from explorer.architecture.block_pairs import ASPECTS, Aspect
from explorer.architecture.costs import Measure

CauseId = Literal["blocks"] | Aspect
"""`blocks`: whole blocks without counterpart; `missing` then counts layers of other blocks."""
CAUSES: Final[tuple[CauseId, ...]] = ("blocks", *ASPECTS)


class Example(NamedTuple):
    """Two ops that show a cause, in their blocks."""

    block: BlockPair
    op: OpPair


@dataclass(frozen=True)
class Cause:
    """What follows from one thing that differs; differences are right minus left.

    Attributes:
        id: what differs.
        blocks: how many pairs of blocks it concerns, stem and head among them, unless
        residual: says that they are residual blocks only.
        params, macs, activations: the difference that it makes in all of them together.
        example: the pair of ops in which it is largest, in MACs before parameters.
    """

    id: CauseId
    blocks: int
    residual: bool
    params: int
    macs: int
    activations: int
    example: Example


def causes(alignment: Alignment) -> tuple[Cause, ...]:
    """What differs, in the order of CAUSES; the differences sum to those of the totals.

    An op that differs in several aspects counts under the weightiest of them. What only moves
    because a stride sits elsewhere counts as `stride`.
    """
    found: dict[CauseId, list[Example]] = {}
    for pair in alignment.pairs:
        if pair.differs:
            for ops in pair.ops:
                if ops.differs:
                    found.setdefault(_cause_of(pair, ops), []).append(Example(pair, ops))
    return tuple(_cause(name, found[name]) for name in CAUSES if name in found)


def _cause_of(pair: BlockPair, ops: OpPair) -> CauseId:
    if pair.places is None:
        return "blocks"
    first = ops.differs[0]
    return "stride" if first == "size" and "stride" in pair.differs else first


def _cause(name: CauseId, examples: list[Example]) -> Cause:
    def total(measure: Measure) -> int:
        return sum(example.op.difference(measure) for example in examples)

    def weight(example: Example) -> tuple[int, ...]:
        measures: tuple[Measure, ...] = ("macs", "params", "activations")
        return tuple(abs(example.op.difference(measure)) for measure in measures)

    blocks = {example.block.name: example.block for example in examples}
    residual = all(block.one.shortcut for block in blocks.values())
    largest = max(examples, key=weight)
    return Cause(
        name,
        len(blocks),
        residual,
        total("params"),
        total("macs"),
        total("activations"),
        largest,
    )
