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
from explorer.networks.resnet import ResNet

SUFFIXES: Final = (".pth", ".pt", ".safetensors")
_WRAPPERS: Final = ("state_dict", "model_state_dict", "model", "network", "net", "module")
_PREFIXES: Final = ("module.", "_orig_mod.", "model.", "network.", "net.", "backbone.", "resnet.")
_MAGIC: Final = (b"PK\x03\x04", b"\x80")
"""How files of torch.save begin: a ZIP archive, or a pickle of protocol 2 or later."""
_COUNTER: Final = "num_batches_tracked"


class WeightsError(ValueError):
    """A file that holds no usable weights; the message is one sentence for the visitor."""


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
            "of another shape": len(self.misshapen),
        }
        return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)


def read_state(source: bytes | Path, name: str) -> dict[str, Tensor]:
    """The tensors of a .pth, .pt or .safetensors file, by torchvision's names where possible.

    Pickled files are read with `weights_only`: nothing in them is executed. Wrappers such as
    {"state_dict": ...} are opened, prefixes such as `module.` are taken off, and a classifier
    called `linear` becomes `fc`.

    Raises:
        WeightsError: the file is of another kind, damaged, or holds more than tensors.
    """
    if Path(name).suffix.lower() not in SUFFIXES:
        raise WeightsError(f"{name} must end in {', '.join(SUFFIXES)}.")
    if name.lower().endswith(".safetensors"):
        found: Any = _read_safetensors(source, name)
    else:
        found = _read_pickle(source, name)
    return _renamed(_unwrapped(found, name))


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
        raise WeightsError(f"The weights do not fit this network: {found}.")
    with torch.device("meta"):
        network = ResNet(spec)
    values = {}
    for key, shape in _shapes(spec).items():
        counter = key.endswith(_COUNTER)
        value = state.get(key, torch.zeros(shape, dtype=torch.long) if counter else None)
        if value is None or value.layout != torch.strided or value.is_quantized:
            raise WeightsError(f"{key} is not an ordinary dense tensor.")
        # A copy: the file's own storage may be shared, in half precision, or memory-mapped.
        values[key] = value.to(torch.long if counter else torch.float32, copy=True).contiguous()
    network.load_state_dict(values, assign=True)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.requires_grad_(True).eval().to(device)


def _shapes(spec: NetworkSpec) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        return {key: tuple(value.shape) for key, value in ResNet(spec).state_dict().items()}


def _read_safetensors(source: bytes | Path, name: str) -> dict[str, Tensor]:
    try:
        return load_safetensors(source if isinstance(source, bytes) else source.read_bytes())
    except (SafetensorError, OSError, ValueError, KeyError):
        raise WeightsError(f"{name} is damaged or no safetensors file.") from None


def _read_pickle(source: bytes | Path, name: str) -> Any:
    _refuse_compressed(source, name)
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    if not _start(source).startswith(_MAGIC):
        raise WeightsError(f"{name} is damaged or no PyTorch file.")
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "weights_only" in str(error).lower() or "Unsupported" in str(error):
            raise WeightsError(
                f"{name} holds more than tensors, which could run code, so it was not opened; "
                "save model.state_dict() instead of the model."
            ) from None
        raise WeightsError(f"{name} is damaged or no PyTorch file.") from None
    except Exception:  # whatever the reader stumbles over, the file is the reason
        raise WeightsError(f"{name} is damaged or no PyTorch file.") from None


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
        raise WeightsError(f"{name} is damaged or no PyTorch file.") from None
    if unfolded > size:
        raise WeightsError(f"{name} is a compressed archive, which PyTorch's own files are not.")


def _unwrapped(found: Any, name: str) -> dict[str, Tensor]:
    while isinstance(found, Mapping):
        inner = next((found[key] for key in _WRAPPERS if isinstance(found.get(key), Mapping)), None)
        if inner is None:
            break
        found = inner
    if not isinstance(found, Mapping):
        raise WeightsError(f"{name} holds no state dict, but a {type(found).__name__}.")
    state = {
        key: value
        for key, value in found.items()
        if isinstance(key, str) and isinstance(value, Tensor)
    }
    if not state:
        raise WeightsError(f"{name} holds no tensors with names.")
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
