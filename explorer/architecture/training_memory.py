"""What training takes of memory, in closed form: weights, gradients, the optimiser's numbers, and
what waits for the backward pass (`saved_tensors`); and the largest batch that fits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import prod
from typing import Final, Literal, NamedTuple

from explorer.architecture.saved_tensors import (
    FLOAT,
    INDEX,
    Device,
    Kept,
    Precision,
    Tensors,
    kept,
    kept_of,
    multiplied,
    statistics,
    width,
)
from explorer.architecture.structure import Blueprint

Optimiser = Literal["sgd", "momentum", "adam"]
Checkpointing = Literal["none", "blocks"]

OPTIMISERS: Final[dict[Optimiser, int]] = {"sgd": 0, "momentum": 1, "adam": 2}
"""Numbers that an optimiser keeps for each parameter."""
_COUNTED: Final = 8
"""Bytes in which each batch norm counts its batches."""
CARDS_GB: Final = (8, 12, 16, 24, 40, 80)
"""Memory of usual graphics cards; a GB of theirs is 2^30 bytes."""


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
    halves = 2 * sum(multiplied(op) for op in bp.ops) if setting.precision == "mixed" else 0
    recomputed = 0
    if checkpointed:
        recomputed = max(line.at(setting.batch) for line in _recomputed(bp, setting))
    largest = max(op.activations + prod(op.in_shape) for op in bp.ops)
    floats = Tensors.of(bp, setting.precision, setting.on).floats
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
    loss = setting.batch * (logit * bp.spec.num_classes + INDEX) + FLOAT
    images = setting.batch * _of_images(entries, setting.precision)
    return (
        images
        + sum(statistics(block, setting.batch) for block in blocks)
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
    tensors = Tensors.of(bp, setting.precision, setting.on)
    found = set()
    for block in bp.blocks:
        inside = kept_of(bp, block.ops, {block.ops[0].inputs[0]}, tensors)
        one, two = statistics(block, 1), statistics(block, 2)
        growing = two - one
        each = _of_images(inside, setting.precision) + growing
        found.add(_Line(each, one - growing))
    return found


def _copies(bp: Blueprint, setting: Setting) -> int:
    """Bytes of the 16-bit copies of weights that wait for the backward pass."""
    if setting.precision != "mixed":
        return 0
    blocks = (bp.stem, bp.head) if setting.checkpointing == "blocks" else bp.parts
    return 2 * sum(multiplied(op) for block in blocks for op in block.ops)


def _of_images(entries: Iterable[Kept], precision: Precision) -> int:
    return sum(entry.bytes(precision) for entry in entries)


def _outside(bp: Blueprint, setting: Setting) -> list[Kept]:
    """With a checkpoint at every block: the stem's, each block's input, and the head's."""
    known: set[str] = set()
    tensors = Tensors.of(bp, setting.precision, setting.on)
    found = list(kept_of(bp, bp.stem.ops, known, tensors))
    for block in bp.blocks:
        first = block.ops[0]
        source, size = first.inputs[0], prod(first.in_shape)
        if source in known:
            found.append(Kept(first, (), (source,), 0))
            continue
        known.add(source)
        wide = size if source in tensors.floats else 0
        found.append(Kept(first, (source,), (), size - wide, wide=wide))
    return found + list(kept_of(bp, bp.head.ops, known, tensors))


def largest_batches(bp: Blueprint, setting: Setting, sizes: Iterable[int]) -> tuple[int, ...]:
    """The largest batch whose step fits, for each of these sizes in bytes; 0 where not even one
    image does.

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
