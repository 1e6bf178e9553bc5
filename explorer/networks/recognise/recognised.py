"""A file of weights in, a network out: what it is, where its tensors go, and what was set aside."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any, Final

from torch import Tensor

from explorer.architecture import PRESETS, NetworkSpec
from explorer.architecture.norms import GROUPS
from explorer.networks.reading.collect import Collected, Found
from explorer.networks.reading.tensors import Damaged, View
from explorer.networks.recognise import values
from explorer.networks.recognise.analysis import Analysis
from explorer.networks.recognise.conventions import rounds_up, stride_first
from explorer.networks.recognise.facts import Facts
from explorer.networks.recognise.find import Aside, Network, find
from explorer.networks.recognise.pools import names_place
from explorer.networks.recognise.readings import Reading, readings
from explorer.networks.recognise.state import state_of
from explorer.networks.recognise.structure import Structure
from explorer.networks.recognise.vocabulary import Beyond, spec_of
from explorer.networks.weights import WeightsError, read_tensors
from explorer.words import FieldError, quoted


def alike(one: NetworkSpec, other: NetworkSpec) -> bool:
    """Whether two specs are one network: where a stride sits is no choice of basic blocks, where
    a norm is after a projection none where nothing projects, and what a shortcut reads none where
    the activation comes last."""
    return _plainly(one) == _plainly(other)


def _plainly(spec: NetworkSpec) -> NetworkSpec:
    if spec.block == "basic" or len(spec.depths) == 1:
        spec = replace(spec, stride_on="3x3")
    if not spec.shortcut.startswith("projection") or spec.norm == "none":
        spec = replace(spec, norm_on_projection=True)
    if spec.activation_order == "post":
        spec = replace(spec, stem_norm="where_pooled", final_norm=True)
    if spec.activation_order == "post" or spec.shortcut == "none":
        spec = replace(spec, share_first=True, share_projection=True)
    return spec


_SMALLEST_PROJECTION: Final = 64
_WHITE: Final = 255
_MEANS: Final = ("mean", "mu")
_NORMALISER: Final = re.compile(r"(?<!running_)(?<![a-z])(mean|mu|std|sigma)$")
_PLACE: Final = re.compile(r"\.downsample\.(\d)\.")


@dataclass(frozen=True, eq=False)
class Recognised:
    """A network from a file.

    Attributes:
        spec: the likeliest reading.
        readings: all networks that these tensors fit, the likeliest first.
        tensors: by our networks' names, views of the file where nothing had to be changed.
        names: what the file calls them.
        aside: what is in the file beside the network.
        notes: what was done or found, as headings of recognition.md with their values.
        prefix: the names in front of the network's own.
        head: "classes", "sigmoid" (one output) or "none".
        placed: whether it is known which tensor belongs where; without names and in no order,
            only the network can be told.
        recipe: the mean and deviation of each channel that the file itself holds, or None.
        form: what kind of file it is: "torch", "torchscript", "legacy" or "safetensors".
        stored: the types of its numbers, the commonest first, such as "float32".
    """

    spec: NetworkSpec
    readings: tuple[Reading, ...]
    tensors: Mapping[str, Tensor]
    names: Mapping[str, str]
    aside: tuple[Aside, ...]
    notes: tuple[tuple[str, Mapping[str, Any]], ...]
    prefix: str
    head: str
    extras: tuple[str, ...] = ()
    optimisers: int = 0
    placed: bool = True
    recipe: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    form: str = "torch"
    stored: tuple[str, ...] = ()
    structure: Structure | None = field(default=None, repr=False)
    twin_tensors: Mapping[str, Tensor] | None = field(default=None, repr=False)

    def tensors_of(self, reading: Reading) -> Mapping[str, Tensor]:
        """By the names of that reading's network."""
        found = self.twin_tensors if reading.twin else self.tensors
        assert found is not None
        # An average pool takes the place before the projection.
        moved = reading.spec.avg_down - self.spec.avg_down
        if not moved:
            return found
        return {
            _PLACE.sub(lambda place: f".downsample.{int(place[1]) + moved}.", name): tensor
            for name, tensor in found.items()
        }

    @property
    def preset(self) -> str | None:
        """The named network that it is, classes and image channels aside."""
        for name, entry in PRESETS.items():
            same = replace(
                entry.spec, num_classes=self.spec.num_classes, in_channels=self.spec.in_channels
            )
            if any(alike(same, reading.spec) for reading in self.readings):
                return name
        return None


class Unknown(WeightsError):
    """A file whose tensors are no network that we can say; `analysis` is as far as it goes."""

    analysis: Analysis | None = None


def recognise(source: bytes | Path, name: str) -> Recognised:
    """Say what a file of weights is, whatever its form, names and extras.

    Nothing in the file is executed. It takes at most weights.MEMORY_PER_BYTE times the file's
    size, and weights.MEMORY_FOR_OBJECTS beside that.

    Args:
        source: the file, or where it is.
        name: its name, which is only shown.

    Raises:
        WeightsError: it holds no network that we can say, in one sentence for the visitor.
    """
    collected = read_tensors(source, name)
    return _recognised(find(collected.tensors), collected, name)


def _recognised(network: Network, collected: Collected, name: str) -> Recognised:
    shown = quoted(name)
    analysis = network.taken.analysis
    if analysis.structure is None:
        first = next((layer for layer in analysis.layers if layer.kind == "conv"), None)
        title = "no network" if first is None else "no residual network"
        raise _unknown(title, analysis, name=shown, n=len(collected.tensors), **_first(first))
    structure = analysis.structure
    without = "contrastive" if network.contrastive else "no classes"
    if len(structure.head) > 1 and (network.contrastive or _projects(structure)):
        without = without if network.contrastive else "projection head"
        structure.head = []
    elif _is_beyond(structure, analysis):
        without, structure.head = "long head", []
    try:
        spec = spec_of(analysis)
        state = state_of(structure, spec, without)
    except Beyond as problem:
        raise _unknown(
            problem.title,
            analysis,
            name=shown,
            **_described(structure),
            **_first(problem.layer),
            **problem.values,
        ) from None
    except FieldError as problem:
        raise _unknown("too large", analysis, name=shown, problem=str(problem)) from None
    except Damaged:
        raise WeightsError("cut short", name=shown) from None
    bad = values.first_not_finite(state.tensors)
    if bad is not None:
        raise WeightsError("not finite", name=shown, key=quoted(state.names.get(bad, bad)))
    twin, its_tensors = _twin(analysis)
    notes = [*state.notes, *values.remarks(state.tensors, state.names)]
    classes = spec.num_classes
    head = "none" if not structure.head else "sigmoid" if classes == 1 else "classes"
    twice = _pooled_twice(collected, structure) if without == "no classes" else []
    if twice and not structure.head:
        notes = [note for note in notes if note[0] != without] + twice
    if collected.whole is not None:
        notes.insert(0, ("whole model", {"kind": collected.whole}))
    if spec.norm == "group":
        notes.append(("groups untold", {"groups": GROUPS}))
    facts = Facts(structure, collected)
    spec, twin = facts.with_eps(spec), twin and facts.with_eps(twin)
    fitting = facts.settle(readings(spec, twin, names_place(structure)))
    notes += [(title, {}) for title in _conventions(structure, fitting)]
    return Recognised(
        fitting[0].spec, fitting, state.tensors, state.names, tuple(network.aside), tuple(notes),
        ".".join(network.prefix), head, tuple(collected.extras), collected.optimisers,
        structure.known_order, _recipe(collected.tensors, spec.in_channels), collected.kind,
        _stored(state.tensors), structure, its_tensors,
    )  # fmt: skip


def _conventions(structure: Structure, fitting: Sequence[Reading]) -> list[str]:
    """Notes of what names were taken for."""
    first = stride_first(structure)
    is_open = any(name == "stride_on" for name, _ in fitting[0].open)
    found = [first] if first is not None and is_open else []
    return [*found, *(["pool rounds up"] if rounds_up(structure) else [])]


def _stored(tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    types: Counter[str] = Counter()
    for value in tensors.values():
        types[str(value.dtype).removeprefix("torch.")] += value.numel()
    return tuple(name for name, _ in types.most_common())


def _projects(structure: Structure) -> bool:
    """Whether two linear layers have the shape of a contrastive method's head (SimCLR, MoCo v2,
    SupContrast) and not of a classifier's: square, then to a power of two."""
    first, last = structure.head[0], structure.head[-1]
    out = last.shape[0]
    square = first.shape[0] == structure.out
    return square and out >= _SMALLEST_PROJECTION and out & (out - 1) == 0


def _is_beyond(structure: Structure, analysis: Analysis) -> bool:
    """Whether a head has more than two linear layers, or norms among them: not only these."""
    head = structure.head
    beside = [
        norm
        for norm in analysis.extra
        if norm.kind == "norm"
        and any(len(one.path) > 1 and norm.path[:-1] == one.path[:-1] for one in head)
    ]
    sizes = {structure.out, *(layer.shape[0] for layer in head)}
    return len(head) > 2 or any(norm.channels in sizes for norm in beside)


def _pooled_twice(collected: Collected, structure: Structure) -> list[tuple[str, dict[str, Any]]]:
    """A note where a linear layer reads two numbers for each of the last channels, as fastai's
    head does, which pools by means and by maxima."""
    for tensor in collected.tensors:
        if len(tensor.shape) == 2 and tensor.shape[1] == 2 * structure.out:
            return [("pooled twice", {"name": tensor.name, "channels": structure.out})]
    return []


def _twin(analysis: Analysis) -> tuple[NetworkSpec | None, Mapping[str, Tensor] | None]:
    """The network of the other order of activation and its tensors, where the file fits both."""
    assert analysis.structure is not None
    other = analysis.structure.twin
    if other is None:
        return None, None
    try:
        spec = spec_of(replace(analysis, structure=other))
    except (Beyond, FieldError):
        return None, None
    return spec, state_of(other, spec).tensors


def _unknown(title: str, analysis: Analysis, **told: Any) -> Unknown:
    problem = Unknown(title, **told)
    problem.analysis = analysis
    return problem


def _first(layer: Any) -> dict[str, Any]:
    """The first tensor that does not fit, by its name and shape."""
    if layer is None:
        return {"first": "", "shape": ""}
    part = layer.parts.get("weight") or next(iter(layer.parts.values()))
    return {"first": quoted(part.name), "shape": " x ".join(map(str, part.shape)) or "1"}


def _described(structure: Structure) -> dict[str, Any]:
    return {
        "stages": len(structure.stages),
        "depths": ", ".join(str(len(stage)) for stage in structure.stages),
        "widths": ", ".join(f"{stage[0].out:,}" for stage in structure.stages),
        "block": structure.kind,
    }


def _recipe(
    tensors: Sequence[Found], channels: int
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Mean and deviation of a picture's channels of 0 to 1, where the file holds a normaliser."""
    found: dict[str, tuple[float, ...]] = {}
    for tensor in tensors:
        match = _NORMALISER.search(tensor.path[-1].lower())
        one_each = prod(tensor.shape) == max(tensor.shape, default=0) == channels
        if match and one_each and isinstance(tensor.value, View):
            word = "mean" if match[1] in _MEANS else "std"
            try:
                numbers = tensor.value.tensor().flatten().tolist()
            except Damaged:
                continue
            found.setdefault(word, tuple(map(float, numbers)))
    if len(found) < 2:
        return None
    if max(found["mean"]) > 1:  # of pixels of 0 to 255, as in detectron2
        found = {word: tuple(x / _WHITE for x in numbers) for word, numbers in found.items()}
    if not all(-1 <= x <= 1 for x in found["mean"]):
        return None
    return (found["mean"], found["std"]) if all(0 < x <= 1 for x in found["std"]) else None
