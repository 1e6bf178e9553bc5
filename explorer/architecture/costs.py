"""Where a network's parameters, MACs and activations are: by part, and by kind of op."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol, get_args

from explorer.architecture.ops import Op, OpKind
from explorer.architecture.structure import Block, Blueprint, Stage, repeats

Measure = Literal["params", "macs", "activations"]
MEASURES: Final = get_args(Measure)
CostKind = Literal[
    "conv",
    "projection",
    "batch_norm",
    "group_norm",
    "gate",
    "relu",
    "add",
    "pad",
    "pool",
    "classifier",
]
"""Kinds of ops as costs are split: a projection counts with its batch norm, and all that
squeeze-and-excitation does is its gate."""
WHOLE: Final = "whole"
FOLD_ABOVE: Final = 60
"""Blocks of a network beyond which runs of equal blocks are told as one part."""

_KINDS: Final[dict[OpKind, CostKind]] = {
    "conv": "conv",
    "batch_norm": "batch_norm",
    "group_norm": "group_norm",
    "gate_linear": "gate",
    "sigmoid": "gate",
    "scale": "gate",
    "relu": "relu",
    "add": "add",
    "pad": "pad",
    "max_pool": "pool",
    "avg_pool": "pool",
    "local_avg_pool": "pool",
    "flatten": "pool",
    "linear": "classifier",
}


class Counted(Protocol):
    """An op, a block, a stage or a network."""

    @property
    def params(self) -> int: ...
    @property
    def macs(self) -> int: ...
    @property
    def activations(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Part:
    """Something to look at on its own: the network, a stage, a run of equal blocks, or an op.

    `name` is unique within a network: "whole", "stem", "conv3_x", "conv3_1", "layer2.0.conv1".
    `path` is torchvision's; `equal` counts the blocks of a run, of which the first is named;
    `op` is what an op's part stands for.
    """

    name: str
    parent: str
    path: str
    value: int
    equal: int = 1
    op: Op | None = None


class Look(NamedTuple):
    """A part, what it consists of, and how many blocks in a row are equal to it."""

    part: Counted
    rows: Sequence[Op | Block | Stage]
    equal: int = 1


def amount(of: Counted, measure: Measure) -> int:
    """Parameters, MACs, or activations of one image."""
    value: int = getattr(of, measure)
    return value


def tree(bp: Blueprint, measure: Measure) -> tuple[Part, ...]:
    """The network, its stages, their blocks and their ops; parts of which there are none left out.

    Every part is the sum of the parts that name it as their parent, except that a run of equal
    blocks has no ops.
    """
    parts = [Part(WHOLE, "", "", amount(bp, measure))]
    parts += _with_ops(bp.stem, WHOLE, 1, measure)
    for stage in bp.stages:
        parts.append(Part(stage.title, WHOLE, stage.path, amount(stage, measure)))
        for block, equal in runs(bp, stage.blocks):
            parts += _with_ops(block, stage.title, equal, measure)
    parts += _with_ops(bp.head, WHOLE, 1, measure)
    return tuple(part for part in parts if part.value)


def runs(bp: Blueprint, blocks: tuple[Block, ...]) -> list[tuple[Block, int]]:
    """(block, how many like it follow each other); every block alone in networks of a few."""
    if len(bp.blocks) <= FOLD_ABOVE:
        return [(block, 1) for block in blocks]
    return [(run[0], len(run)) for run in repeats(blocks)]


def by_kind(bp: Blueprint, measure: Measure) -> dict[CostKind, int]:
    """Kind of op -> amount, the largest first; kinds without any left out."""
    found: dict[CostKind, int] = {}
    for op in bp.ops:
        kind = _kind_of(op)
        found[kind] = found.get(kind, 0) + amount(op, measure)
    largest_first = sorted(found.items(), key=lambda item: -item[1])
    return {kind: value for kind, value in largest_first if value}


def _kind_of(op: Op) -> CostKind:
    projects = op.on_shortcut and op.kind in ("conv", "batch_norm")
    if ".se." in op.path:
        return "gate"
    return "projection" if projects else _KINDS[op.kind]


def by_part(bp: Blueprint, measure: Measure) -> dict[str, int]:
    """Stem, stages, head: title -> amount."""
    return {part.title: amount(part, measure) for part in _top(bp)}


def names(bp: Blueprint) -> list[str]:
    """What `look` can be asked for, in the order of the network."""
    found = [WHOLE, bp.stem.title]
    for stage in bp.stages:
        found += [stage.title, *(block.title for block, _ in runs(bp, stage.blocks))]
    return [*found, bp.head.title]


def look(bp: Blueprint, name: str) -> Look:
    """A part of the network by its name in `names`.

    Raises:
        ValueError: the network has no such part.
    """
    if name == WHOLE:
        return Look(bp, _top(bp))
    for stage in bp.stages:
        if name == stage.title:
            return Look(stage, stage.blocks)
        for block, equal in runs(bp, stage.blocks):
            if name == block.title:
                return Look(block, block.ops, equal)
    for block in (bp.stem, bp.head):
        if name == block.title:
            return Look(block, block.ops)
    raise ValueError(f"part={name!r} is not in this network")


def _top(bp: Blueprint) -> tuple[Block | Stage, ...]:
    return (bp.stem, *bp.stages, bp.head)


def _with_ops(block: Block, parent: str, equal: int, measure: Measure) -> list[Part]:
    parts = [Part(block.title, parent, block.path, amount(block, measure) * equal, equal)]
    if equal == 1:
        parts += [
            Part(op.path, block.title, op.path, amount(op, measure), op=op) for op in block.ops
        ]
    return parts
