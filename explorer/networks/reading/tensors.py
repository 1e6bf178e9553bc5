"""Tensors over the bytes of a file: nothing is copied, and nothing reaches beyond the file."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

_TYPES: Final = {
    "Float": torch.float32,
    "Double": torch.float64,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
    "Untyped": torch.uint8,
}
"""What torch calls its storages, as in `torch.FloatStorage`."""
_ODD_TYPES: Final = {
    "ComplexFloat": "complex",
    "ComplexDouble": "complex",
    "QInt8": "quantised",
    "QUInt8": "quantised",
    "QInt32": "quantised",
    "QUInt4x2": "quantised",
    "QUInt2x4": "quantised",
}
_MOST_DIMENSIONS: Final = 8
_LARGEST: Final = 2**53


class Damaged(Exception):
    """The file contradicts itself, or ends before it should; `cut` if it is too short."""

    def __init__(self, cut: bool = False) -> None:
        super().__init__(cut)
        self.cut = cut


@dataclass(eq=False)
class Storage:
    """Numbers in a row, of which tensors are views. `data` comes later in files of the old
    format, which hold the numbers behind the names."""

    dtype: torch.dtype
    data: memoryview | None = None
    odd: str | None = None

    def filled(self) -> Tensor:
        """All of its numbers, one after another, over the file's own bytes."""
        if self.data is None:
            raise Damaged(cut=True)
        size = self.dtype.itemsize
        count = len(self.data) // size
        if not count:
            return torch.empty(0, dtype=self.dtype)
        if self.data.readonly or sys.byteorder != "little":
            raise Damaged
        return torch.frombuffer(self.data[: count * size], dtype=self.dtype)


@dataclass(eq=False)
class View:
    """A tensor to be: which numbers of a storage, in which shape."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype

    @property
    def odd(self) -> str | None:
        """Why it is no ordinary dense tensor, as a heading of weights.md; None if it is one."""
        numel = math.prod(self.shape)
        if self.storage.odd or self.dtype.is_complex:
            return self.storage.odd or "complex"
        reach = sum((n - 1) * step for n, step in zip(self.shape, self.stride, strict=True))
        # As many numbers as it says, all of them different ones.
        return "expanded" if numel > reach + 1 else None

    def tensor(self) -> Tensor:
        """The tensor itself.

        Raises:
            Damaged: it would reach beyond its storage.
        """
        values = self.storage.filled().view(self.dtype)
        if not math.prod(self.shape):
            return torch.empty(self.shape, dtype=self.dtype)
        reach = sum((n - 1) * step for n, step in zip(self.shape, self.stride, strict=True))
        if self.offset + reach >= values.numel():
            raise Damaged(cut=True)
        return values.as_strided(self.shape, self.stride, self.offset)


def storage_type(name: str) -> tuple[torch.dtype, str | None] | None:
    """What `torch.FloatStorage` and the like hold, and why it is odd; None for other names."""
    kind = name.rpartition(".")[2]
    if not name.startswith("torch.") or not kind.endswith("Storage"):
        return None
    kind = kind.removesuffix("Storage")
    if kind in _ODD_TYPES:
        return torch.uint8, _ODD_TYPES[kind]
    return (_TYPES[kind], None) if kind in _TYPES else None


def dtype_named(name: str) -> torch.dtype | None:
    """`torch.float8_e4m3fn` and the like, by name only."""
    found = getattr(torch, name.removeprefix("torch."), None) if name.startswith("torch.") else None
    return found if isinstance(found, torch.dtype) else None


def view(storage: Any, offset: Any, shape: Any, stride: Any, dtype: Any = None) -> View:
    """What a file asks for, checked.

    Raises:
        Damaged: it is no storage, or no sizes.
    """
    if not isinstance(storage, Storage):
        raise Damaged
    sizes, steps = _whole(shape), _whole(stride)
    (start,) = _whole([offset])
    if len(sizes) != len(steps):
        raise Damaged
    return View(storage, start, sizes, steps, dtype or storage.dtype)


def _whole(values: Any) -> tuple[int, ...]:
    if not isinstance(values, Sequence) or len(values) > _MOST_DIMENSIONS:
        raise Damaged
    if any(type(value) is not int or not 0 <= value < _LARGEST for value in values):
        raise Damaged
    return tuple(values)
