"""The controls of one block, all in the URL, and the buttons that set several of them at once."""

from dataclasses import fields
from typing import Any, Final

import streamlit as st

from explorer.architecture.unit import Mend, Unit, UnitSpec, mends
from explorer.lessons import block_lab
from explorer.words import glossary, quoted

PREFIX: Final = "unit_"
_NUMBERS: Final = {
    "size": ("56", "224", "112", "28", "14", "7", "32", "16", "8"),
    "in_channels": ("64", "128", "256", "512", "1024", "2048", "3", "1", "16", "32"),
    "out_channels": ("64", "128", "256", "512", "1024", "2048", "3", "1", "16", "32"),
    "middle_channels": ("64", "128", "256", "512", "3", "1", "16", "32"),
}
"""Usual values, the page's default first; any other may be typed."""
_CHOICES: Final = {
    "stride": ("1", "2"),
    "block": ("basic", "bottleneck"),
    "activation_order": ("post", "pre"),
    "shortcut": ("identity", "padding", "projection", "none"),
    "stride_on": ("3x3", "1x1"),
    "norm_on_projection": ("yes", "no"),
    "conv_bias": ("no", "yes"),
}
_LABELS: Final = {
    "shortcut": "Shortcut",
    "stride": "Stride",
    "in_channels": "Channels in",
    "out_channels": "Channels out",
    "size": "Size, pixels",
    "block": "Block",
    "activation_order": "Activation order",
    "stride_on": "Stride of a bottleneck on",
    "middle_channels": "Middle kernels",
    "norm_on_projection": "Batch norm on the projection",
    "conv_bias": "Biases on convolutions",
}
_WIDTHS: Final = {
    "shortcut": 390,
    "stride": 110,
    "in_channels": 125,
    "out_channels": 125,
    "size": 125,
    "block": 180,
    "activation_order": 150,
    "stride_on": 190,
    "middle_channels": 135,
    "norm_on_projection": 215,
    "conv_bias": 170,
}
"""Of the controls, in pixels; they flow in rows, as many as the window is wide."""
_WITHOUT_EFFECT: Final = {
    "stride_on": lambda asked: asked("block") == "basic" or asked("stride") == "1",
    "norm_on_projection": lambda asked: asked("shortcut") != "projection",
}
"""What this block has no use for, though a link may keep it for the next one."""
_HELP: Final = {
    "size": "unit size",
    "in_channels": "unit channels",
    "out_channels": "unit channels",
    "middle_channels": "unit middle",
    "stride": "unit stride",
    "shortcut": "unit shortcut",
}
CASES: Final[dict[str, dict[str, Any]]] = {
    "224x224x3 to 3": {"size": 224, "in_channels": 3, "out_channels": 3, "middle_channels": 64},
    "224x224x3 to 64": {"size": 224, "in_channels": 3, "middle_channels": 64},
    "56x56x64 to 256": {"out_channels": 256, "block": "bottleneck"},
    "56x56x256 to 28x28x512": {
        "in_channels": 256,
        "out_channels": 512,
        "stride": 2,
        "block": "bottleneck",
    },
    "One channel out": {"size": 224, "in_channels": 3, "out_channels": 1, "middle_channels": 64},
}
"""The textbook's cases: what differs from the default block. All of them add x as it is."""
_LAST: Final = "block_lab_last"


def case_buttons() -> None:
    """One click sets every control to a textbook case."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Textbook cases:", width="content")
        for name, changes in CASES.items():
            st.button(name, key=f"case_{name}", on_click=_set, args=(changes, True))


def folded() -> UnitSpec:
    """The composed block in a line, and its controls to be opened."""
    line = st.empty()
    with st.expander("Change the block", icon=":material/tune:"):
        spec = composer()
    line.markdown(block_lab.in_a_line(spec))
    return spec


def composer() -> UnitSpec:
    """Draw the controls; the block they ask for, or the last one that works."""
    _complain_about_link()
    values, slots = _controls()
    try:
        spec = UnitSpec(**{field: _parsed(field, value) for field, value in values.items()})
    except ValueError as problem:
        sentence = str(problem)
        slot = slots.get(sentence.split("=", 1)[0], slots["size"])
        slot.error(f"{sentence}. The last block that works is shown.", icon=":material/error:")
        last: UnitSpec = st.session_state.get(_LAST, UnitSpec())
        return last
    st.session_state[_LAST] = spec
    return spec


def mend_buttons(unit: Unit) -> None:
    """Buttons that set the controls so that the addition works."""
    words = {
        "projection": "Project x with a 1x1",
        "padding": "Pad x with zeros",
        "stride": "Use stride 1",
        "channels": f"Let F(x) have {unit.spec.in_channels:,} channels",
        "both": f"Stride 1 and {unit.spec.in_channels:,} channels",
    }
    with st.container(horizontal=True):
        for mend in mends(unit):
            _mend_button(mend, words[mend.name])


def _mend_button(mend: Mend, label: str) -> None:
    st.button(
        label,
        key=f"mend_{mend.name}",
        on_click=_set,
        args=(dict(mend.changes), False),
        icon=":material/build:",
    )


def _set(changes: dict[str, Any], afresh: bool) -> None:
    """Set the controls; `afresh` puts all others back to the default block."""
    written = {field: _written(value) for field, value in changes.items()}
    if afresh:
        written = _defaults() | written
    for field, value in written.items():
        st.session_state[PREFIX + field] = value


def _defaults() -> dict[str, str | None]:
    return {field.name: _written(field.default) for field in fields(UnitSpec)}


def _written(value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def _controls() -> tuple[dict[str, str | None], dict[str, Any]]:
    """What is chosen by field, and a place for a complaint below each control."""
    values, slots = {}, {}
    row = st.container(horizontal=True, gap="small")
    for field, label in _LABELS.items():
        with row.container(width=_WIDTHS[field]):
            values[field] = _control(field, label)
            slots[field] = st.container()
    return values, slots


def _asked(field: str) -> str:
    return str(st.session_state.get(PREFIX + field, _CHOICES[field][0]))


def _control(field: str, label: str) -> str | None:
    key = PREFIX + field
    help_text = glossary(_HELP.get(field, field))
    if field in _CHOICES:
        idle = _WITHOUT_EFFECT.get(field)
        chosen: str = st.radio(
            label,
            _CHOICES[field],
            horizontal=True,
            key=key,
            bind="query-params",
            help=help_text,
            disabled=idle is not None and idle(_asked),
        )
        return chosen
    typed: str | None = st.selectbox(
        label,
        _NUMBERS[field],
        index=None if field == "middle_channels" else 0,
        placeholder="paper's",
        accept_new_options=True,
        key=key,
        bind="query-params",
        help=help_text,
    )
    return typed


def _parsed(field: str, value: str | None) -> Any:
    if field in ("norm_on_projection", "conv_bias"):
        return value == "yes"
    if field in _CHOICES and field != "stride":
        return value
    if value is None and field == "middle_channels":
        return None
    if value is None or not (value.isascii() and value.isdigit() and len(value) < 12):
        raise ValueError(f"{field}={quoted(value)} must be a whole number")
    return int(value)


def _complain_about_link() -> None:
    """Streamlit silently takes the default where a link names an option that does not exist."""
    for field, options in _CHOICES.items():
        asked = st.query_params.get(PREFIX + field)
        if asked is not None and asked not in options:
            st.warning(
                f"{PREFIX}{field}={quoted(asked)} in the link is unknown and was left out; "
                f"allowed: {', '.join(options)}."
            )
