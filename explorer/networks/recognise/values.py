"""What the numbers themselves say: whether they are numbers, and whether anything was learnt."""

from collections.abc import Mapping
from typing import Any, Final

from torch import Tensor

_FROZEN: Final = 1e-3
"""Variances of frozen norms are 1, or 1 - eps."""


def first_not_finite(tensors: Mapping[str, Tensor]) -> str | None:
    """The first tensor that holds NaN or an infinity."""
    return next((key for key, value in tensors.items() if not _finite(value)), None)


def remarks(tensors: Mapping[str, Tensor], names: Mapping[str, str]) -> list[tuple[str, Any]]:
    """Headings of recognition.md with their values: constant weights, statistics never updated,
    negative variances."""
    found: list[tuple[str, Any]] = []
    flat = [
        key for key, value in tensors.items()
        if value.ndim == 4 and value.numel() > 1 and key in names and _constant(value)
    ]  # fmt: skip
    if flat:
        found.append(("all equal", {"n": len(flat), "name": names[flat[0]]}))
    means = [key for key in tensors if key.endswith(".running_mean") and key in names]
    fresh = [key for key in means if _untouched(tensors, key)]
    if means and len(fresh) == len(means):
        scales = (tensors[f"{key.removesuffix('running_mean')}weight"] for key in means)
        folded = any(bool((scale != scale[0]).any()) for scale in scales)
        found.append(("frozen" if folded else "never updated", {"n": len(means)}))
    elif fresh:
        told = {"n": len(fresh), "of": len(means), "name": names[fresh[0]]}
        found.append(("some never updated", told))
    variances = [key for key in tensors if key.endswith(".running_var")]
    negative = [key for key in variances if bool((tensors[key].float() < 0).any())]
    if negative:
        first = names.get(negative[0], negative[0])
        found.append(("negative variance", {"n": len(negative), "name": first}))
    return found


def _finite(value: Tensor) -> bool:
    if value.dtype.itemsize == 1:
        value = value.float()
    # A sum is not finite unless all its numbers are, and much quicker to take; it may overflow.
    return bool(value.sum().isfinite()) or bool(value.isfinite().all())


def _constant(value: Tensor) -> bool:
    corners = value[0].flatten()
    if value.dtype.itemsize == 1 or bool((corners != corners[0]).any()):
        return False
    return bool((value == corners[0]).all())


def _untouched(tensors: Mapping[str, Tensor], key: str) -> bool:
    mean, variance = tensors[key], tensors[f"{key.removesuffix('mean')}var"]
    return bool((mean == 0).all()) and bool(((variance.float() - 1).abs() < _FROZEN).all())
