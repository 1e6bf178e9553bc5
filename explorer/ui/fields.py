"""The fields of a network as the sidebar shows them: labels, usual values, what may be typed."""

from typing import Any, Final, get_args

from explorer.architecture.spec import ActivationOrder, BlockKind, ShortcutRule, Stem, StrideOn
from explorer.words import FieldError, label, quoted

CHOICES: Final = {
    "block": get_args(BlockKind),
    "stem": get_args(Stem),
    "activation_order": get_args(ActivationOrder),
    "stride_on": get_args(StrideOn),
    "shortcut": get_args(ShortcutRule),
}
SWITCHES: Final = ("norm_on_projection", "batch_norm", "conv_bias")
LISTS: Final = ("depths", "widths")
NUMBERS: Final = {
    "groups": ("1", "2", "4", "8", "16", "32", "64"),
    "width_per_group": ("4", "8", "16", "32", "64", "128", "256"),
    "in_channels": ("1", "3", "4"),
    "num_classes": ("10", "100", "1000"),
    "image_size": ("32", "64", "96", "128", "160", "192", "224", "256", "320", "384", "512"),
}
"""Usual values to choose from; any other may be typed."""
FIELDS: Final = (
    "block",
    "depths",
    "widths",
    "stem",
    "activation_order",
    "stride_on",
    "shortcut",
    "norm_on_projection",
    "batch_norm",
    "conv_bias",
    "groups",
    "width_per_group",
    "in_channels",
    "num_classes",
)
"""Every field of NetworkSpec, in the order of the sidebar."""
YES, NO = "yes", "no"


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
    if not _is_number(value.strip()):
        raise FieldError("spec", "typed number", {field: value})
    return numbers[0]


def labelled(field: str, value: object) -> str:
    """A field and its value as an error names them beside the control that shows its label."""
    typed = isinstance(value, str) and value not in CHOICES.get(field, ())
    return f"**{field_label(field)}** = {quoted(value) if typed else repr(value)}"


def field_label(field: str) -> str:
    """What the sidebar calls a field of the network, or `image_size`."""
    return label(f"{field}.label")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12
