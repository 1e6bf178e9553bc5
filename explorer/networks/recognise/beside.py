"""What stands beside a network's layers, within its blocks or apart from them."""

import re
from collections.abc import Sequence
from typing import Final

from explorer.networks.reading.collect import Found
from explorer.networks.reading.tensors import View
from explorer.networks.recognise.modules import Layer
from explorer.networks.recognise.paths import shared_steps
from explorer.networks.recognise.structure import Structure

_FILTER: Final = re.compile(r"filt|blur|kernel")
_HARMLESS: Final = re.compile(
    r"mask|observer|fake_quant|post_process|zero_point|num_batches", re.IGNORECASE
)
"""What pruning and quantisation in training leave beside layers."""


def roots(structure: Structure) -> set[tuple[str, ...]]:
    """The names that each block's layers have in common, where they are more than the network's;
    as many steps for all, so that what stands beside a branch is in its block."""
    found = []
    for block in structure.blocks:
        layers_ = [*block.convolutions, *([block.projection] if block.projection else [])]
        found.append(layers_[0].path[: shared_steps(layers_)])
    depth = min(map(len, found))
    shortened = {one[:depth] for one in found}
    return shortened if len(shortened) == len(found) else set()


def is_below(path: tuple[str, ...], blocks: set[tuple[str, ...]]) -> bool:
    """Whether a name begins as one of these does."""
    return any(path[: len(block)] == block for block in blocks)


def counts_within(found: Found) -> bool:
    """Whether a tensor may take part in what a block computes."""
    real = isinstance(found.value, View) and found.value.dtype.is_floating_point
    return real and not _HARMLESS.search(found.name)


def is_blur(tensor: Found) -> bool:
    """A fixed filter over each channel, as anti-aliased networks have before a stride."""
    shape = tensor.shape
    single = len(shape) == 4 and shape[1] == 1 and shape[0] > 4 and shape[2] == shape[3] > 1
    return single and bool(_FILTER.search(tensor.path[-1].lower()))


def is_input(tensor: Found) -> bool:
    """Whether it holds one number for each of a picture's channels."""
    shape = tensor.shape
    return len(shape) == 4 and shape[0] == shape[2] == shape[3] == 1 and shape[1] <= 4


class Body:
    """What the names of a network's own layers have in common, asked of each layer beside them."""

    def __init__(self, used: Sequence[Layer]) -> None:
        self._common = shared_steps(used)
        self._begin = used[0].path[: self._common]
        self._own = {layer.path[self._common] for layer in used}
        self._first = {layer.path[:1] for layer in used}

    def is_apart(self, layer: Layer) -> bool:
        """Whether a layer's name goes its own way from the first word that differs."""
        common, path = self._common, layer.path
        if path[:common] != self._begin:
            return True
        return len(path) > common and len(self._own) > 1 and path[common] not in self._own

    def is_with(self, norm: Layer, others: Sequence[Layer]) -> bool:
        """Whether a norm stands apart from the network, with other layers or alone."""
        if not self.is_apart(norm):
            return False
        step = self._common + 1
        return any(norm.path[:step] == other.path[:step] for other in others) or (
            len(norm.path) > 1 and norm.path[:1] not in self._first
        )
