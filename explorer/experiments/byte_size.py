"""How many bytes a value holds: tensors, arrays, pictures, texts, and whatever is made of them.

Memory that is shared is named alike wherever it is met, so a network's weights count once, also
if several values hold that network.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final

Parts = dict[tuple[str, int], int]
"""A piece of memory, by its kind and address, -> its bytes."""

_ENTRY: Final = 64
"""Bytes of an entry of a dict, about: its place in the table, and its key."""
_ATOMS: Final = (str, bytes, bytearray, int, float, complex)
_MANY: Final = 100
"""Texts or numbers of one collection; the names of 100,000 classes are held by each answer."""
_CODE: Final = (type, ModuleType, FunctionType, MethodType, BuiltinFunctionType)
_BANDS: Final = {"I": 4, "F": 4, "RGBX": 4, "RGBA": 4, "CMYK": 4, "RGB": 4, "YCbCr": 4, "LAB": 4}
"""Bytes per pixel; Pillow stores three channels in four bytes."""


def size(value: object) -> int:
    """Bytes that `value` holds, shared memory once.

    Example:
        >>> size(b"0" * 1000) >= 1000
        True
    """
    return sum(parts(value).values())


def parts(value: object) -> Parts:
    """Every piece of memory that `value` keeps alive, without code, modules and classes."""
    found: Parts = {}
    seen: set[int] = set()
    todo: list[Any] = [value]
    while todo:
        one = todo.pop()
        if one is None or isinstance(one, (bool, *_CODE)) or id(one) in seen:
            continue
        seen.add(id(one))
        todo.extend(_enter(one, found))
    return found


def _enter(one: Any, found: Parts) -> Iterable[Any]:
    """Note what `one` itself holds; return what it is made of."""
    tensor = _type_of(lambda modules: modules["torch"].Tensor)
    array = _type_of(lambda modules: modules["numpy"].ndarray)
    if tensor is not None and isinstance(one, tensor):
        return _tensor(one, found, sys.modules["torch"])
    if array is not None and isinstance(one, array):
        while isinstance(one.base, array):
            one = one.base
        found["memory", one.__array_interface__["data"][0]] = one.nbytes
        return ()
    # What knows its size is not looked through: that takes as long as to draw a picture.
    whole = getattr(one, "whole_bytes", None)
    if type(whole) is int:
        found["object", id(one)] = whole
        return ()
    # What holds memory that Python does not see says so: see explorer.networks.engines.outside.
    outside = getattr(one, "outside_bytes", 0)
    found["object", id(one)] = sys.getsizeof(one, 64) + (outside if type(outside) is int else 0)
    if isinstance(one, _ATOMS):
        return ()
    if isinstance(one, Mapping):
        return [*one.keys(), *one.values()]
    if isinstance(one, (tuple, list, set, frozenset)):
        if len(one) < _MANY or not all(isinstance(item, _ATOMS) for item in one):
            return one
        # As one piece: the list of the pieces would itself take more than the texts.
        found["object", id(one)] += sum(map(sys.getsizeof, one))
        return ()
    image = _type_of(lambda modules: modules["PIL.Image"].Image)
    if image is not None and isinstance(one, image):
        width, height = one.size
        found["object", id(one)] = width * height * _BANDS.get(one.mode, 2)
        return [one.info]
    return _attributes(one)


def _type_of(find: Callable[[Mapping[str, Any]], Any]) -> Any:
    """A module's type; None where nobody has loaded it, or another thread is about to."""
    try:
        return find(sys.modules)
    except (KeyError, AttributeError):
        return None


def _tensor(one: Any, found: Parts, torch: Any) -> Iterable[Any]:
    if one.is_mkldnn:  # whose values lie in an order of oneDNN's own
        found["object", id(one)] = one.element_size() * one.numel()
        return ()
    if one.layout != torch.strided or one.is_meta:
        found["object", id(one)] = 0 if one.is_meta else one.element_size() * one._nnz()
        return ()
    storage = one.untyped_storage()
    found["memory", storage.data_ptr()] = storage.nbytes()
    found["object", id(one)] = 200
    return () if one.grad is None else (one.grad,)


def _attributes(one: Any) -> Iterable[Any]:
    held = list(getattr(one, "__dict__", {}).values())
    for kind in type(one).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(one, name):
                held.append(getattr(one, name))
    return held
