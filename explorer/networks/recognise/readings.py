"""Networks whose files have the same tensors under the same names: what a file cannot tell."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

from explorer.architecture import NetworkSpec
from explorer.architecture.choices import Stem, StrideOn
from explorer.networks.recognise.vocabulary import stem_norm
from explorer.words import FieldError

OPEN: Final = (
    "activation_order",
    "stride_on",
    "shortcut",
    "zero_padding",
    "avg_down",
    "stem",
    "norm_eps",
    "share_first",
    "share_projection",
)
"""Fields that change what a network computes and nothing that is in its file."""
_SMALL_STEMS: Final[tuple[Stem, ...]] = ("cifar", "3x3_pool", "3x3_stride2")


@dataclass(frozen=True)
class Reading:
    """A network that fits the file, and the values of the fields that nothing decided.

    `twin`: its tensors are those of the other order of activation.
    """

    spec: NetworkSpec
    open: tuple[tuple[str, Any], ...]
    twin: bool = False


def readings(
    spec: NetworkSpec, twin: NetworkSpec | None = None, named: bool = True
) -> tuple[Reading, ...]:
    """All networks that the same tensors fit, the given one first, eps aside.

    Args:
        spec: the likeliest.
        twin: a network of the other order of activation, where the file fits both.
        named: whether names say that a projection follows an average pool, which has no tensors.
    """
    found = [spec]
    for base in (spec, twin):
        for one in _alternatives(base) if base else ():
            if one not in found:
                found.append(one)
            pooled = replace(one, avg_down=not one.avg_down)
            if not named and one.shortcut.startswith("projection") and pooled not in found:
                found.append(pooled)
    fields = [field for field in OPEN if len({getattr(one, field) for one in found}) > 1]
    return tuple(
        Reading(
            one,
            tuple((field, getattr(one, field)) for field in fields),
            one.activation_order != spec.activation_order,
        )
        for one in found
    )


def _alternatives(spec: NetworkSpec) -> Iterator[NetworkSpec]:
    halves = len(spec.depths) > 1
    both: tuple[StrideOn, ...] = ("3x3", "1x1")
    strides = both if spec.block == "bottleneck" and halves else (spec.stride_on,)
    small = spec.stem in _SMALL_STEMS
    stems: tuple[Stem, ...] = _SMALL_STEMS if small else (spec.stem,)
    for stem, stride_on, shared in product(stems, strides, _shared(spec)):
        for shortcut in _shortcuts(spec):
            changes = {"stem": stem, "stride_on": stride_on, **shared, **shortcut}
            if spec.activation_order == "pre":
                changes["stem_norm"] = stem_norm(stem, spec.bare_stem)
            try:
                yield replace(spec, **changes)
            except FieldError:  # zeros cannot take channels away
                continue


def _shared(spec: NetworkSpec) -> list[dict[str, Any]]:
    """Which shortcuts of a pre-activation network may read the first activation instead of x."""
    if spec.activation_order == "post" or spec.shortcut == "none":
        return [{}]
    always = spec.shortcut == "projection-always"
    first_changes = always or spec.stem_channels != spec.widths[0] * spec.expands_by
    some_change = first_changes or len(spec.depths) > 1
    found = []
    for projection in (True, False) if some_change else (True,):
        # A first block that projects shares with all the others that do.
        open_first = spec.bare_stem and not (first_changes and projection)
        for first in (True, False) if open_first else (spec.share_first,):
            found.append({"share_first": first, "share_projection": projection})
    return found


def _shortcuts(spec: NetworkSpec) -> Iterator[dict[str, Any]]:
    """Shortcuts without weights: zeros after or on both sides, of every second pixel or of means;
    or none at all."""
    if spec.shortcut not in ("padding", "none"):
        yield {}
        return
    for zeros in ("after", "both"):
        for pooled in (False, True):
            yield {"shortcut": "padding", "zero_padding": zeros, "avg_down": pooled}
    yield {"shortcut": "none", "zero_padding": "after", "avg_down": False}
