"""Deleting one block at a time from a trained network (after Veit et al. 2016)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor

from explorer.architecture import Blueprint
from explorer.experiments.inference import Prediction, predict
from explorer.networks import ResNet

Value = TypeVar("Value")
MOST = 60
"""Deletions that one picture is put through; of a deeper network every k-th block is taken."""


@dataclass(frozen=True)
class Deletion:
    """The network without one block's main branch. `after` is None where that is impossible."""

    block: str
    title: str
    changes_shape: bool
    after: Prediction | None

    def left(self, target: int) -> float | None:
        """The probability of the class of this index without the block; 0 where the network
        overflows without it, None where it cannot be deleted."""
        if self.after is None:
            return None
        return self.after.guess(target).probability if self.after.finite else 0.0

    def keeps(self, target: int) -> bool:
        """Whether this class is still the answer."""
        return self.after is not None and self.after.finite and self.after.best.index == target


def candidates(bp: Blueprint, most: int = MOST) -> list[str]:
    """Blocks to delete: all, or evenly spread ones and all that change the shape."""
    blocks = bp.blocks
    step = -(-len(blocks) // most)
    return [
        block.path
        for index, block in enumerate(blocks)
        if index % step == 0 or block.in_shape != block.out_shape
    ]


def each_deleted(
    paths: Iterable[str], without: Callable[[str], Value]
) -> Iterator[tuple[str, Value | None]]:
    """What `without` finds for each block in turn; yields as it goes.

    None stands for a plain block that changes the shape, which cannot be deleted.
    """
    for path in paths:
        try:
            yield path, without(path)
        except ValueError:
            yield path, None


def deletions(
    network: ResNet, x: Tensor, classes: tuple[str, ...], bp: Blueprint, blocks: Sequence[str]
) -> Iterator[Deletion]:
    """Delete each of `blocks` in turn and predict; yields as it goes, for a progress bar.

    A residual block without its main branch is its shortcut. A plain block that keeps the shape
    is passed over; one that changes the shape cannot be.
    """
    for path, after in each_deleted(blocks, lambda path: predict(network, x, classes, (path,))):
        block = bp.block(path)
        changes = block.in_shape != block.out_shape
        yield Deletion(path, block.title, changes, after)
