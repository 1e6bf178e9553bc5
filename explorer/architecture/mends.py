"""What makes a block whole whose addition fails or stretches a tensor: the simple changes."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from explorer.architecture.unit import Unit, UnitSpec, unit


@dataclass(frozen=True, slots=True)
class Mend:
    """A change to a block after which its addition works: field -> new value."""

    name: Literal["projection", "padding", "stride", "channels", "both"]
    changes: tuple[tuple[str, Any], ...]


def mends(broken: Unit) -> list[Mend]:
    """Every simple change that makes a failing or broadcasting addition whole."""
    if broken.verdict not in ("fails", "broadcasts"):
        return []
    same_channels = ("out_channels", broken.spec.in_channels)
    candidates = [
        Mend("projection", (("shortcut", "projection"),)),
        Mend("padding", (("shortcut", "padding"),)),
        Mend("stride", (("stride", 1),)),
        Mend("channels", (same_channels,)),
        Mend("both", (("stride", 1), same_channels)),
    ]
    whole = [mend for mend in candidates if _mends(broken.spec, mend)]
    if any(mend.name in ("stride", "channels") for mend in whole):
        whole = [mend for mend in whole if mend.name != "both"]
    return whole


def _mends(spec: UnitSpec, mend: Mend) -> bool:
    try:
        mended = unit(replace(spec, **dict(mend.changes)))
    except ValueError:
        return False
    return mended.verdict not in ("fails", "broadcasts")
