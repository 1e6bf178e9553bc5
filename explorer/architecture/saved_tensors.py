"""What waits for the backward pass, op by op, in closed form.

An op keeps for its backward pass what its derivative reads: a convolution, a batch norm and the
classifier their input, ReLU its output, max pooling its input and the winners' indices; an
addition nothing. Tensors that two ops keep are one piece of memory. That is how PyTorch's autograd
saves them (tools/autograd/derivatives.yaml); `torch.autograd.graph.saved_tensors_hooks` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from math import prod
from typing import Final, Literal, NamedTuple

from explorer.architecture.ops import Op
from explorer.architecture.structure import Block, Blueprint

Precision = Literal["float32", "mixed"]
Device = Literal["cpu", "cuda"]
"""Whose rules of autocast decide in which precision an op computes."""

FLOAT: Final = 4
"""Bytes of a float32."""
INDEX: Final = 8
"""Bytes of an index: of a winner in max pooling, of an image's class."""
_MULTIPLY: Final = ("conv", "linear", "gate_linear")
"""Ops that autocast computes in 16 bits."""
_READ: Final = {
    *(*_MULTIPLY, "batch_norm", "group_norm"),
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
        return self.values * width(precision) + self.wide * FLOAT + self.indices * INDEX


def width(precision: Precision) -> int:
    """Bytes of an activation: autocast keeps them in 16 bits."""
    return 2 if precision == "mixed" else FLOAT


def kept(bp: Blueprint, precision: Precision = "float32", on: Device = "cpu") -> tuple[Kept, ...]:
    """Every op with what it keeps of one image, in the order in which they run."""
    return tuple(kept_of(bp, bp.ops, set(), Tensors.of(bp, precision, on)))


class Tensors(NamedTuple):
    """What each op writes: how many `values` for one image, which counts as one of them, and which
    of them are `floats`, float32 in mixed precision, too."""

    values: Mapping[str, int]
    floats: Set[str]

    @staticmethod
    def of(bp: Blueprint, precision: Precision, on: Device) -> Tensors:
        values = {op.path: op.activations for op in bp.ops}
        floats = _floats(bp) if precision == "mixed" and on == "cuda" else set()
        return Tensors(values | {"input": prod(bp.ops[0].in_shape)}, floats)


def _floats(bp: Blueprint) -> set[str]:
    """Ops that write float32 in mixed precision on CUDA, whose autocast lets group norm compute in
    float32 (https://pytorch.org/docs/stable/amp.html): what follows it does so, too, up to the
    next convolution."""
    found: set[str] = set()
    for op in bp.ops:
        passes_on = op.kind not in _MULTIPLY
        if op.kind == "group_norm" or (passes_on and not found.isdisjoint(op.inputs)):
            found.add(op.path)
    return found


def kept_of(bp: Blueprint, ops: Iterable[Op], known: set[str], tensors: Tensors) -> Iterator[Kept]:
    """The same for some of the ops; `known` names tensors that are kept already, and grows."""
    for op in ops:
        new: dict[str, None] = {}
        shared, narrow, wide = [], 0, 0
        for path in (_storage(bp, path) for path in _saved(op)):
            size, is_float = tensors.values[path], path in tensors.floats
            if is_float and op.kind in _MULTIPLY:
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


def statistics(block: Block, batch: int) -> int:
    """Bytes of the mean and the standard deviation that each normalisation keeps: batch norm of
    each channel, group norm of each group of each image."""
    total = 0
    for op in block.ops:
        if op.kind == "batch_norm":
            total += 2 * FLOAT * op.out_shape[0]
        elif op.kind == "group_norm":
            total += 2 * FLOAT * op.groups * batch
    return total


def multiplied(op: Op) -> int:
    """Weights of a convolution or classifier, without biases."""
    if op.kind not in _MULTIPLY:
        return 0
    return op.params - (op.out_shape[0] if op.bias else 0)
