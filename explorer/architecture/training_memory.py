"""What training keeps in memory, in closed form: weights, optimiser, and what waits for backward.

An op keeps for its backward pass what its derivative reads: a convolution, a batch norm and the
classifier their input, ReLU its output, max pooling its input and the winners' indices; an
addition nothing. Tensors that two ops keep are one piece of memory. That is how PyTorch's autograd
saves them (tools/autograd/derivatives.yaml); `torch.autograd.graph.saved_tensors_hooks` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from math import prod
from typing import Final, Literal, NamedTuple

from explorer.architecture.ops import Block, Blueprint, Op

Optimiser = Literal["sgd", "momentum", "adam"]
Precision = Literal["float32", "mixed"]
Checkpointing = Literal["none", "blocks"]
Device = Literal["cpu", "cuda"]
"""Whose rules of autocast decide in which precision an op computes."""

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

    `tensors` names them by the ops that wrote them; `values` are activations, `wide` those that
    stay in float32 whatever the precision, `indices` those of max pooling; `shared` names tensors
    that an op before keeps as well.
    """

    op: Op
    tensors: tuple[str, ...]
    shared: tuple[str, ...]
    values: int
    indices: int = 0
    wide: int = 0

    def bytes(self, precision: Precision = "float32") -> int:
        """Of one image."""
        return self.values * width(precision) + self.wide * FLOAT + self.indices * _INDEX


def width(precision: Precision) -> int:
    """Bytes of an activation: autocast keeps them in 16 bits."""
    return 2 if precision == "mixed" else FLOAT


def kept(bp: Blueprint, precision: Precision = "float32", on: Device = "cpu") -> tuple[Kept, ...]:
    """Every op with what it keeps of one image, in the order in which they run."""
    return tuple(_kept(bp, bp.ops, set(), _Tensors.of(bp, precision, on)))


class _Tensors(NamedTuple):
    """What each op writes: how many `values` for one image, which counts as one of them, and which
    of them are `floats`, float32 in mixed precision, too."""

    values: Mapping[str, int]
    floats: Set[str]

    @staticmethod
    def of(bp: Blueprint, precision: Precision, on: Device) -> _Tensors:
        values = {op.path: op.activations for op in bp.ops}
        floats = _floats(bp) if precision == "mixed" and on == "cuda" else set()
        return _Tensors(values | {"input": prod(bp.ops[0].in_shape)}, floats)


def _floats(bp: Blueprint) -> set[str]:
    """Ops that write float32 in mixed precision on CUDA, whose autocast lets group norm compute in
    float32 (https://pytorch.org/docs/stable/amp.html): what follows it does so, too, up to the
    next convolution."""
    found: set[str] = set()
    for op in bp.ops:
        passes_on = op.kind not in ("conv", "linear", "gate_linear")
        if op.kind == "group_norm" or (passes_on and not found.isdisjoint(op.inputs)):
            found.add(op.path)
    return found


def _kept(bp: Blueprint, ops: Iterable[Op], known: set[str], tensors: _Tensors) -> Iterator[Kept]:
    """The same for some of the ops; `known` names tensors that are kept already, and grows."""
    for op in ops:
        new: dict[str, None] = {}
        shared, narrow, wide = [], 0, 0
        for path in (_storage(bp, path) for path in _saved(op)):
            size, is_float = tensors.values[path], path in tensors.floats
            if is_float and op.kind in ("conv", "linear", "gate_linear"):
                # A copy of its own in 16 bits: autocast remembers those of parameters only.
                new[path] = None
                narrow += size
            elif tensors.floats and op.kind == "group_norm" and not is_float:
                new[path] = None
                wide += size
            elif path in known:
                shared.append(path)
            else:
                new[path] = None
                known.add(path)
                narrow, wide = (narrow, wide + size) if is_float else (narrow + size, wide)
        indices = op.activations if op.kind == "max_pool" else 0
        yield Kept(op, tuple(new), tuple(shared), narrow, indices, wide)


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
    on: Device = "cpu"


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
        recomputed = max(line.at(setting.batch) for line in _recomputed(bp, setting))
    largest = max(op.activations + prod(op.in_shape) for op in bp.ops)
    floats = _Tensors.of(bp, setting.precision, setting.on).floats
    return Memory(
        params + norms,
        params,
        OPTIMISERS[setting.optimiser] * params,
        halves,
        saved(bp, setting) - _copies(bp, setting),
        recomputed,
        setting.batch * largest * (FLOAT if floats else width(setting.precision)),
    )


def saved(bp: Blueprint, setting: Setting) -> int:
    """Bytes that autograd holds at the end of the forward pass, without parameters and running
    statistics, but with the 16-bit copies of weights: what the hooks count.

    With checkpointing only what lies outside of the blocks has such copies.
    """
    checkpointed = setting.checkpointing == "blocks"
    entries = _outside(bp, setting) if checkpointed else kept(bp, setting.precision, setting.on)
    blocks = (bp.stem, bp.head) if checkpointed else bp.parts
    logit = FLOAT
    if setting.precision == "mixed" and setting.on == "cuda":
        # Its logarithm of the softmax keeps what it writes in both precisions.
        logit += width(setting.precision)
    loss = setting.batch * (logit * bp.spec.num_classes + _INDEX) + FLOAT
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


def _recomputed(bp: Blueprint, setting: Setting) -> set[_Line]:
    """What each block keeps beside its input while it is computed anew."""
    tensors = _Tensors.of(bp, setting.precision, setting.on)
    found = set()
    for block in bp.blocks:
        inside = _kept(bp, block.ops, {block.ops[0].inputs[0]}, tensors)
        statistics = _statistics(block, 1), _statistics(block, 2)
        growing = statistics[1] - statistics[0]
        each = _of_images(inside, setting.precision) + growing
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


def _outside(bp: Blueprint, setting: Setting) -> list[Kept]:
    """With a checkpoint at every block: the stem's, each block's input, and the head's."""
    known: set[str] = set()
    tensors = _Tensors.of(bp, setting.precision, setting.on)
    found = list(_kept(bp, bp.stem.ops, known, tensors))
    for block in bp.blocks:
        first = block.ops[0]
        source, size = first.inputs[0], prod(first.in_shape)
        if source in known:
            found.append(Kept(first, (), (source,), 0))
            continue
        known.add(source)
        wide = size if source in tensors.floats else 0
        found.append(Kept(first, (source,), (), size - wide, wide=wide))
    return found + list(_kept(bp, bp.head.ops, known, tensors))


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
        blocks = _recomputed(bp, setting)
    return tuple(
        max(0, min((size - rest.once - line.once) // (rest.each + line.each) for line in blocks))
        for size in sizes
    )


def recomputed_macs(bp: Blueprint) -> int:
    """MACs of one image that checkpointing at every block computes a second time."""
    return sum(block.macs for block in bp.blocks)
