"""Tensors -> convolutions, normalisations and linear layers, by their shapes.

Names are hints: a last word such as `running_mean` says which of a layer's vectors it is. Where
the words are unknown, the order decides: a layer's tensors follow one another in every framework.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import torch
from torch import Tensor

from explorer.networks.reading.collect import Found
from explorer.networks.reading.tensors import View

_LEAF: Final = re.compile(
    r"^(?P<layer>.*?)[._/]{0,2}(?P<leaf>"
    r"num_batches_tracked|running_mean|running_var|moving_mean|moving_variance|moving_var"
    r"|weight_orig|weight_mask|weight_g|weight_v|weights?|bias(?:es)?|gamma|beta|kernel|scale"
    r"|offset|mean|variance|var|std|(?<=[._/])[wbsg])(?::0)?$",
    re.IGNORECASE,
)
_PROFILED: Final = re.compile(r"(^|[._/])total_(ops|params)$")
_MEAN: Final = ("running_mean", "moving_mean", "mean")
_VARIANCE: Final = ("running_var", "moving_var", "moving_variance", "var", "variance")
_SCALE: Final = ("weight", "weights", "gamma", "scale", "s", "g", "w", "weight_orig")
_SHIFT: Final = ("bias", "biases", "beta", "offset", "b")
_KERNELS: Final = (1, 3, 5, 7)


@dataclass(eq=False)
class Layer:
    """A layer: `kind` is "conv", "norm" or "linear"; each tensor by its role."""

    name: str
    kind: str
    place: int
    parts: dict[str, Found] = field(default_factory=dict)
    by_column: bool = False
    """Kernels as (height, width, in, out), or a linear's weight as (in, out)."""

    @cached_property
    def path(self) -> tuple[str, ...]:
        """Its name's steps."""
        return tuple(self.name.split("."))

    @property
    def shape(self) -> tuple[int, ...]:
        """A convolution's (out, in of each group, kernel, kernel); a linear's (out, in); (C,)."""
        part = self.parts.get("weight") or next(iter(self.parts.values()))
        shape = part.shape
        if self.by_column and len(shape) == 4:
            return (shape[3], shape[2], shape[0], shape[1])
        return tuple(reversed(shape)) if self.by_column else shape

    @property
    def channels(self) -> int:
        """Of a normalisation."""
        return self.shape[0]

    @property
    def counted(self) -> bool:
        """Whether a normalisation holds statistics."""
        return "mean" in self.parts and "var" in self.parts

    def tensor(self, role: str) -> Tensor | None:
        """A part's numbers, laid out as torch has them, masked where it was pruned."""
        part = self.parts.get(role)
        if part is None or not isinstance(part.value, View):
            return None
        value = part.value.tensor()
        mask = self.parts.get(f"{role}_mask")
        if mask is not None and isinstance(mask.value, View):
            value = value * mask.value.tensor().to(value.dtype)
        if role == "weight" and self.by_column:
            value = value.permute(3, 2, 0, 1) if value.ndim == 4 else value.t()
        return value.flatten() if self.kind == "norm" else value


@dataclass
class Layers:
    """All layers in the file's order; `left` are tensors that are no part of any."""

    found: list[Layer]
    left: list[Found]


def layers(tensors: Sequence[Found]) -> Layers:
    """Group tensors into layers, by the words at the end of their names, or by their order."""
    by_word = _by_word(tensors)
    return by_word if by_word is not None else _by_order(tensors)


def is_counter(found: Found) -> bool:
    """Whether it only counts, as batch norm's `num_batches_tracked` and what thop leaves."""
    value = found.value
    if _PROFILED.search(found.name):
        return True
    whole = isinstance(value, View) and not value.dtype.is_floating_point
    return whole and math.prod(found.shape) == 1


def _by_word(tensors: Sequence[Found]) -> Layers | None:
    groups: dict[str, dict[str, Found]] = {}
    left: list[Found] = []
    unknown = 0
    for tensor in tensors:
        match = _LEAF.match(tensor.name)
        if match is None and len(tensor.shape) in (2, 4) and max(tensor.shape) > 1:
            # A program without modules calls a convolution's tensor by the convolution's name.
            unknown += 1
            groups.setdefault(tensor.name, {})["weight"] = tensor
            continue
        if match is None:
            unknown += not is_counter(tensor)
            left.append(tensor)
            continue
        groups.setdefault(match["layer"], {})[match["leaf"].lower()] = tensor
    if unknown > len(tensors) // 4:
        return None
    made = []
    for name, group in groups.items():
        layer = _of_group(name, group)
        if layer is None:
            left += group.values()
        else:
            used = {id(part) for part in layer.parts.values()}
            left += [part for part in group.values() if id(part) not in used]
            made.append(layer)
    made.sort(key=lambda layer: layer.place)
    return Layers(_oriented(made), left)


def _of_group(name: str, group: dict[str, Found]) -> Layer | None:
    """One layer of the tensors that share all but the last word."""
    main = next((group[word] for word in (*_SCALE, "kernel") if word in group), None)
    place = min(found.place for found in group.values())
    if main is not None and len(main.shape) in (2, 4) and max(main.shape) > 1:
        if len(main.shape) == 4 and _is_norm_like(main.shape):
            return None
        kind = "conv" if len(main.shape) == 4 else "linear"
        layer = Layer(name, kind, place, {"weight": main})
        if "weight_mask" in group and group["weight_mask"].shape == main.shape:
            layer.parts["weight_mask"] = group["weight_mask"]
        bias = _first(group, _SHIFT)
        if bias is not None and len(bias.shape) == 1:
            layer.parts["bias"] = bias
        return layer
    wanted = {"weight": _SCALE, "bias": _SHIFT, "mean": _MEAN, "var": _VARIANCE}
    parts = {role: found for role, words in wanted.items() if (found := _first(group, words))}
    sizes = {math.prod(part.shape) for part in parts.values()}
    if len(parts) < 2 or len(sizes) != 1 or any(len(part.shape) != 1 for part in parts.values()):
        return None
    return Layer(name, "norm", place, parts)


def _first(group: dict[str, Found], words: Sequence[str]) -> Found | None:
    return next((group[word] for word in words if word in group), None)


def _is_norm_like(shape: tuple[int, ...]) -> bool:
    """(1, 3, 1, 1): a mean or deviation for each channel of a picture."""
    return shape[0] == shape[2] == shape[3] == 1 and shape[1] <= 4


def _by_order(tensors: Sequence[Found]) -> Layers:
    """Layers whose tensors follow one another: a weight, then vectors of as many channels."""
    made: list[Layer] = []
    left: list[Found] = []
    run: list[Found] = []
    # Where no vector can be a variance, norms have two vectors and not four.
    each = 4 if _fours(tensors) else 2

    def close() -> None:
        _norms(run, made, left, each)
        run.clear()

    for tensor in tensors:
        shape = tensor.shape
        if is_counter(tensor):
            close()
            left.append(tensor)
        elif len(shape) in (2, 4) and not (len(shape) == 4 and _is_norm_like(shape)):
            close()
            kind = "conv" if len(shape) == 4 else "linear"
            made.append(Layer(tensor.name, kind, tensor.place, {"weight": tensor}))
        elif len(shape) == 1:
            if run and run[0].shape != shape:
                close()
            run.append(tensor)
        else:
            close()
            left.append(tensor)
    close()
    return Layers(_oriented(made), left)


def _fours(tensors: Sequence[Found]) -> bool:
    vectors = sum(len(tensor.shape) == 1 and tensor.shape[0] > 1 for tensor in tensors)
    weights = sum(len(tensor.shape) == 4 for tensor in tensors)
    return vectors > 3 * weights


def _norms(run: list[Found], made: list[Layer], left: list[Found], each: int) -> None:
    """Vectors of one length in a row: perhaps a bias, then norms of `each` vectors."""
    rest = list(run)
    before = made[-1] if made else None
    takes = before is not None and before.kind in ("conv", "linear") and "bias" not in before.parts
    odd = len(rest) % each == 1
    if takes and before is not None and odd and rest[0].shape[0] in before.shape:
        before.parts["bias"] = rest.pop(0)
    roles = ("weight", "bias", "mean", "var")[:each]
    while len(rest) >= each:
        group, rest = rest[:each], rest[each:]
        made.append(
            Layer(group[0].name, "norm", group[0].place, dict(zip(roles, group, strict=True)))
        )
    left += rest


def _oriented(made: list[Layer]) -> list[Layer]:
    """Kernels are (out, in, height, width) in torch and MXNet, (height, width, in, out) in
    TensorFlow; the whole file tells which."""
    convolutions = [layer for layer in made if layer.kind == "conv"]
    shapes = [layer.shape for layer in convolutions]
    ours = all(shape[2] == shape[3] and shape[2] in _KERNELS for shape in shapes)
    theirs = all(shape[0] == shape[1] and shape[0] in _KERNELS for shape in shapes)
    for layer in made:
        if shapes and theirs and not ours:
            layer.by_column = layer.kind in ("conv", "linear")
    return made


def folded_mean(mean: Tensor, bias: Tensor) -> Tensor:
    """A convolution's bias only moves the mean that the batch norm behind it subtracts."""
    return mean.to(torch.float32) - bias.to(torch.float32)
