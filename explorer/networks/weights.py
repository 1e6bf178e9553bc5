"""Weights from files: read without running anything in them, compared, and only then loaded."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from explorer.architecture import NetworkSpec
from explorer.networks import heads, pickles
from explorer.networks.pickles import MAX_TENSORS
from explorer.networks.reading.collect import Collected, collect
from explorer.networks.reading.container import Contents, NotWeights, contents
from explorer.networks.reading.hostile import is_hostile
from explorer.networks.reading.inert import Odd
from explorer.networks.reading.tensors import Damaged, View
from explorer.networks.resnet import ResNet
from explorer.words import WordedError, label, quoted

SUFFIXES: Final = (".pth", ".pt", ".safetensors", ".ckpt", ".th", ".tar", ".bin", ".pkl", ".pickle")
"""How files of weights are called; what is in them decides, not the name."""
_COUNTER: Final = "num_batches_tracked"
_MOST_SHARED: Final = 2
"""Numbers that names may ask for, for each that there is: a copy may share the network's."""
MEMORY_PER_BYTE: Final = 4
"""Bytes of memory that reading takes for each byte of the file: itself, and copies of it."""
MEMORY_FOR_OBJECTS: Final = 800_000_000
"""Bytes of memory for Python's objects, of which pickles.py bounds the number."""


class WeightsError(WordedError):
    """A file that holds no usable weights, in one sentence for the visitor (words/weights.md)."""

    def __init__(self, title: str, /, **values: Any) -> None:
        super().__init__("weights", title, **values)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.title, self.values)


def _again(title: str, values: dict[str, Any]) -> WeightsError:
    return WeightsError(title, **values)


@dataclass(frozen=True, slots=True)
class Misshapen:
    """A tensor whose shape is not the network's."""

    key: str
    found: tuple[int, ...]
    wanted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """How a state dict differs from what a network holds; all empty if it fits."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    misshapen: tuple[Misshapen, ...]

    @property
    def fits(self) -> bool:
        return not (self.missing or self.unexpected or self.misshapen)

    def __str__(self) -> str:
        counts = {
            "missing": len(self.missing),
            "unexpected": len(self.unexpected),
            "misshapen": len(self.misshapen),
        }
        told = [label(f"differences.{what}", n=n) for what, n in counts.items() if n]
        return label("list.comma").join(told)


def read_tensors(source: bytes | Path, name: str) -> Collected:
    """All tensors of a file of weights, and what else is in it. Nothing in it is executed.

    The file may be of torch.save (of either format), a plain pickle, TorchScript's or safetensors:
    its bytes say which, whatever its name. The tensors are views of it.

    Takes at most MEMORY_PER_BYTE times the file's size, and MEMORY_FOR_OBJECTS beside that.

    Raises:
        WeightsError: the file is of another kind, damaged, asks for more than it holds, or holds
            no ordinary tensors.
    """
    found = _opened(source, name)
    collected = collect(found.root, found.kind == "torchscript")
    collected.kind = found.kind
    _refuse(found, collected, quoted(name))
    return collected


def read_state(source: bytes | Path, name: str) -> dict[str, Tensor]:
    """The tensors of a file by the names that it gives them, without those that all begin with.

    A classifier called `linear` becomes `fc`. See `read_tensors`; networks under any names are
    found by explorer.networks.recognise.
    """
    tensors = read_tensors(source, name).tensors
    shared = 0
    while len(
        {found.path[shared] for found in tensors if len(found.path) > shared + 1}
    ) == 1 and all(len(found.path) > shared + 1 for found in tensors):
        shared += 1
    state = {}
    for found in tensors:
        assert isinstance(found.value, View)  # _refuse let no other pass
        state[".".join(found.path[shared:])] = _filled(found.value, quoted(name))
    if "fc.weight" in state:
        return state
    return {
        f"fc.{key.removeprefix('linear.')}" if key.startswith("linear.") else key: value
        for key, value in state.items()
    }


def differences(spec: NetworkSpec, state: Mapping[str, Tensor]) -> Differences:
    """Compare names and shapes with what the network needs; the values are not looked at."""
    wanted = _shapes(_on_meta(spec, state))
    return Differences(
        tuple(key for key in wanted if key not in state and not key.endswith(_COUNTER)),
        tuple(key for key in state if key not in wanted),
        tuple(
            Misshapen(key, tuple(state[key].shape), shape)
            for key, shape in wanted.items()
            if key in state and tuple(state[key].shape) != shape
        ),
    )


def load(spec: NetworkSpec, state: Mapping[str, Tensor], device: str = "cpu") -> ResNet:
    """A network of its own that holds these weights, in eval mode on `device`.

    It is laid out channels_last, which convolutions on CPUs and GPUs read faster; answers then
    equal torchvision's to rounding, not to the last bit.

    Raises:
        WeightsError: names or shapes differ from the network's, or a tensor is no plain one.
    """
    found = differences(spec, state)
    if not found.fits:
        raise WeightsError("do not fit", differences=str(found))
    network = _on_meta(spec, state)
    values = {}
    for key, shape in _shapes(network).items():
        counter = key.endswith(_COUNTER)
        value = state.get(key, torch.zeros(shape, dtype=torch.long) if counter else None)
        assert value is not None  # differences() missed nothing
        _check_ordinary(key, value)
        # A copy: the file's own storage may be shared, in half precision, or memory-mapped.
        values[key] = value.to(torch.long if counter else torch.float32, copy=True).contiguous()
    network.load_state_dict(values, assign=True)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.requires_grad_(True).eval().to(device)


def _check_ordinary(key: str, value: Tensor) -> None:
    """Raise WeightsError unless the tensor holds each of its numbers, and they are real."""
    kinds = {
        "meta": value.is_meta,
        "nested": value.is_nested,
        "sparse": value.layout not in (torch.strided, torch.jagged),
        "quantised": value.is_quantized,
        "complex": value.is_complex(),
    }
    for kind, found in kinds.items():
        if found:
            raise WeightsError(kind, key=quoted(key))
    if value.untyped_storage().nbytes() < value.numel() * value.element_size():
        raise WeightsError("expanded", key=quoted(key))


def _on_meta(spec: NetworkSpec, state: Mapping[str, Tensor]) -> ResNet:
    """The network without numbers; its classifier has two layers where the state has two."""
    with torch.device("meta"):
        network = ResNet(spec)
    first = state.get(heads.FIRST)
    if first is not None and first.ndim == 2:
        hidden, channels = first.shape
        if channels == network.fc.in_features:
            heads.with_head_of(network, channels, hidden, spec.num_classes)
    return network


def _shapes(network: ResNet) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def _opened(source: bytes | Path, name: str) -> Contents:
    shown = quoted(name)
    try:
        # A pipe would be waited for, and a folder is no file.
        if isinstance(source, Path) and not source.is_file():
            raise WeightsError("no file", name=shown)
        return contents(source if isinstance(source, bytes) else source.read_bytes())
    except OSError:
        raise WeightsError("unreadable", name=shown) from None
    except NotWeights as problem:
        known = Path(name).suffix.lower() in SUFFIXES
        if problem.title == "damaged" and not known:
            raise WeightsError("suffix", name=shown, allowed=", ".join(SUFFIXES)) from None
        raise WeightsError(problem.title, name=shown) from None
    except pickles.TooMuch:
        raise WeightsError("too many", name=shown, most=MAX_TENSORS) from None
    except pickles.NoStateDict:
        raise WeightsError("no state dict", name=shown) from None


def _refuse(found: Contents, collected: Collected, shown: str) -> None:
    """Raise WeightsError unless there are ordinary tensors, and nothing that attacks."""
    hostile = next((asked for asked in found.asked if is_hostile(asked)), None)
    if hostile is not None:
        raise WeightsError("hostile", name=shown, asked=quoted(hostile))
    if len(collected.tensors) > MAX_TENSORS:
        raise WeightsError("too many", name=shown, most=MAX_TENSORS)
    for tensor in collected.tensors:
        kind = tensor.value.kind if isinstance(tensor.value, Odd) else tensor.value.odd
        if kind is not None:
            raise WeightsError(kind, key=quoted(tensor.name))
    if not collected.tensors:
        raise _without_tensors(found.root, collected, shown)
    views = [tensor.value for tensor in collected.tensors if isinstance(tensor.value, View)]
    wanted = sum(math.prod(view.shape) * view.dtype.itemsize for view in views)
    held = {id(view.storage): len(view.storage.data or b"") for view in views}
    # A thousand names for one megabyte would be a gigabyte when they are copied.
    if wanted > _MOST_SHARED * sum(held.values()):
        raise WeightsError("shared", name=shown)


def _without_tensors(root: object, collected: Collected, shown: str) -> WeightsError:
    kind = getattr(root, "name", None) or next(iter(collected.objects), None)
    if collected.objects:
        return WeightsError("code", name=shown, kind=quoted(str(kind)))
    if collected.optimisers:
        return WeightsError("optimiser only", name=shown)
    if kind is not None or collected.things:
        kind = kind or next(iter(collected.things))
        return WeightsError("an object", name=shown, kind=quoted(str(kind)))
    if not isinstance(root, dict):
        return WeightsError("another thing", name=shown, kind=type(root).__name__)
    return WeightsError("no tensors", name=shown)


def _filled(view: View, shown: str) -> Tensor:
    try:
        return view.tensor()
    except Damaged:
        raise WeightsError("cut short", name=shown) from None
