"""What sets the readings of a file apart, in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer.ui.fields import field_label
from explorer.words import label

if TYPE_CHECKING:
    from explorer.networks.recognise import Reading


def reading_words(reading: Reading) -> str:
    """What sets a reading apart from the others, in a few words."""
    return label("list.comma").join(_parts(reading)) or label("recognised.as_is")


def short_names(some: Sequence[Reading]) -> list[str]:
    """What sets these apart from one another: a legend has no room for what they share."""
    parts = [_parts(one) for one in some]
    shared = set(parts[0]).intersection(*parts[1:]) if len(parts) > 1 else set()
    return [
        label("list.comma").join(one for one in own if one not in shared)
        or label("recognised.as_is")
        for own in parts
    ]


def _parts(reading: Reading) -> tuple[str, ...]:
    """The fields that nothing in the file decides, less those that do not apply."""
    spec = reading.spec
    pre = spec.activation_order == "pre" and spec.shortcut != "none"
    moot = {
        "share_first": not pre or not spec.bare_stem,
        "share_projection": not pre,
        "zero_padding": spec.shortcut != "padding",
        "avg_down": spec.shortcut == "none",
    }
    return tuple(_value_words(field, value) for field, value in reading.open if not moot.get(field))


def _value_words(field: str, value: object) -> str:
    tables = {
        "shortcut": "recognised_shortcut",
        "zero_padding": "recognised_zeros",
        "stem": "recognised_stem",
        "stride_on": "recognised_stride",
        "activation_order": "recognised_order",
    }
    if field == "avg_down":
        return label("recognised_halves.averages" if value else "recognised_halves.pixels")
    if field == "share_first":
        return label("recognised_first.activation" if value else "recognised_first.stem")
    if field == "share_projection":
        return label(f"recognised_projections.{'activation' if value else 'input'}")
    if field in tables:
        return label(f"{tables[field]}.{value}")
    return label("recognised.field", field=field_label(field), value=value)
