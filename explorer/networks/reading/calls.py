"""The few functions whose meaning is known to the reader of pickles: it does what they would do,
within bounds, instead of calling them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import torch

from explorer.networks.pickles import Spent
from explorer.networks.reading.tensors import Damaged, Storage, View, dtype_named, view

UNKNOWN: Final = object()
_ODD: Final = {
    "torch._utils._rebuild_meta_tensor_no_storage": "meta",
    "torch._utils._rebuild_sparse_tensor": "sparse",
    "torch._utils._rebuild_sparse_csr_tensor": "sparse",
    "torch._utils._rebuild_nested_tensor": "nested",
    "torch._utils._rebuild_qtensor": "quantised",
}
_KEYS: Final = (str, int, float, bool, bytes, type(None))
_LARGEST_KEY: Final = 2**60
_DICTS: Final = ("collections.OrderedDict", "collections.defaultdict", "collections.Counter",
                 "builtins.dict", "__builtin__.dict")  # fmt: skip
_LISTS: Final = ("builtins.list", "__builtin__.list", "builtins.set", "__builtin__.set",
                 "builtins.frozenset", "__builtin__.frozenset")  # fmt: skip
_NUMPY: Final = ("numpy.core.multiarray.", "numpy._core.multiarray.", "numpy._core.numeric.")
_NUMPY_TYPES: Final = {
    "f2": torch.float16,
    "f4": torch.float32,
    "f8": torch.float64,
    "i1": torch.int8,
    "i2": torch.int16,
    "i4": torch.int32,
    "i8": torch.int64,
    "u1": torch.uint8,
    "b1": torch.bool,
}


@dataclass
class Bounds:
    """What the calls of one file may still use: `budget` in bytes that are copied; `nested` reads
    a file of torch.save that stands inside of the pickle; `spent` counts what both ask for."""

    budget: int
    nested: Callable[[bytes, Bounds], Any] | None = None
    spent: Spent = field(default_factory=Spent)

    def copy(self, count: int) -> None:
        """Say that so many bytes are copied.

        Raises:
            Damaged: they are more than a program that saves weights would have copied.
        """
        self.budget -= count
        if self.budget < 0:
            raise Damaged


def is_key(value: Any) -> bool:
    """Whether a dict may have this key: of larger numbers a file can choose thousands that a dict
    looks for in one and the same place, each after all others."""
    return type(value) in _KEYS and not (type(value) is int and abs(value) >= _LARGEST_KEY)


class NumpyArray:
    """A numpy array whose numbers come with its state."""


class NumpyType:
    """A dtype of numpy, by its short name, such as "f4"."""

    def __init__(self, code: str) -> None:
        self.code, self.swapped = code.lstrip("<>=|"), code.startswith(">")


def odd_kind(name: str) -> str | None:
    """Why what a function rebuilds is no ordinary tensor."""
    return _ODD.get(name)


def known(name: str, given: tuple[Any, ...], bounds: Bounds) -> Any:
    """What the function would return, or UNKNOWN.

    Raises:
        Damaged: it is given what it never is by a program that saves weights.
    """
    function = name.rpartition(".")[2]
    if name.startswith("torch._utils._rebuild_"):
        return _tensor(function, given)
    if name == "torch.nn.parameter.Parameter" and given and isinstance(given[0], View):
        return given[0]
    if name == "torch._tensor._rebuild_from_type_v2" and len(given) > 2:
        inner = getattr(given[0], "name", "")
        return _tensor(inner.rpartition(".")[2], given[2] if isinstance(given[2], tuple) else ())
    if name in _DICTS:
        return _dict(given)
    if name in _LISTS:
        return list(given[0]) if given and isinstance(given[0], list | tuple) else []
    if name == "torch.Size":
        return given[0] if given and isinstance(given[0], tuple) else ()
    if name == "_codecs.encode":
        return _encoded(given, bounds)
    if name.startswith(_NUMPY) and function in ("_reconstruct", "_frombuffer"):
        return _numpy_buffer(given, bounds) if function == "_frombuffer" else NumpyArray()
    if name == "numpy.dtype" and given and isinstance(given[0], str):
        return NumpyType(given[0])
    if name == "torch.storage._load_from_bytes" and given and isinstance(given[0], bytes):
        return _nested(given[0], bounds)
    return UNKNOWN


def with_state(thing: Any, state: Any, opaque: type[Any], bounds: Bounds) -> Any:
    """What BUILD makes of a thing and its state.

    Raises:
        Damaged: an array's numbers, copied as often as they are asked for, go beyond the bounds.
    """
    if isinstance(thing, NumpyArray):
        return _array(state, bounds)
    if isinstance(thing, NumpyType):
        if isinstance(state, tuple) and len(state) > 1:
            thing.swapped = state[1] == ">"
        return thing
    if isinstance(thing, opaque):
        thing.state = state
    return thing


def _tensor(function: str, given: tuple[Any, ...]) -> Any:
    if function in ("_rebuild_parameter", "_rebuild_parameter_with_state"):
        return given[0] if given else UNKNOWN
    if function not in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"):
        return UNKNOWN
    if len(given) < 4:
        raise Damaged
    dtype = None
    if function == "_rebuild_tensor_v3" and len(given) > 6:
        dtype = dtype_named(getattr(given[6], "name", ""))
        if dtype is None:
            raise Damaged
    storage, offset, shape, stride = given[:4]
    return view(storage, offset, shape, stride, dtype)


def _dict(given: tuple[Any, ...]) -> dict[Any, Any]:
    first = given[0] if given else None
    if isinstance(first, dict):
        return dict(first)
    if not isinstance(first, list):
        return {}
    pairs = [tuple(pair) for pair in first if isinstance(pair, list | tuple) and len(pair) == 2]
    return {key: value for key, value in pairs if type(key) in (str, int) and is_key(key)}


def _encoded(given: tuple[Any, ...], bounds: Bounds) -> Any:
    """Bytes as pickles of protocol 2 write them: text of as many letters."""
    if len(given) < 2 or not isinstance(given[0], str) or given[1] not in ("latin1", "latin-1"):
        return UNKNOWN
    bounds.copy(len(given[0]))
    return given[0].encode("latin-1")


def _array(state: Any, bounds: Bounds) -> View | NumpyArray:
    """The numbers of a numpy array: (version, shape, dtype, column by column, bytes)."""
    if not isinstance(state, tuple) or len(state) != 5:
        return NumpyArray()
    _, shape, kind, by_column, data = state
    if isinstance(data, str):  # Python 2 wrote bytes as text
        data = data.encode("latin-1", "replace")
    return _numbers(shape, kind, bool(by_column), data, bounds)


def _numpy_buffer(given: tuple[Any, ...], bounds: Bounds) -> View | NumpyArray:
    if len(given) != 4:
        return NumpyArray()
    data, kind, shape, order = given
    return _numbers(shape, kind, order == "F", data, bounds)


def _numbers(
    shape: Any, kind: Any, by_column: bool, data: Any, bounds: Bounds
) -> View | NumpyArray:
    usable = isinstance(kind, NumpyType) and kind.code in _NUMPY_TYPES and not kind.swapped
    if not usable or not isinstance(data, bytes | bytearray) or not isinstance(shape, tuple):
        return NumpyArray()
    dtype = _NUMPY_TYPES[kind.code]
    bounds.copy(len(data))
    # torch wants memory that could be written; nobody does.
    whole = memoryview(bytearray(data))
    steps, step = [], 1
    for size in shape if by_column else reversed(shape):
        steps.append(step)
        step *= size if type(size) is int else 0
    return view(Storage(dtype, whole), 0, shape, tuple(steps if by_column else reversed(steps)))


def _nested(data: bytes, bounds: Bounds) -> Any:
    """What pickle, rather than torch.save, writes for a storage: a file of torch.save in it."""
    bounds.copy(len(data))
    if bounds.nested is None:
        raise Damaged
    return bounds.nested(data, bounds)
