"""Weights from files: read without running anything in them, compared, and only then loaded."""

import io
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from explorer.architecture import NetworkSpec
from explorer.networks import pickles
from explorer.networks.pickles import MAX_TENSORS
from explorer.networks.resnet import ResNet
from explorer.words import WordedError, label, quoted

SUFFIXES: Final = (".pth", ".pt", ".safetensors")
_WRAPPERS: Final = ("state_dict", "model_state_dict", "model", "network", "net", "module")
_PREFIXES: Final = ("module.", "_orig_mod.", "model.", "network.", "net.", "backbone.", "resnet.")
_MAGIC: Final = (b"PK\x03\x04", b"\x80")
"""How files of torch.save begin: a ZIP archive, or a pickle of protocol 2 or later."""
_COUNTER: Final = "num_batches_tracked"
_MOST_WRAPPERS: Final = 8
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


def read_state(source: bytes | Path, name: str) -> dict[str, Tensor]:
    """The tensors of a .pth, .pt or .safetensors file, by torchvision's names where possible.

    Pickled files are read with `weights_only`: nothing in them is executed. Wrappers such as
    {"state_dict": ...} are opened, prefixes such as `module.` are taken off, and a classifier
    called `linear` becomes `fc`.

    Takes at most MEMORY_PER_BYTE times the file's size, and MEMORY_FOR_OBJECTS beside that.

    Raises:
        WeightsError: the file is of another kind, damaged, asks for more than it holds, or holds
            more than ordinary tensors.
    """
    if Path(name).suffix.lower() not in SUFFIXES:
        raise WeightsError("suffix", name=quoted(name), allowed=", ".join(SUFFIXES))
    try:
        # A pipe would be waited for, and a folder is no file.
        if isinstance(source, Path) and not source.is_file():
            raise WeightsError("no file", name=quoted(name))
        safe = name.lower().endswith(".safetensors")
        found = _read_safetensors(source, name) if safe else _read_pickle(source, name)
    except OSError:
        raise WeightsError("unreadable", name=quoted(name)) from None
    state = _unwrapped(found, name)
    if len(state) > MAX_TENSORS:
        raise WeightsError("too many", name=quoted(name), most=MAX_TENSORS)
    for key, value in state.items():
        _check_ordinary(key, value)
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if sum(value.numel() * value.element_size() for value in state.values()) > size:
        raise WeightsError("shared", name=quoted(name))
    return _renamed(state)


def differences(spec: NetworkSpec, state: Mapping[str, Tensor]) -> Differences:
    """Compare names and shapes with what the network needs; the values are not looked at."""
    wanted = _shapes(spec)
    return Differences(
        tuple(key for key in wanted if key not in state and not key.endswith(_COUNTER)),
        tuple(key for key in state if key not in wanted),
        tuple(
            Misshapen(key, tuple(state[key].shape), shape)
            for key, shape in wanted.items()
            if key in state and tuple(state[key].shape) != shape
        ),
    )


def with_classes_of(spec: NetworkSpec, state: Mapping[str, Tensor]) -> NetworkSpec:
    """The spec with as many classes as the file's classifier has, where it has one.

    Raises:
        ValueError: the file's number of classes is beyond what a spec allows.
    """
    weight = state.get("fc.weight")
    if weight is None or weight.ndim != 2:
        return spec
    return replace(spec, num_classes=int(weight.shape[0]))


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
    with torch.device("meta"):
        network = ResNet(spec)
    values = {}
    for key, shape in _shapes(spec).items():
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


def _shapes(spec: NetworkSpec) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        return {key: tuple(value.shape) for key, value in ResNet(spec).state_dict().items()}


def _read_safetensors(source: bytes | Path, name: str) -> dict[str, Tensor]:
    data = source if isinstance(source, bytes) else source.read_bytes()
    # The file begins with the length of its table, in which each tensor has a dtype.
    table = data[8 : 8 + int.from_bytes(data[:8], "little")]
    if table.count(b'"dtype"') > MAX_TENSORS:
        raise WeightsError("too many", name=quoted(name), most=MAX_TENSORS)
    try:
        return load_safetensors(data)
    except (SafetensorError, ValueError, KeyError):
        raise WeightsError("damaged safetensors", name=quoted(name)) from None


def _read_pickle(source: bytes | Path, name: str) -> Any:
    _refuse_compressed(source, name)
    if not _start(source).startswith(_MAGIC):
        raise WeightsError("damaged", name=quoted(name))
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            pickles.check(file)
            file.seek(0)
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickles.TooMuch:
        raise WeightsError("too many", name=quoted(name), most=MAX_TENSORS) from None
    except pickles.NoStateDict:
        raise WeightsError("no state dict", name=quoted(name)) from None
    except pickle.UnpicklingError as error:
        code = "weights_only" in str(error).lower() or "Unsupported" in str(error)
        raise WeightsError("code" if code else "damaged", name=quoted(name)) from None
    except Exception:  # whatever the reader stumbles over, the file is the reason
        raise WeightsError("damaged", name=quoted(name)) from None


def _start(source: bytes | Path) -> bytes:
    if isinstance(source, bytes):
        return source[:4]
    with source.open("rb") as file:
        return file.read(4)


def _refuse_compressed(source: bytes | Path, name: str) -> None:
    """torch stores its archives uncompressed; a compressed one may unfold to any size."""
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    if not zipfile.is_zipfile(file):
        return
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    try:
        with zipfile.ZipFile(file) as archive:
            unfolded = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise WeightsError("damaged", name=quoted(name)) from None
    if unfolded > size:
        raise WeightsError("compressed", name=quoted(name))


def _unwrapped(found: Any, name: str) -> dict[str, Tensor]:
    for _ in range(_MOST_WRAPPERS):
        if not isinstance(found, Mapping):
            raise WeightsError("another thing", name=quoted(name), kind=type(found).__name__)
        inner = next((found[key] for key in _WRAPPERS if isinstance(found.get(key), Mapping)), None)
        if inner is None:
            break
        found = inner
    else:  # a wrapper can hold itself
        raise WeightsError("no state dict", name=quoted(name))
    state = {
        key: value
        for key, value in found.items()
        if isinstance(key, str) and isinstance(value, Tensor)
    }
    if not state:
        raise WeightsError("no tensors", name=quoted(name))
    return state


def _renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    while prefix := next((p for p in _PREFIXES if all(key.startswith(p) for key in state)), ""):
        state = {key.removeprefix(prefix): value for key, value in state.items()}
    if "fc.weight" in state:
        return state
    return {
        f"fc.{key.removeprefix('linear.')}" if key.startswith("linear.") else key: value
        for key, value in state.items()
    }
