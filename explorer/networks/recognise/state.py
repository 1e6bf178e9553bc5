"""A structure's tensors under the names of our networks, and what was done on the way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from explorer.architecture import NetworkSpec
from explorer.networks.recognise.modules import Layer, folded_mean
from explorer.networks.recognise.standardised import (
    STANDARDISED,
    far_from_chance,
    folded,
    is_named,
)
from explorer.networks.recognise.structure import Structure
from explorer.networks.recognise.vocabulary import unfolded


@dataclass(eq=False)
class State:
    """Tensors by our names, the file's names of them, and notes: headings of recognition.md."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def state_of(structure: Structure, spec: NetworkSpec, without: str = "no classes") -> State:
    """All tensors that the network needs; they are views of the file where nothing was done.

    Args:
        without: the note that says why there is no classifier, where there is none.

    Raises:
        Damaged: a tensor reaches beyond the file.
    """
    made = State()
    free = unfolded(structure)
    biased: list[str] = []
    masked = 0
    followers = _followers(structure)
    standard = _standardised(made, structure, spec)
    for key, layer in _convolutions(structure, spec):
        _put(made, f"{key}.weight", layer, "weight")
        if standard:
            made.tensors[f"{key}.weight"] = folded(made.tensors[f"{key}.weight"])
        masked += "weight_mask" in layer.parts
        bias = layer.tensor("bias")
        if spec.conv_bias:
            kept = bias if bias is not None else torch.zeros(layer.shape[0])
            made.tensors[f"{key}.bias"] = kept
        elif bias is not None and layer not in free:
            biased.append(layer.name)
    for key, norm in _norms(structure, spec):
        _put_norm(made, key, norm, spec.norm == "batch")
        before = followers.get(id(norm))
        bias = before.tensor("bias") if before is not None else None
        if bias is not None and not spec.conv_bias and spec.norm == "batch":
            mean = made.tensors[f"{key}.running_mean"]
            made.tensors[f"{key}.running_mean"] = folded_mean(mean, bias)
    for path, block in _blocks(structure):
        if block.gate is not None:
            _put_gate(made, f"{path}.se.fc1", block.gate.squeeze)
            _put_gate(made, f"{path}.se.fc2", block.gate.excite)
    _put_head(made, structure, spec, without)
    if biased:
        made.notes.append(("bias folded", {"n": len(biased), "name": biased[0]}))
    if masked:
        made.notes.append(("masks", {"n": masked}))
    return made


def _standardised(made: State, structure: Structure, spec: NetworkSpec) -> bool:
    """Whether kernels are standardised before they convolve; says so. Batch norm would show it in
    what it remembers, and is nearly never beside it."""
    if spec.norm != "group" or not structure.known_order:
        return False
    far = far_from_chance(structure.convolutions)
    if is_named(structure.convolutions):
        made.notes.append(("standardised, as named", {}))
    elif far < STANDARDISED:
        made.notes.append(("standardised", {"far": far}))
    else:
        return False
    if spec.stem_shape.pools and spec.bare_stem:
        made.notes.append(("pool of zeros", {}))
    return True


def _followers(structure: Structure) -> dict[int, Layer]:
    """Norm -> the convolution whose output it takes at once."""
    pairs = list(zip(structure.stem_norms, structure.stem, strict=False))
    for block in structure.blocks:
        if structure.pre:
            pairs += zip(block.norms[1:], block.convolutions, strict=False)
        else:
            pairs += zip(block.norms, block.convolutions, strict=True) if block.norms else ()
        if block.projection is not None and block.projection_norm is not None:
            pairs.append((block.projection_norm, block.projection))
    return {id(norm): layer for norm, layer in pairs}


def _convolutions(structure: Structure, spec: NetworkSpec) -> Iterator[tuple[str, Layer]]:
    for index, layer in enumerate(structure.stem):
        yield f"conv1.{3 * index}" if len(structure.stem) > 1 else "conv1", layer
    for path, block in _blocks(structure):
        for number, layer in enumerate(block.convolutions, 1):
            yield f"{path}.conv{number}", layer
        if block.projection is not None:
            yield f"{path}.downsample.{int(spec.avg_down)}", block.projection


def _norms(structure: Structure, spec: NetworkSpec) -> Iterator[tuple[str, Layer]]:
    for index, norm in enumerate(structure.stem_norms):
        last = index + 1 == len(structure.stem)
        yield "bn1" if last else f"conv1.{3 * index + 1}", norm
    for path, block in _blocks(structure):
        for number, norm in enumerate(block.norms, 1):
            yield f"{path}.bn{number}", norm
        if block.projection_norm is not None:
            yield f"{path}.downsample.{1 + spec.avg_down}", block.projection_norm
    if structure.final_norm is not None:
        yield "final_bn", structure.final_norm


def _blocks(structure: Structure) -> Iterator[tuple[str, Any]]:
    for number, stage in enumerate(structure.stages, 1):
        for index, block in enumerate(stage):
            yield f"layer{number}.{index}", block


def _put(made: State, key: str, layer: Layer, role: str) -> None:
    value = layer.tensor(role)
    assert value is not None
    made.tensors[key], made.names[key] = value, layer.parts[role].name


def _put_gate(made: State, key: str, layer: Layer) -> None:
    _put(made, f"{key}.weight", layer, "weight")
    made.tensors[f"{key}.weight"] = made.tensors[f"{key}.weight"].reshape(*layer.shape[:2], 1, 1)
    bias = layer.tensor("bias")
    made.tensors[f"{key}.bias"] = bias if bias is not None else torch.zeros(layer.shape[0])


def _put_norm(made: State, key: str, norm: Layer, counted: bool) -> None:
    usual = {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}
    roles = [("weight", "weight"), ("bias", "bias")]
    if counted:
        roles += [("mean", "running_mean"), ("var", "running_var")]
    for role, name in roles:
        value = norm.tensor(role)
        if value is None:
            value = torch.full((norm.channels,), usual[name])
        else:
            made.names[f"{key}.{name}"] = norm.parts[role].name
        made.tensors[f"{key}.{name}"] = value


def _put_head(made: State, structure: Structure, spec: NetworkSpec, without: str) -> None:
    head = structure.head
    if not head:
        made.tensors["fc.weight"] = torch.zeros(spec.num_classes, structure.out)
        made.tensors["fc.bias"] = torch.zeros(spec.num_classes)
        made.notes.append((without, {}))
        return
    last = head[-1]
    names = ["fc"] if len(head) == 1 else ["fc.first", "fc"]
    for key, layer in zip(names, head, strict=True):
        _put(made, f"{key}.weight", layer, "weight")
        made.tensors[f"{key}.weight"] = made.tensors[f"{key}.weight"].flatten(1)
        bias = layer.tensor("bias")
        made.tensors[f"{key}.bias"] = bias if bias is not None else torch.zeros(layer.shape[0])
        if bias is None:
            made.notes.append(("no bias", {"name": layer.name}))
        else:
            made.names[f"{key}.bias"] = layer.parts["bias"].name
    if len(head) > 1:
        made.notes.append(("two linears", {"hidden": head[0].shape[0], "classes": last.shape[0]}))
    if last.shape[0] == 1:
        made.notes.append(("one output", {}))
