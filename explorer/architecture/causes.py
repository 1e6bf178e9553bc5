"""Where the difference between two networks comes from: their totals, split by what differs."""

from collections import Counter
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

from explorer.architecture.alignment import Alignment, BlockPair, OpPair
from explorer.architecture.block_pairs import ASPECTS, Aspect
from explorer.architecture.costs import Measure

_Special = Literal["blocks", "dilates", "gate", "average", "zeros", "norm_kind", "eps", "carries"]
CauseId = _Special | Aspect
"""`blocks`: whole blocks without counterpart; `missing` then counts layers of other blocks.
`dilates`: a stage does so instead of halving the size; `gate`: squeeze-and-excitation that only
one has; `average`: a shortcut that averages; `zeros`: where option A's lie; `norm_kind` and
`eps`: a normalisation of another kind, or that adds something else to the variance; `carries`:
a shortcut of the same kind that starts at another place, which changes no op."""
CAUSES: Final[tuple[CauseId, ...]] = (*get_args(_Special), *ASPECTS)


_OF_SIZES: Final[frozenset[Aspect]] = frozenset(("dilation", "stride", "size"))


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
        moves_params, moves_macs: in how many of those pairs it makes a difference to the whole.
        example: the pair of ops in which it is largest, in MACs before parameters.
    """

    id: CauseId
    blocks: int
    residual: bool
    params: int
    macs: int
    activations: int
    moves_params: int
    moves_macs: int
    example: Example


def causes(alignment: Alignment) -> tuple[Cause, ...]:
    """What differs, in the order of CAUSES; the differences sum to those of the totals.

    An op that differs in several aspects counts under the weightiest of them. What only moves
    because a stride sits elsewhere counts as `stride`.
    """
    dilated = _dilated(alignment)
    found: dict[CauseId, list[Example]] = {}
    for pair in alignment.pairs:
        if pair.differs:
            for ops in pair.ops:
                if ops.differs:
                    found.setdefault(_cause_of(pair, ops, dilated), []).append(Example(pair, ops))
            if carries := _carries(pair):
                found.setdefault("carries", []).append(carries)
    return tuple(_cause(name, found[name]) for name in CAUSES if name in found)


def _dilated(alignment: Alignment) -> frozenset[str]:
    """Paths of the stages that dilate in one network and halve the size in the other."""
    both = zip(alignment.left.spec.stage_steps, alignment.right.spec.stage_steps, strict=False)
    parts = alignment.parts[1:-1]
    return frozenset(
        part.path for part, (left, right) in zip(parts, both, strict=False) if left != right
    )


def _cause_of(pair: BlockPair, ops: OpPair, dilated: frozenset[str]) -> CauseId:
    if pair.left is None or pair.right is None:
        return "blocks"
    first = ops.differs[0]
    if ops.left is None or ops.right is None:
        if ".se." in ops.one.path:
            return "gate"
        return "average" if ops.one.kind == "local_avg_pool" and _one_averages(pair) else first
    if first == "norm":
        return "norm_kind"
    if first == "values":
        return "zeros" if ops.left.kind == "pad" else "eps"
    of_sizes = {*ops.differs} <= _OF_SIZES
    if of_sizes and pair.one.path.partition(".")[0] in dilated:
        return "dilates"
    if first in ("stride", "size") and ops.one.on_shortcut and _one_averages(pair):
        return "average"
    return "stride" if first == "size" and "stride" in pair.differs else first


def _carries(pair: BlockPair) -> Example | None:
    """Where two pre-activation shortcuts of one kind read different places: the left addition,
    beside itself, for nothing of it is counted twice."""
    starts = []
    for block in (pair.left, pair.right):
        if block is None or block.shortcut is None or block.ops[0].kind == "conv":
            return None
        starts.append((block.shortcut.kind, block.shortcut_inside))
    (kind, inside), (other_kind, other_inside) = starts
    if kind != other_kind or inside == other_inside:
        return None
    addition = next(op for op in pair.one.ops if op.kind == "add")
    return Example(pair, OpPair(addition, addition, ()))


def _one_averages(pair: BlockPair) -> bool:
    """Whether two shortcuts of one kind differ in that only one takes means."""
    averages = [
        any(op.kind == "local_avg_pool" for op in block.shortcut_ops)
        for block in (pair.left, pair.right)
        if block is not None
    ]
    kinds = {block.shortcut.kind for block in (pair.left, pair.right) if block and block.shortcut}
    return len(kinds) == 1 and len(set(averages)) == 2


def _cause(name: CauseId, examples: list[Example]) -> Cause:
    def total(measure: Measure) -> int:
        return sum(example.op.difference(measure) for example in examples)

    def weight(example: Example) -> tuple[int, ...]:
        measures: tuple[Measure, ...] = ("macs", "params", "activations")
        return tuple(abs(example.op.difference(measure)) for measure in measures)

    def moves(measure: Measure) -> int:
        sums: Counter[str] = Counter()
        for one in examples:
            sums[one.block.name] += one.op.difference(measure)
        return sum(map(bool, sums.values()))

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
        moves("params"),
        moves("macs"),
        largest,
    )
