"""Where a gradient goes: backwards through a network, split in two at every addition."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional

from explorer.architecture import Blueprint
from explorer.experiments.leaf import leaf
from explorer.experiments.origin.parts import Array
from explorer.experiments.origin.places import INPUT
from explorer.experiments.origin.shares import Split
from explorer.networks import ResNet


@dataclass(frozen=True, eq=False)
class Slope:
    """The gradient of the loss with respect to what one op writes.

    `map` is (H, W): the sum over channels of the gradient's size at each position. `silent` is
    the share of values, from 0 to 1, that have no gradient at all.
    """

    path: str
    norm: float
    map: Array
    silent: float = 0.0


@dataclass(frozen=True, eq=False)
class Backward:
    """One pass back: a slope for the picture and every op, a split for every addition.

    `loss` is cross-entropy for the class.
    """

    loss: float
    slopes: tuple[Slope, ...]
    splits: tuple[Split, ...]

    @cached_property
    def norms(self) -> Mapping[str, float]:
        return {slope.path: slope.norm for slope in self.slopes}

    @cached_property
    def by_path(self) -> Mapping[str, Slope]:
        return {slope.path: slope for slope in self.slopes}

    def split(self, block: str) -> Split | None:
        """Of this block; None for a plain one."""
        return next((one for one in self.splits if one.block == block), None)

    @property
    def finite(self) -> bool:
        return all(one.norm < float("inf") for one in self.slopes)


def backward(network: ResNet, x: Tensor, bp: Blueprint, target: int) -> Backward:
    """Send the loss for one class back through the network; its own gradients stay untouched.

    The two parts at an addition are pulled back separately, each through its own branch: what
    the main branch brings to the block's input, and what the shortcut brings.

    Args:
        network: in eval mode, or in train mode if it is nobody else's: running statistics move.
        x: preprocessed images, (N, C, H, H); maps are those of the first.
        bp: of the network at this size.
        target: index of the class that is taken for true.
    """
    device = network.fc.weight.device
    with torch.enable_grad():
        image = leaf(network, x)
        outputs = {INPUT: image}
        logits = image
        for path, logits in network.walk(image):
            outputs[path] = logits
        wanted = torch.full((len(x),), target, device=device)
        loss = functional.cross_entropy(logits, wanted)
        found = torch.autograd.grad(loss, list(outputs.values()), retain_graph=True)
    slopes = dict(zip(outputs, found, strict=True))
    splits = []
    for block in bp.blocks:
        added = next((op for op in block.ops if op.kind == "add"), None)
        if added is None or block.shortcut is None:
            continue
        source = outputs[block.shortcut.source]
        main, skip = (_pulled(outputs[path], source, slopes[added.path]) for path in added.inputs)
        whole = slopes[block.shortcut.source]
        splits.append(_split(block.path, main, skip, whole, slopes[added.path]))
    return Backward(
        float(loss.detach()),
        tuple(_slope(path, slope) for path, slope in slopes.items()),
        tuple(splits),
    )


def _pulled(output: Tensor, source: Tensor, slope: Tensor) -> Tensor:
    """The gradient at `source` that comes through `output` alone."""
    if output is source:
        return slope
    (found,) = torch.autograd.grad(output, source, slope, retain_graph=True)
    return found


def _split(path: str, main: Tensor, skip: Tensor, whole: Tensor, arriving: Tensor) -> Split:
    first, second, both, above = (
        one.detach().double().flatten() for one in (main, skip, whole, arriving)
    )
    return Split(
        path,
        float(first.norm()),
        float(second.norm()),
        float(first @ second),
        float(both.norm()),
        float(above.norm()),
        float((both - first - second).norm()),
    )


def _slope(path: str, slope: Tensor) -> Slope:
    one = slope.detach()[0].double().abs()
    drawn = one.sum(0) if one.ndim == 3 else one[None]
    norm, silent = float(slope.detach().double().norm()), float((one == 0).double().mean())
    return Slope(path, norm, drawn.float().cpu().numpy(), silent)


@dataclass(frozen=True, slots=True)
class Finite:
    """One weight moved both ways, in float64: (L(w+h) - L(w-h)) / 2h beside autograd's dL/dw."""

    name: str
    index: tuple[int, ...]
    weight: float
    step: float
    higher: float
    lower: float
    slope: float

    @property
    def difference_quotient(self) -> float:
        return (self.higher - self.lower) / (2 * self.step)

    @property
    def relative(self) -> float:
        """Relative difference of the two."""
        return abs(self.difference_quotient - self.slope) / max(abs(self.slope), 1e-300)


def finite_difference(network: ResNet, x: Tensor, target: int, name: str) -> Finite:
    """Try autograd on the weight of this parameter that the loss depends on most.

    Args:
        network: is copied in float64; the copy takes the weights' memory twice.
        x: preprocessed images.
        target: the class.
        name: of a parameter, "layer1.0.conv1.weight".
    """
    twin = copy.deepcopy(network).double()
    weights = twin.get_parameter(name)
    images = x.to(weights.device).double()
    wanted = torch.full((len(x),), target, device=weights.device)

    def loss() -> Tensor:
        return functional.cross_entropy(twin(images), wanted)

    with torch.enable_grad():
        (slope,) = torch.autograd.grad(loss(), weights)
    place = torch.tensor(int(slope.abs().argmax()))
    index = tuple(int(one) for one in torch.unravel_index(place, slope.shape))
    values = weights.detach()
    before = float(values[index])
    step = 1e-6 * max(1.0, abs(before))
    with torch.no_grad():
        values[index] = before + step
        higher = float(loss())
        values[index] = before - step
        lower = float(loss())
    return Finite(name, index, before, step, higher, lower, float(slope[index]))
