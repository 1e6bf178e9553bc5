"""A network as a list of steps: its walk, recorded; and batch norms folded into convolutions.

What runs a network for its answer alone (explorer.networks.engines) is made from this list, so
that `ResNet.walk` stays the only place that says which op follows which.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Final, Self

import torch
from torch import Tensor, nn

from explorer.networks.blocks import ZeroPadding
from explorer.networks.heads import TwoLinears
from explorer.networks.resnet import ResNet

Layer = nn.Module | None
"""What holds a step's settings and weights; None of an addition or multiplication."""

_KINDS: Final[dict[type[nn.Module], str]] = {
    nn.Conv2d: "convolution",
    nn.BatchNorm2d: "batch_norm",
    nn.GroupNorm: "group_norm",
    nn.ReLU: "relu",
    nn.Sigmoid: "sigmoid",
    nn.MaxPool2d: "max_pool",
    nn.AvgPool2d: "mean_pool",
    nn.AdaptiveAvgPool2d: "mean",
    nn.Flatten: "flatten",
    nn.Linear: "linear",
    ZeroPadding: "zero_padding",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One op: reads values by their numbers and writes the value `output`.

    Value 0 is the batch of images. `kind` is one of _KINDS, "add" or "multiply".
    """

    kind: str
    inputs: tuple[int, ...]
    output: int
    layer: Layer = None


@dataclass(frozen=True, slots=True)
class Tape:
    """All steps in order; the last one writes the logits, (N, K)."""

    steps: tuple[Step, ...]

    def without_layers(self) -> Tape:
        """The same steps, which keep no weights alive."""
        return Tape(tuple(replace(step, layer=None) for step in self.steps))

    def last_uses(self) -> dict[int, int]:
        """Value -> the index of the step that reads it last."""
        return {value: index for index, step in enumerate(self.steps) for value in step.inputs}

    def readers(self) -> dict[int, list[Step]]:
        """Value -> the steps that read it; none of the logits."""
        found: dict[int, list[Step]] = {}
        for step in self.steps:
            for value in dict.fromkeys(step.inputs):
                found.setdefault(value, []).append(step)
        return found


def record(network: ResNet) -> Tape:
    """The steps of the network's walk. Its layers are shared, not copied, and nothing is run.

    Raises:
        TypeError: a layer of a kind that no step has.
    """
    tape: list[Step] = []
    twin = _twin(network, tape)
    assert isinstance(twin, ResNet)
    for _ in twin.walk(_Value(tape, 0)):  # type: ignore[arg-type]
        pass
    return Tape(tuple(tape))


def fold(tape: Tape) -> Tape:
    """The tape without the batch norms that follow a convolution: its weights do their work.

    In eval mode batch norm is y = (x - mean) / sqrt(var + eps) * gamma + beta with constants, so
    a convolution's weights times gamma / sqrt(var + eps), and a bias, write y at once. What else
    reads the convolution's output keeps it from being folded.
    """
    readers = tape.readers()
    made_by = {step.output: step for step in tape.steps}
    folded: dict[int, Step] = {}
    gone: set[int] = set()
    for step in tape.steps:
        before = made_by.get(step.inputs[0])
        alone = len(readers[step.inputs[0]]) == 1
        if step.kind == "batch_norm" and before and before.kind == "convolution" and alone:
            layer = _folded(before.layer, step.layer)
            folded[step.output] = replace(before, output=step.output, layer=layer)
            gone.add(before.output)
    return Tape(
        tuple(folded.get(step.output, step) for step in tape.steps if step.output not in gone)
    )


def _folded(convolution: Layer, norm: Layer) -> nn.Conv2d:
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    with torch.no_grad():
        scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
        shift = norm.bias.double() - norm.running_mean.double() * scale
        if convolution.bias is not None:
            shift += convolution.bias.double() * scale
        # Factors are counted in float64, products not: they would take longer than a pass.
        weight = convolution.weight
        folded = copy.copy(convolution)
        # A shallow copy shares its dict of parameters.
        folded._parameters = {
            "weight": _frozen(weight * scale.to(weight.dtype).view(-1, 1, 1, 1)),
            "bias": _frozen(shift.to(weight.dtype)),
        }
    return folded


def _frozen(values: Tensor) -> nn.Parameter:
    return nn.Parameter(values, requires_grad=False)


class _Value:
    """Stands for a tensor while a walk is recorded."""

    def __init__(self, tape: list[Step], number: int) -> None:
        self.tape, self.number = tape, number

    def then(self, kind: str, layer: Layer, *others: Self) -> _Value:
        inputs = (self.number, *(other.number for other in others))
        output = len(self.tape) + 1
        self.tape.append(Step(kind, inputs, output, layer))
        return _Value(self.tape, output)

    def __add__(self, other: Self) -> _Value:
        return self.then("add", None, other)

    def __mul__(self, other: Self) -> _Value:
        return self.then("multiply", None, other)


class _Recorder(nn.Module):
    """Takes a layer's place in a walk and writes down that it was called."""

    def __init__(self, kind: str, layer: nn.Module) -> None:
        super().__init__()
        self.kind = kind
        # In a tuple, so that it is no submodule.
        self.layer = (layer,)

    def forward(self, value: _Value) -> _Value:
        return value.then(self.kind, self.layer[0])


def _in_a_row(head: TwoLinears) -> nn.Sequential:
    """A classifier of two layers as the three ops that it is; its weights are shared."""
    with torch.device("meta"):
        last = nn.Linear(head.in_features, head.out_features)
    last.weight, last.bias = head.weight, head.bias
    return nn.Sequential(head.first, nn.ReLU(), last)


def _twin(module: nn.Module, tape: list[Step]) -> nn.Module:
    """The module with a recorder in each layer's place."""
    if isinstance(module, TwoLinears):
        module = _in_a_row(module)
    kind = _KINDS.get(type(module))
    if kind is not None:
        return _Recorder(kind, module)
    children = dict(module.named_children())
    if not children and not isinstance(module, nn.Identity):
        raise TypeError(f"no step for {type(module).__name__}")
    twin = copy.copy(module)
    twin._modules = {name: _twin(child, tape) for name, child in children.items()}
    return twin
