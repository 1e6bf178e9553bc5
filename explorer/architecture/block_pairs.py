"""Two blocks side by side: which of their ops belong together, and what differs."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from math import inf
from typing import Final, Literal, NamedTuple, get_args

from explorer.architecture.edit_distance import Pairs, align
from explorer.architecture.ops import Op
from explorer.architecture.structure import Block

Aspect = Literal[
    "missing",
    "order",
    "shortcut",
    "norm",
    "kernel",
    "dilation",
    "groups",
    "width",
    "stride",
    "size",
    "bias",
    "values",
]
"""What can differ, the weightiest first: `missing` is a block or a layer without counterpart,
`order` that of normalisation, activation and convolution, `norm` a normalisation that only one
has or that is another one, `size` the height and width of what is read or written, `values` what
changes no shape and no count: eps, and where zeros are padded."""
ASPECTS: Final[tuple[Aspect, ...]] = get_args(Aspect)

_WEIGHTS: Final[dict[Aspect, float]] = dict.fromkeys(ASPECTS, 1.0) | {"kernel": 2.0}
_ALONE: Final = 2.0
"""Of an op without counterpart; twice that is more than any two of a kind can differ."""
_ALONE_WEIGHTED: Final = 4.0
"""The same of a convolution or a linear layer, which can differ in more."""
Place = tuple[int | None, int | None, tuple[Aspect, ...]]
"""Indices of two ops side by side, and what differs between them."""


class Compared(NamedTuple):
    """What two blocks differ in, and their ops side by side, by index."""

    differs: tuple[Aspect, ...]
    places: tuple[Place, ...]


def compared(left: Block, right: Block) -> Compared:
    """What differs between two blocks; ops stand together only within one kind and branch.

    Where several ways are equally good, the same is taken whichever block is on the left.
    """
    if repr(left.likeness) > repr(right.likeness):
        swapped = compared(right, left)
        return Compared(swapped.differs, tuple((i, j, found) for j, i, found in swapped.places))
    reordered = _reordered(left, right)
    counts = [Counter(map(_slot, block.ops)) for block in (left, right)]

    def alone(op: Op) -> Aspect:
        same = {slot: counts[0][slot] == counts[1][slot] for slot in (_slot(op), ("conv", False))}
        if reordered and same[_slot(op)]:
            return "order"
        if op.on_shortcut or op.kind == "add":
            return "norm" if op.normalises and _kind(left) == _kind(right) else "shortcut"
        # Without its convolution a normalisation is part of what is missing.
        return "norm" if op.normalises and same["conv", False] else "missing"

    places: list[Place] = []
    for i, j in _op_places(left.ops, right.ops):
        if i is not None and j is not None:
            places.append((i, j, _op_differs(left.ops[i], right.ops[j])))
        else:
            places.append((i, j, (alone(left.ops[i] if i is not None else right.ops[j or 0]),)))
    found = {aspect for _, _, differs in places for aspect in differs}
    if reordered:
        found.add("order")
    if _joins(left) != _joins(right) and not (reordered and _kind(left) == _kind(right)):
        found.add("shortcut")
    return Compared(ordered(found), tuple(places))


def _joins(block: Block) -> Hashable:
    """What the shortcut is, and whether it starts inside the block."""
    return _kind(block), block.shortcut_inside


def _kind(block: Block) -> str | None:
    return block.shortcut.kind if block.shortcut else None


def _reordered(left: Block, right: Block) -> bool:
    """Whether one begins with its activation, the other with its convolution."""
    if left.shortcut is None or right.shortcut is None:
        return False
    return (left.ops[0].kind == "conv") != (right.ops[0].kind == "conv")


def _slot(op: Op) -> tuple[str, bool]:
    """Ops of one slot can stand together; every normalisation takes batch norm's place."""
    return "batch_norm" if op.normalises else op.kind, op.on_shortcut


def _op_places(left: Sequence[Op], right: Sequence[Op]) -> Pairs:
    costs = [[_op_cost(one, other) for other in right] for one in left]
    return align(costs, [_cost_alone(op) for op in left], [_cost_alone(op) for op in right])


def _cost_alone(op: Op) -> float:
    return _ALONE_WEIGHTED if op.kind in ("conv", "linear") else _ALONE


def _op_cost(left: Op, right: Op) -> float:
    if _slot(left) != _slot(right):
        return inf
    cost = sum(_WEIGHTS[aspect] for aspect in _op_differs(left, right))
    return min(cost, _cost_alone(left) + _cost_alone(right) - 0.5)


def _op_differs(left: Op, right: Op) -> tuple[Aspect, ...]:
    """In what two ops of one slot differ; a pooling over all positions has no kernel."""
    whole = left.kind == "avg_pool"
    found: list[Aspect] = []
    if left.kind != right.kind or (left.normalises and left.groups != right.groups):
        found.append("norm")
    padding = left.padding // left.dilation, right.padding // right.dilation
    if not whole and (left.kernel, padding[0]) != (right.kernel, padding[1]):
        found.append("kernel")
    if left.dilation != right.dilation:
        found.append("dilation")
    if not left.normalises and left.groups != right.groups:
        found.append("groups")
    if (left.in_shape[0], left.out_shape[0]) != (right.in_shape[0], right.out_shape[0]):
        found.append("width")
    if left.stride != right.stride:
        found.append("stride")
    if (left.in_shape[1:], left.out_shape[1:]) != (right.in_shape[1:], right.out_shape[1:]):
        found.append("size")
    if left.bias != right.bias:
        found.append("bias")
    if (left.eps, left.zeros_before) != (right.eps, right.zeros_before):
        found.append("values")
    return tuple(found)


def ordered(found: Iterable[Aspect]) -> tuple[Aspect, ...]:
    """Each aspect once, in the order of ASPECTS."""
    present = set(found)
    return tuple(aspect for aspect in ASPECTS if aspect in present)
