"""Engines that need nothing but torch: a network's answer, quicker than its walk.

They show no op in between: whatever looks inside a network uses the network itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn

from explorer.networks.engines.tape import Step, Tape, fold, record
from explorer.networks.resnet import ResNet
from explorer.networks.stopping import between_ops

Op = Callable[..., Tensor]

_LAST: Final = torch.channels_last
_REORDER: Final = "_reorder_convolution_weight"
_NEEDED: Final = ("_convolution_pointwise", "_convolution_pointwise_", _REORDER)


class Walk:
    """The network itself, as it is."""

    id: Final = "eager"

    def __init__(self, network: ResNet) -> None:
        self.network = network

    def __call__(self, x: Tensor) -> Tensor:
        """Logits, (N, K), of preprocessed images, (N, C, H, W), on the CPU."""
        with torch.inference_mode():
            return self.network(x)


class Stepwise:
    """Runs a network step by step, channels last; a value is freed after its last use.

    Args:
        network: in eval mode, on the CPU.
        folds: batch norms become part of the convolutions before them.
        dtype: of convolutions and the linear layer; norms stay in float32.
    """

    def __init__(
        self, network: ResNet, folds: bool = False, dtype: torch.dtype = torch.float32
    ) -> None:
        tape = fold(record(network)) if folds else record(network)
        self.id = "folded" if folds else "channels_last"
        if dtype is not torch.float32:
            self.id = "bfloat16"
        self._dtype = dtype
        self._ops = [_plain(step, dtype) for step in tape.steps]
        self._tape = tape.without_layers()

    def __call__(self, x: Tensor) -> Tensor:
        """Logits, (N, K), of preprocessed images, (N, C, H, W), on the CPU."""
        with torch.inference_mode():
            x = x.to(self._dtype).contiguous(memory_format=_LAST)
            return _run(self._tape, self._ops, x).float()


class Fused:
    """Batch norm, addition and ReLU inside the convolution before them, by oneDNN.

    These are the operators with which torch's own compiler runs convolutions on the CPU. Weights
    are brought once into the order that suits them at the given size: one pass is run for it.
    Other sizes give the same answers, though perhaps not as soon.

    Args:
        network: in eval mode, on the CPU.
        shape: of the batches to come, (N, C, H, W).

    Raises:
        RuntimeError: this torch has no such operators, see `can_fuse`.
    """

    id: Final = "fused"

    def __init__(self, network: ResNet, shape: tuple[int, ...]) -> None:
        if not can_fuse():
            raise RuntimeError("torch has no fused convolutions here")
        self._tape, self._ops = _fused(fold(record(network)))
        self(torch.zeros(shape))

    def __call__(self, x: Tensor) -> Tensor:
        """Logits, (N, K), of preprocessed images, (N, C, H, W), on the CPU."""
        with torch.inference_mode():
            return _run(self._tape, self._ops, x.contiguous(memory_format=_LAST))


def can_fuse() -> bool:
    """Whether this torch brings oneDNN's fused convolutions."""
    return torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name) for name in _NEEDED
    )


def _run(tape: Tape, ops: list[Op], x: Tensor) -> Tensor:
    values, last = {0: x}, tape.last_uses()
    for index, (step, op) in enumerate(zip(tape.steps, ops, strict=True)):
        x = op(*(values[value] for value in step.inputs))
        for value in set(step.inputs):
            if last[value] == index:
                del values[value]
        values[step.output] = x
        between_ops()
    return x


def _plain(step: Step, dtype: torch.dtype = torch.float32) -> Op:
    if step.layer is None:
        return torch.add if step.kind == "add" else torch.mul
    if isinstance(step.layer, nn.Conv2d | nn.Linear):
        layer = copy.deepcopy(step.layer).requires_grad_(False).to(dtype)
        if isinstance(layer, nn.Conv2d):
            layer.weight.data = layer.weight.data.contiguous(memory_format=_LAST)
        return layer
    return step.layer


def _fused(tape: Tape) -> tuple[Tape, list[Op]]:
    """The tape without the steps that convolutions do on their way, and what runs its steps."""
    readers, last = tape.readers(), tape.last_uses()
    place = {step.output: index for index, step in enumerate(tape.steps)}
    steps: list[Step] = []
    ops: list[Op] = []
    done: set[int] = set()

    def only_reader(value: int, kind: str) -> Step | None:
        found = readers.get(value, [])
        return found[0] if len(found) == 1 and found[0].kind == kind else None

    def can_be_written_over(other: int, by: Step, at: Step) -> bool:
        """Whether it is there when `by` runs, and nobody wants it after `at`."""
        return (
            0 < other != by.output
            and place[other] < place[by.output]
            and last[other] == place[at.output]
            and other not in by.inputs
        )

    for step in tape.steps:
        if step.output in done:
            continue
        if not isinstance(step.layer, nn.Conv2d):
            steps.append(step)
            ops.append(_plain(step))
            continue
        end, inputs = step, step.inputs
        addition = only_reader(step.output, "add")
        if addition is not None:
            other = sum(addition.inputs) - step.output
            if can_be_written_over(other, step, addition):
                end, inputs = addition, (*step.inputs, other)
                done.add(addition.output)
        relu = only_reader(end.output, "relu")
        if relu is not None:
            end = relu
            done.add(relu.output)
        steps.append(Step("fused", inputs, end.output, step.layer))
        ops.append(_Convolution(step.layer, relu is not None))
    return Tape(tuple(steps)).without_layers(), ops


class _Convolution:
    """A convolution; with a second value, which is written over, their sum; then perhaps ReLU."""

    def __init__(self, layer: nn.Conv2d, relu: bool) -> None:
        self._how = (layer.padding, layer.stride, layer.dilation, layer.groups)
        self._weight, self._bias = layer.weight.detach(), layer.bias
        self._after = "relu" if relu else None

    def __call__(self, x: Tensor, onto: Tensor | None = None) -> Tensor:
        if not self._weight.is_mkldnn:  # at the first pass
            reorder = getattr(torch.ops.mkldnn, _REORDER)
            self._weight = reorder(self._weight, *self._how, x.shape)
        given = (x, self._weight, self._bias, *self._how)
        found: Tensor
        if onto is None:
            after = self._after or "none"
            found = torch.ops.mkldnn._convolution_pointwise(*given, after, [], "")
        else:
            add = torch.ops.mkldnn._convolution_pointwise_.binary
            found = add(onto, *given, "add", 1.0, self._after, [], "")
        return found
