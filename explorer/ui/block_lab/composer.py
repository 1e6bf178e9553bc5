"""The controls of one block, all in the address, and the buttons that set several at once."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

import streamlit as st

from explorer.architecture.mends import Mend, mends
from explorer.architecture.unit import Unit, UnitSpec
from explorer.lessons import block_lab
from explorer.ui import controls
from explorer.words import FieldError, glossary, label, quoted, section

PREFIX: Final = "unit_"
_NUMBERS: Final = {
    "size": ("56", "224", "112", "28", "14", "7", "32", "16", "8"),
    "in_channels": ("64", "128", "256", "512", "1024", "2048", "3", "1", "16", "32"),
    "out_channels": ("64", "128", "256", "512", "1024", "2048", "3", "1", "16", "32"),
    "middle_channels": ("64", "128", "256", "512", "3", "1", "16", "32"),
    "dilation": ("1", "2", "4"),
    "expansion": ("1", "2", "4"),
    "se_ratio": ("0", "4", "8", "16"),
}
"""Usual values, the page's default first; any other may be typed."""
_OPTIONAL: Final = ("middle_channels", "expansion")
"""Numbers that may be left to the paper."""
_CHOICES: Final = {
    "stride": ("1", "2"),
    "block": ("basic", "bottleneck"),
    "activation_order": ("post", "pre"),
    "shortcut": ("identity", "padding", "projection", "none"),
    "stride_on": ("3x3", "1x1"),
    "norm_on_projection": ("yes", "no"),
    "conv_bias": ("no", "yes"),
    "zero_padding": ("after", "both"),
    "avg_down": ("no", "yes"),
    "norm": ("batch", "group", "none"),
    "share_projection": ("yes", "no"),
}
"""The page's default first."""
_SHOWN: Final[dict[str, Callable[[str], str]]] = {
    "stride": str,
    "stride_on": lambda kernel: label(f"stride_on.{kernel}"),
}
"""Choices whose words are not their key's: figures, and what the sidebar has words for."""
_WIDTHS: Final = {
    "shortcut": 390,
    "stride": 110,
    "in_channels": 125,
    "out_channels": 125,
    "size": 125,
    "block": 180,
    "activation_order": 175,
    "stride_on": 190,
    "middle_channels": 135,
    "norm_on_projection": 215,
    "conv_bias": 170,
    "zero_padding": 190,
    "avg_down": 215,
    "norm": 230,
    "share_projection": 215,
    "dilation": 150,
    "expansion": 125,
    "se_ratio": 185,
}
"""Of the controls, in pixels and in their order; they flow in rows, as the window is wide."""
_WITHOUT_EFFECT: Final[dict[str, Callable[[Callable[[str], str]], bool]]] = {
    "stride_on": lambda asked: asked("block") == "basic" or asked("stride") == "1",
    "norm_on_projection": lambda asked: (
        asked("shortcut") != "projection" or asked("norm") == "none"
    ),
    "zero_padding": lambda asked: asked("shortcut") != "padding",
    "avg_down": lambda asked: (
        asked("shortcut") not in ("padding", "projection") or asked("stride") == "1"
    ),
    "share_projection": lambda asked: (
        asked("activation_order") == "post" or asked("shortcut") not in ("padding", "projection")
    ),
}
"""What this block has no use for, though a link may keep it for the next one."""
_HELP: Final = {
    "size": "unit size",
    "in_channels": "unit channels",
    "out_channels": "unit channels",
    "middle_channels": "unit middle",
    "dilation": "unit dilation",
    "stride": "unit stride",
    "shortcut": "unit shortcut",
}
CASES: Final[dict[str, dict[str, Any]]] = {
    "rgb_to_3": {"size": 224, "in_channels": 3, "out_channels": 3, "middle_channels": 64},
    "rgb_to_64": {"size": 224, "in_channels": 3, "middle_channels": 64},
    "to_256": {"out_channels": 256, "block": "bottleneck"},
    "halving": {"in_channels": 256, "out_channels": 512, "stride": 2, "block": "bottleneck"},
    "one_channel": {"size": 224, "in_channels": 3, "out_channels": 1, "middle_channels": 64},
}
"""The textbook's cases: what differs from the default block. All of them add x as it is."""
_LAST: Final = "block_lab_last"
_DEFAULTS: Final = {field.name: field.default for field in fields(UnitSpec)}


def case_buttons(where: str) -> None:
    """One click sets every control to a textbook case; `where` names the place on the page."""
    controls.drawn_again(f"unit_cases {where}", (), _case_buttons)


def _case_buttons() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="unit_cases"):
        st.markdown(label("unit_case.label"), width="content")
        for name, changes in CASES.items():
            st.button(
                label(f"unit_case.{name}"),
                key=f"case_{name}",
                on_click=_set,
                args=(changes, True),
            )


def above(part: Callable[[UnitSpec], None]) -> None:
    """The composed block, to be opened and changed, and below it a part about it."""
    line = st.empty()
    with st.expander(label("block_lab.change"), icon=":material/tune:"):
        case_buttons("above")
        spec = composer("above")
    line.markdown(block_lab.in_a_line(spec))
    part(spec)


def composer(where: str) -> UnitSpec:
    """Draw the controls; the block they ask for, or the last one that works."""
    _complain_about_link()
    spec: UnitSpec | None = controls.drawn_again(f"unit_controls {where}", (), _asked_for)
    if spec is None:
        last: UnitSpec = st.session_state.get(_LAST, UnitSpec())
        return last
    st.session_state[_LAST] = spec
    return spec


def _asked_for() -> UnitSpec | None:
    """Draw the controls, and below one of them why there is no such block."""
    values, slots = _controls()
    try:
        return UnitSpec(**{field: _parsed(field, value) for field, value in values.items()})
    except FieldError as problem:
        sentence = section("block_lab", "impossible", why=problem.worded(_labelled))
        slots[_blamed(problem)].error(sentence, icon=":material/error:")
        return None


def mend_buttons(unit: Unit) -> None:
    """Buttons that set the controls so that the addition works."""
    with st.container(horizontal=True):
        for mend in mends(unit):
            _mend_button(mend, label(f"unit_mend.{mend.name}", channels=unit.spec.in_channels))


def _mend_button(mend: Mend, said: str) -> None:
    st.button(
        said,
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
    with controls.one_step():
        for field, value in written.items():
            key = PREFIX + field
            if field in _CHOICES:
                controls.put(key, value, _CHOICES[field][0])
            else:
                st.session_state[key] = value
                usual = None if field in _OPTIONAL else _NUMBERS[field][0]
                controls.say(key, () if value in (None, usual) else (value,))


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
    for field, width in _WIDTHS.items():
        slots[field] = row.container(width=width)
        with slots[field]:
            values[field] = _control(field)
    return values, slots


def _asked(field: str) -> str:
    ids = _CHOICES[field]
    found: str = controls.settled(PREFIX + field, ids, ids[0])
    return found


def _control(field: str) -> str | None:
    key = PREFIX + field
    help_text = glossary(_HELP.get(field, field))
    if field in _CHOICES:
        idle = _WITHOUT_EFFECT.get(field)
        chosen: str = controls.choice(
            key,
            _CHOICES[field],
            kind="radio",
            shown=_SHOWN.get(field),
            horizontal=True,
            help=help_text,
            disabled=idle is not None and idle(_asked),
        )
        return chosen
    typed: str | None = st.selectbox(
        label(f"{key}.label"),
        _NUMBERS[field],
        index=None if field in _OPTIONAL else 0,
        placeholder=label(f"{key}.placeholder") if field in _OPTIONAL else None,
        accept_new_options=True,
        key=key,
        help=help_text,
        **controls.BOUND,
    )
    return typed


def _parsed(field: str, value: str | None) -> Any:
    if {*_CHOICES.get(field, ())} == {"yes", "no"}:
        return value == "yes"
    if field in _CHOICES and field != "stride":
        return value
    if not (value or "").strip():
        return _DEFAULTS[field]  # a link says nothing, or the control was cleared
    if value is None or not (value.isascii() and value.isdigit() and len(value) < 12):
        raise FieldError("spec", "typed number", {field: value})
    return int(value)


def _labelled(field: str, value: object) -> str:
    """A field and its value as an error names them beside the control that shows its label."""
    shown = str(value) if isinstance(value, int) else quoted(value)
    return f"**{label(f'{PREFIX}{field}.label')}** = {shown}"


def _blamed(problem: FieldError) -> str:
    return next((field for field in problem.fields if field in _WIDTHS), "size")


def in_the_link() -> tuple[tuple[str, str], ...]:
    """What the address says of the block, impossible values too, of which the composer tells."""
    said = st.query_params.to_dict().items()
    return tuple((key, value) for key, value in said if key.removeprefix(PREFIX) in _WIDTHS)


def _complain_about_link() -> None:
    """A link's value that is no option is left out; here it is said so."""
    for field, options in _CHOICES.items():
        if asked := controls.unknown(PREFIX + field, options):
            st.warning(
                section(
                    "block_lab",
                    "unknown in the link",
                    key=PREFIX + field,
                    value=quoted(asked),
                    allowed=label("list.comma").join(options),
                )
            )
