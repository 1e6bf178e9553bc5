"""The fields of a network as the sidebar shows them: labels, usual values, what may be typed."""

import re
from math import isfinite, nan
from typing import Any, Final

from explorer.architecture.choices import CHOICES, SWITCHES
from explorer.architecture.image_size import size_of
from explorer.architecture.spec import NetworkSpec
from explorer.words import FieldError, label, quoted

YES, NO = "yes", "no"
_SIDES: Final = re.compile(r"([0-9]{1,11}) ?[x\u00d7*] ?([0-9]{1,11})")
"""Height x width of an image that is not square."""
LISTS: Final = ("depths", "widths")
NUMBERS: Final = {
    "stem_width": ("16", "32", "64"),
    "output_stride": ("8", "16", "32"),
    "expansion": ("1", "2", "4"),
    "se_ratio": ("0", "4", "8", "16"),
    "norm_eps": ("1e-05", "2e-05", "1.001e-05", "0.001"),
    "groups": ("1", "2", "4", "8", "16", "32", "64"),
    "width_per_group": ("4", "8", "16", "32", "64", "128", "256"),
    "in_channels": ("1", "3", "4"),
    "num_classes": ("10", "100", "1000"),
    "image_size": (
        "32",
        "64",
        "96",
        "128",
        "160",
        "192",
        "224",
        "256",
        "320",
        "384",
        "512",
        "256x128",
    ),
}
"""Usual values to choose from; any other may be typed."""
FIELDS: Final = (
    "block",
    "depths",
    "widths",
    "stem",
    "stem_width",
    "activation_order",
    "stem_norm",
    "final_norm",
    "share_first",
    "share_projection",
    "stride_on",
    "output_stride",
    "shortcut",
    "zero_padding",
    "avg_down",
    "norm",
    "norm_on_projection",
    "norm_eps",
    "conv_bias",
    "stem_bias",
    "groups",
    "width_per_group",
    "expansion",
    "se_ratio",
    "in_channels",
    "num_classes",
)
"""Every field of NetworkSpec, in the order of the sidebar."""
RENAMED: Final = {"batch_norm": ("norm", {YES: "batch", NO: "none"})}
"""What links of earlier versions called a field, and its values."""


def parsed(field: str, value: str) -> Any:
    """A control's text as the network's field holds it.

    Raises:
        FieldError: no such value can be meant.
    """
    if field in SWITCHES:
        return value == YES
    if field in CHOICES:
        return value
    numbers = [int(part) for part in value.replace(",", " ").split() if _is_number(part)]
    if field in LISTS:
        if len(numbers) != len(value.replace(",", " ").split()):
            raise FieldError("spec", "typed numbers", {field: value})
        return tuple(numbers)
    if field == "image_size" and (found := _SIDES.fullmatch(value.strip())):
        return size_of(int(found[1]), int(found[2]))
    if field == "norm_eps":
        return _decimal(field, value.strip())
    if not _is_number(value.strip()):
        title = "typed size" if field == "image_size" else "typed number"
        raise FieldError("spec", title, {field: value})
    return numbers[0]


def written(field: str, spec: NetworkSpec) -> str:
    """A field's value as addresses and controls hold it, usual values in numbers."""
    value = spec.usual(field)
    if isinstance(value, bool):
        return YES if value else NO
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def labelled(field: str, value: object) -> str:
    """A field and its value as an error names them beside the control that shows its label."""
    typed = isinstance(value, str) and value not in CHOICES.get(field, ())
    return f"**{field_label(field)}** = {quoted(value) if typed else repr(value)}"


def field_label(field: str) -> str:
    """What the sidebar calls a field of the network, or `image_size`."""
    return label(f"{field}.label")


def _decimal(field: str, value: str) -> float:
    try:
        found = float(value) if value.isascii() and len(value) < 20 else nan
    except ValueError:
        found = nan
    if not isfinite(found):
        raise FieldError("spec", "typed decimal", {field: value})
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12
