"""Runs a network up to one op and keeps what that op reads and writes: nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explorer.architecture import Blueprint, Op
from explorer.architecture.structure import Block
from explorer.experiments.origin.parts import (
    Array,
    Copied,
    Cut,
    Gate,
    Largest,
    Mean,
    Norm,
    Part,
    Pixel,
    Scaled,
    Sum,
    WindowMean,
    window,
)
from explorer.experiments.origin.places import INPUT, Place, Wanted, op_of
from explorer.experiments.origin.sums import Convolution, Weighted
from explorer.experiments.preprocess import Prepared, Preprocessing, statistics
from explorer.networks import ResNet
from explorer.networks.blocks import ResidualBlock


@dataclass(frozen=True, eq=False)
class Captured:
    """One op for one picture: its inputs and its output, (C, H, W) or (C,), on the CPU."""

    op: Op
    inputs: tuple[Array, ...]
    output: Array

    def place(self, wanted: Wanted) -> Place:
        """The value that is meant; where that is left open, the one with the largest size."""
        output = abs(self.output)
        channel = wanted.channel
        if channel is None:
            per_channel = output.reshape(output.shape[0], -1).max(1)
            channel = int(per_channel.argmax())
        if output.ndim == 1:
            return Place(self.op.path, channel)
        if wanted.row is None or wanted.column is None:
            row, column = divmod(int(output[channel].argmax()), output.shape[2])
            return Place(self.op.path, channel, row, column)
        return Place(self.op.path, channel, wanted.row, wanted.column)


def capture(
    network: ResNet,
    x: Tensor,
    bp: Blueprint,
    path: str,
    maps: Mapping[str, Tensor] | None = None,
) -> Captured:
    """Walk to the op of this path. Tensors before it are let go of.

    The walk begins at the picture, or, where the blocks' outputs are known, at the op's block:
    a step then takes one block's time, not that of all before it.

    Args:
        network: in eval mode; in train mode its running statistics would move.
        x: a preprocessed image, (1, C, H, H).
        bp: of the network at this size.
        path: of an op, or "input".
        maps: path of the stem and of each block -> its output for this image, (C, H, W).

    Raises:
        KeyError: the network has no such op.
    """
    op = op_of(bp, path)
    with torch.inference_mode():
        begun, x, steps = _begin(network, x, bp, path, maps)
        kept = {begun: x} if begun in op.inputs else {}
        output = x
        if path != begun:
            for name, value in steps:
                if name in op.inputs:
                    kept[name] = value
                if name == path:
                    output = value
                    break
        inputs = tuple(_array(kept[name]) for name in op.inputs)
        return Captured(op, inputs, _array(output))


def _begin(
    network: ResNet, x: Tensor, bp: Blueprint, path: str, maps: Mapping[str, Tensor] | None
) -> tuple[str, Tensor, Iterator[tuple[str, Tensor]]]:
    """Where to begin: the op whose output is known, that output, and the steps from there."""
    device = network.fc.weight.device
    part = bp.stem if path == INPUT else bp.block(path)
    if maps is None or part is bp.stem:
        x = x.to(device)
        return INPUT, x, network.walk(x)
    before = bp.parts[bp.parts.index(part) - 1]
    x = maps[before.path][None].to(device)
    return before.ops[-1].path, x, _steps(network, part, x)


def _steps(network: ResNet, part: Block, x: Tensor) -> Iterator[tuple[str, Tensor]]:
    """The walk through one block, or through the head, whose ops follow each other."""
    module = None if part.path == "head" else network.get_submodule(part.path)
    if isinstance(module, ResidualBlock):
        for name, x in module.walk(x):
            yield f"{part.path}.{name}", x
        return
    for op in part.ops:
        x = network.get_submodule(op.path)(x)
        yield op.path, x


def _array(value: Tensor) -> Array:
    found: Array = value[0].cpu().numpy().copy()
    return found


def take_apart(
    network: ResNet,
    found: Captured,
    place: Place,
    picture: tuple[Prepared, Preprocessing] | None = None,
) -> Part:
    """What made this value of the captured op.

    Args:
        network: whose weights are read.
        found: the op, from `capture` at the same picture.
        place: of a value of this op.
        picture: the steps to the tensor, asked for where the value is a pixel's.
    """
    op = found.op
    at = (place.channel, place.row, place.column)
    value = float(found.output[at[: found.output.ndim]])
    common = (op, place, value)
    if op.kind in ("conv", "gate_linear"):
        return _convolution(network, found, common)
    if op.kind in ("batch_norm", "group_norm"):
        return _norm(network, found, common)
    if op.kind == "relu":
        return Cut(*common, float(found.inputs[0][at]))
    if op.kind == "sigmoid":
        return Gate(*common, float(found.inputs[0][at]))
    if op.kind == "scale":
        x, factors = found.inputs
        return Scaled(*common, float(x[at]), float(factors[place.channel, 0, 0]))
    if op.kind == "local_avg_pool":
        under = window(op, place)
        return WindowMean(*common, under, under.read(found.inputs[0][place.channel][None])[0])
    if op.kind == "max_pool":
        place_of_window = window(op, place)
        patch = place_of_window.read(found.inputs[0][place.channel][None], -float("inf"))
        return Largest(*common, place_of_window, patch[0])
    if op.kind == "add":
        main, skip = (float(one[at]) for one in found.inputs)
        return Sum(*common, main, skip)
    if op.kind == "pad":
        return _padded(found, common)
    if op.kind == "avg_pool":
        return Mean(*common, found.inputs[0][place.channel].astype("float64"))
    if op.kind == "flatten":
        return Copied(
            *common, float(found.inputs[0].ravel()[place.channel]), Place(op.inputs[0], at[0])
        )
    if op.kind == "linear":
        weights = _numbers(network.fc.weight[place.channel])
        bias = float(network.fc.bias.detach()[place.channel])
        return Weighted(*common, weights, found.inputs[0].astype("float64"), bias)
    assert op.kind == "input", op.kind
    return _pixel(found, common, picture)


_Common = tuple[Op, Place, float]


def _numbers(tensor: Tensor) -> Array:
    found: Array = tensor.detach().double().cpu().numpy()
    return found


def _convolution(network: ResNet, found: Captured, common: _Common) -> Part:
    op, place, _ = common
    module = network.get_submodule(op.path)
    assert isinstance(module, nn.Conv2d)
    kernel = _numbers(module.weight[place.channel])
    bias = None if module.bias is None else float(module.bias.detach()[place.channel])
    per_group = kernel.shape[0]
    group = place.channel // (op.out_shape[0] // op.groups)
    first = group * per_group
    place_of_window = window(op, place)
    patch = place_of_window.read(found.inputs[0][first : first + per_group])
    return Convolution(*common, place_of_window, patch, kernel, bias, first)


def _norm(network: ResNet, found: Captured, common: _Common) -> Part:
    op, place, _ = common
    module = network.get_submodule(op.path)
    assert isinstance(module, nn.BatchNorm2d | nn.GroupNorm)
    x = float(found.inputs[0][(place.channel, place.row, place.column)])
    if isinstance(module, nn.GroupNorm):
        each = op.in_shape[0] // module.num_groups
        first = place.channel // each * each
        values, of = found.inputs[0][first : first + each].astype("float64"), "group"
        mean, variance = float(values.mean()), float(values.var())
    elif module.training:
        values, of = found.inputs[0][place.channel].astype("float64"), "batch"
        mean, variance = float(values.mean()), float(values.var())
    else:
        of = "running"
        assert module.running_mean is not None and module.running_var is not None
        mean = float(module.running_mean[place.channel])
        variance = float(module.running_var[place.channel])
    gamma = float(module.weight.detach()[place.channel])
    beta = float(module.bias.detach()[place.channel])
    return Norm(*common, x, mean, variance, module.eps, gamma, beta, of)


def _padded(found: Captured, common: _Common) -> Part:
    op, place, _ = common
    channel = place.channel - op.zeros_before
    if not 0 <= channel < op.in_shape[0]:
        return Copied(*common, 0.0, None)
    at = place.row * op.stride, place.column * op.stride
    x = float(found.inputs[0][(channel, *at)])
    return Copied(*common, x, Place(op.inputs[0], channel, *at))


def _pixel(
    found: Captured, common: _Common, picture: tuple[Prepared, Preprocessing] | None
) -> Part:
    assert picture is not None, "a pixel is told by the picture"
    prepared, recipe = picture
    place = common[1]
    channels = found.output.shape[0]
    byte = prepared.cropped.getpixel((place.column, place.row))
    if isinstance(byte, tuple):
        byte = byte[2 - place.channel if recipe.bgr else place.channel]
    assert isinstance(byte, int)
    mean, std = statistics(recipe, channels)
    at = place.channel
    return Pixel(*common, byte, float(mean.flatten()[at]), float(std.flatten()[at]))
