"""What training keeps in memory, in closed form: weights, optimiser, and what waits for backward.

An op keeps for its backward pass what its derivative reads: a convolution, a batch norm and the
classifier their input, ReLU its output, max pooling its input and the winners' indices; an
addition nothing. Tensors that two ops keep are one piece of memory. That is how PyTorch's autograd
saves them (tools/autograd/derivatives.yaml); `torch.autograd.graph.saved_tensors_hooks` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Final, Literal, NamedTuple

from explorer.architecture.ops import Block, Blueprint, Op

Optimiser = Literal["sgd", "momentum", "adam"]
Precision = Literal["float32", "mixed"]
Checkpointing = Literal["none", "blocks"]

OPTIMISERS: Final[dict[Optimiser, int]] = {"sgd": 0, "momentum": 1, "adam": 2}
"""Numbers that an optimiser keeps for each parameter."""
FLOAT: Final = 4
_INDEX: Final = 8
"""Bytes of an index: of a winner in max pooling, of an image's class."""
_COUNTED: Final = 8
"""Bytes in which each batch norm counts its batches."""
CARDS_GB: Final = (8, 12, 16, 24, 40, 80)
"""Memory of usual graphics cards; a GB of theirs is 2^30 bytes."""


_READ: Final = {
    *("conv", "linear", "gate_linear", "batch_norm", "group_norm"),
    *("max_pool", "local_avg_pool", "scale"),
}
"""Ops whose derivative reads what they read."""


class Kept(NamedTuple):
    """What one op keeps of one image beside what others keep already.

    `tensors` names them by the ops that wrote them; `values` are activations, `indices` those of
    max pooling; `shared` names tensors that an op before keeps as well.
    """

    op: Op
    tensors: tuple[str, ...]
    shared: tuple[str, ...]
    values: int
    indices: int = 0

    def bytes(self, precision: Precision = "float32") -> int:
        """Of one image."""
        return self.values * width(precision) + self.indices * _INDEX


def width(precision: Precision) -> int:
    """Bytes of an activation: autocast keeps them in 16 bits."""
    return 2 if precision == "mixed" else FLOAT


def kept(bp: Blueprint) -> tuple[Kept, ...]:
    """Every op with what it keeps of one image, in the order in which they run."""
    return tuple(_kept(bp, bp.ops, set(), _values(bp)))


def _values(bp: Blueprint) -> dict[str, int]:
    """How many numbers each op writes for one image; the image counts as one."""
    return {op.path: op.activations for op in bp.ops} | {"input": prod(bp.ops[0].in_shape)}


def _kept(
    bp: Blueprint, ops: Iterable[Op], known: set[str], values: Mapping[str, int]
) -> Iterator[Kept]:
    """The same for some of the ops; `known` names tensors that are kept already, and grows."""
    for op in ops:
        read = [_storage(bp, path) for path in _saved(op)]
        new = tuple(dict.fromkeys(path for path in read if path not in known))
        shared = tuple(path for path in read if path in known)
        known.update(new)
        indices = op.activations if op.kind == "max_pool" else 0
        yield Kept(op, new, shared, sum(values[path] for path in new), indices)


def _saved(op: Op) -> tuple[str, ...]:
    """The tensors that an op's derivative reads, by the ops that wrote them."""
    if op.kind in _READ:
        return op.inputs
    return (op.path,) if op.kind in ("relu", "sigmoid") else ()


def _storage(bp: Blueprint, path: str) -> str:
    """Whose memory a tensor lies in: a flattened one in that of what was flattened."""
    return bp.head.ops[-2].inputs[0] if path == "flatten" else path


@dataclass(frozen=True, slots=True)
class Setting:
    """How one trains."""

    batch: int
    optimiser: Optimiser = "momentum"
    precision: Precision = "float32"
    checkpointing: Checkpointing = "none"


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one training step.

    `weights` has the parameters and batch norm's running statistics, `halves` the 16-bit copies
    of weights that mixed precision keeps during a step, `activations` what waits for the backward
    pass (of the whole batch), `recomputed` the largest block's, which checkpointing computes anew,
    `working` the largest gradient on its way with what it comes from.
    """

    weights: int
    gradients: int
    optimiser: int
    halves: int
    activations: int
    recomputed: int
    working: int

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    @property
    def parts(self) -> dict[str, int]:
        """Name -> bytes."""
        return {
            "weights": self.weights,
            "gradients": self.gradients,
            "optimiser": self.optimiser,
            "halves": self.halves,
            "activations": self.activations,
            "recomputed": self.recomputed,
            "working": self.working,
        }


def memory(bp: Blueprint, setting: Setting) -> Memory:
    """What a step takes in this setting, without the library's own workspace."""
    params = FLOAT * bp.params
    norms = sum(2 * FLOAT * op.out_shape[0] + _COUNTED for op in bp.ops if op.kind == "batch_norm")
    checkpointed = setting.checkpointing == "blocks"
    halves = 2 * sum(_multiplied(op) for op in bp.ops) if setting.precision == "mixed" else 0
    recomputed = 0
    if checkpointed:
        recomputed = max(line.at(setting.batch) for line in _recomputed(bp, setting.precision))
    largest = max(op.activations + prod(op.in_shape) for op in bp.ops)
    return Memory(
        params + norms,
        params,
        OPTIMISERS[setting.optimiser] * params,
        halves,
        saved(bp, setting) - _copies(bp, setting),
        recomputed,
        setting.batch * largest * width(setting.precision),
    )


def saved(bp: Blueprint, setting: Setting) -> int:
    """Bytes that autograd holds at the end of the forward pass, without parameters and running
    statistics, but with the 16-bit copies of weights: what the hooks count.

    With checkpointing only what lies outside of the blocks has such copies.
    """
    checkpointed = setting.checkpointing == "blocks"
    entries = _outside(bp) if checkpointed else list(kept(bp))
    blocks = (bp.stem, bp.head) if checkpointed else bp.parts
    loss = setting.batch * (FLOAT * bp.spec.num_classes + _INDEX) + FLOAT
    images = setting.batch * _of_images(entries, setting.precision)
    return (
        images
        + sum(_statistics(block, setting.batch) for block in blocks)
        + _copies(bp, setting)
        + loss
    )


class _Line(NamedTuple):
    """Bytes that grow with the batch: so many for each image, beside those that are there once."""

    each: int
    once: int

    def at(self, batch: int) -> int:
        return self.once + batch * self.each


def _recomputed(bp: Blueprint, precision: Precision) -> set[_Line]:
    """What each block keeps beside its input while it is computed anew."""
    values = _values(bp)
    found = set()
    for block in bp.blocks:
        inside = _kept(bp, block.ops, {block.ops[0].inputs[0]}, values)
        statistics = _statistics(block, 1), _statistics(block, 2)
        growing = statistics[1] - statistics[0]
        each = _of_images(inside, precision) + growing
        found.add(_Line(each, statistics[0] - growing))
    return found


def _copies(bp: Blueprint, setting: Setting) -> int:
    """Bytes of the 16-bit copies of weights that wait for the backward pass."""
    if setting.precision != "mixed":
        return 0
    blocks = (bp.stem, bp.head) if setting.checkpointing == "blocks" else bp.parts
    return 2 * sum(_multiplied(op) for block in blocks for op in block.ops)


def _of_images(entries: Iterable[Kept], precision: Precision) -> int:
    return sum(entry.bytes(precision) for entry in entries)


def _statistics(block: Block, batch: int) -> int:
    """Bytes of the mean and the standard deviation that each normalisation keeps: batch norm of
    each channel, group norm of each group of each image."""
    total = 0
    for op in block.ops:
        if op.kind == "batch_norm":
            total += 2 * FLOAT * op.out_shape[0]
        elif op.kind == "group_norm":
            total += 2 * FLOAT * op.groups * batch
    return total


def _multiplied(op: Op) -> int:
    """Weights of a convolution or classifier, without biases."""
    if op.kind not in ("conv", "linear", "gate_linear"):
        return 0
    return op.params - (op.out_shape[0] if op.bias else 0)


def _outside(bp: Blueprint) -> list[Kept]:
    """With a checkpoint at every block: the stem's, each block's input, and the head's."""
    known: set[str] = set()
    values = _values(bp)
    found = list(_kept(bp, bp.stem.ops, known, values))
    for block in bp.blocks:
        first = block.ops[0]
        source = first.inputs[0]
        if source not in known:
            known.add(source)
            found.append(Kept(first, (source,), (), prod(first.in_shape)))
        else:
            found.append(Kept(first, (), (source,), 0))
    return found + list(_kept(bp, bp.head.ops, known, values))


def largest_batch(bp: Blueprint, setting: Setting, bytes_there: int) -> int:
    """The largest batch whose step fits; 0 where not even one image does."""
    return largest_batches(bp, setting, (bytes_there,))[0]


def largest_batches(bp: Blueprint, setting: Setting, sizes: Iterable[int]) -> tuple[int, ...]:
    """The same for each of these sizes in bytes.

    All but what is recomputed grows in a straight line with the batch. Of the blocks the one that
    takes most may be another for a large batch than for a small one, so every block must fit.
    """
    one, two = (
        memory(bp, replace(setting, batch=batch)).parts | {"recomputed": 0} for batch in (1, 2)
    )
    each = sum(two.values()) - sum(one.values())
    rest = _Line(each, sum(one.values()) - each)
    blocks = {_Line(0, 0)}
    if setting.checkpointing == "blocks":
        blocks = _recomputed(bp, setting.precision)
    return tuple(
        max(0, min((size - rest.once - line.once) // (rest.each + line.each) for line in blocks))
        for size in sizes
    )


def recomputed_macs(bp: Blueprint) -> int:
    """MACs of one image that checkpointing at every block computes a second time."""
    return sum(block.macs for block in bp.blocks)
