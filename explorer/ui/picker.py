"""The sidebar: which network, what is changed about it, image size and device.

Every control is bound to the URL. Defaults must not depend on the network, or the URL would lose
values; so an empty control means 'as the named network has it' and shows that as its placeholder.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

import streamlit as st

from explorer.architecture import FAMILIES, PRESETS, NetworkSpec, Preset
from explorer.architecture.spec import ActivationOrder, BlockKind, ShortcutRule, Stem, StrideOn
from explorer.lessons import glossary
from explorer.ui import link, navigation
from explorer.ui.cache import blueprint_of
from explorer.ui.kept import held
from explorer.ui.words import quoted

CUSTOM: Final = "Custom"
FIRST: Final = next(iter(PRESETS))
"""The network of a visitor who has chosen none."""
_FROM_SCRATCH: Final = Preset("custom", "Custom network", CUSTOM, PRESETS["resnet18"].spec, 224)
_BY_FAMILY: Final = {
    family: {entry.title: entry for entry in PRESETS.values() if entry.family == family}
    for family in FAMILIES
} | {CUSTOM: {_FROM_SCRATCH.title: _FROM_SCRATCH}}
_BY_NAME: Final = {
    name: entry
    for entries in _BY_FAMILY.values()
    for entry in entries.values()
    for name in (entry.name, entry.title)
}
_CHOICES: Final = {
    "block": get_args(BlockKind),
    "stem": get_args(Stem),
    "activation_order": get_args(ActivationOrder),
    "stride_on": get_args(StrideOn),
    "shortcut": get_args(ShortcutRule),
}
_SWITCHES: Final = ("norm_on_projection", "batch_norm", "conv_bias")
_LISTS: Final = ("depths", "widths")
_NUMBERS: Final = {
    "groups": ("1", "2", "4", "8", "16", "32", "64"),
    "width_per_group": ("4", "8", "16", "32", "64", "128", "256"),
    "in_channels": ("1", "3", "4"),
    "num_classes": ("10", "100", "1000"),
    "image_size": ("32", "64", "96", "128", "160", "192", "224", "256", "320", "384", "512"),
}
"""Usual values to choose from; any other may be typed."""
_SIZE: Final = "Image size, pixels"
_LABELS: Final = {
    "block": "Block",
    "depths": "Blocks per stage",
    "widths": "Width per stage, channels",
    "stem": "Stem",
    "activation_order": "Activation order",
    "stride_on": "Stride of a bottleneck on",
    "shortcut": "Shortcut",
    "norm_on_projection": "Batch norm on projections",
    "batch_norm": "Batch norm",
    "conv_bias": "Biases on convolutions",
    "groups": "Groups",
    "width_per_group": "Width per group, channels",
    "in_channels": "Image channels",
    "num_classes": "Classes",
}
_NAMED: Final = re.compile(rf"(`+).*?\1|\b(?P<field>{'|'.join(_LABELS)}|image_size)=", re.DOTALL)
"""A field as an error names it; or a code span, in which a visitor's words stay as they are."""
_DEVICES: Final = ("auto", "cpu", "cuda", "mps", "xpu")
_STATE: Final = "choice"
_AS_LINKED: Final = "choice_as_linked"
_COMPLAINTS: Final = "url_complaints"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the visitor looks at. `name` is the preset's, also where it is customised."""

    spec: NetworkSpec
    image_size: int
    device: str
    name: str
    title: str
    customised: bool


def current() -> Choice:
    """The choice of this run, for a page. Starts app.py where a page was opened without it."""
    navigation.require_app()
    choice: Choice = st.session_state[_STATE]
    return choice


def switch_to(name: str) -> None:
    """Choose a named network in the sidebar, as it is named; for a button's callback."""
    st.session_state["family"] = PRESETS[name].family
    st.session_state["net"] = PRESETS[name].title
    _as_named()


def draw() -> list[str]:
    """Draw the sidebar, leave the Choice for the pages, and return what was wrong, in sentences.

    A combination that cannot be built is named at its control, and the last good choice stays.
    """
    _first_visit()
    family = st.selectbox(
        "Family", list(_BY_FAMILY), key="family", bind="query-params", on_change=_new_family
    )
    named = st.selectbox(
        "Network",
        [*_BY_FAMILY[family], *_names_beside(family)],
        key="net",
        bind="query-params",
        on_change=_as_named,
        help=glossary("network"),
    )
    entry = _BY_NAME[named]
    values: dict[str, Any] = {"image_size": _number("image_size", _SIZE, entry)}
    slots: dict[str, Any] = {"image_size": st.container()}
    device = st.selectbox(
        "Device", _DEVICES, key="device", bind="query-params", help=glossary("device")
    )
    changed = any(held(field) not in (None, "") for field in _LABELS)
    with st.expander("Customise", expanded=changed or family == CUSTOM):
        for field in _LABELS:
            values[field] = _control(field, entry)
            slots[field] = st.container()
        if changed:
            st.button("Back to the named network", on_click=_as_named, width="stretch")
    problem = _settle(entry, values, device)
    complaints = _complaints()
    if problem:
        field = problem.split("=", 1)[0]
        problem = _in_labels(problem)
        slots.get(field, slots["image_size"]).error(problem, icon=":material/error:")
        shown = st.session_state[_STATE].title
        complaints = [*complaints, f"{problem}. {shown} stays on screen."]
    link.copy_link()
    return complaints


def _settle(entry: Preset, values: dict[str, Any], device: str) -> str | None:
    """Store the choice if it can be built; the sentence that says what is wrong if it cannot."""
    try:
        changes = {field: _parsed(field, value) for field, value in values.items() if value}
        image_size = changes.pop("image_size", entry.image_size)
        spec = replace(entry.spec, **changes)
        blueprint_of(spec, image_size)
    except ValueError as problem:
        if _STATE not in st.session_state:
            st.session_state[_STATE] = Choice(
                entry.spec, entry.image_size, device, entry.name, entry.title, False
            )
        else:
            st.session_state[_STATE] = replace(st.session_state[_STATE], device=device)
        return str(problem)
    customised = spec != entry.spec
    title = f"{entry.title}, customised" if customised else entry.title
    st.session_state[_STATE] = Choice(spec, image_size, device, entry.name, title, customised)
    return None


def _control(field: str, entry: Preset) -> Any:
    label, own = _LABELS[field], getattr(entry.spec, field)
    bound: dict[str, Any] = {"key": field, "bind": "query-params", "help": glossary(field)}
    if field in _CHOICES or field in _SWITCHES:
        options = _CHOICES.get(field, ("yes", "no"))
        shown = own if field in _CHOICES else ("yes" if own else "no")
        return st.selectbox(label, options, index=None, placeholder=shown, **bound)
    if field in _LISTS:
        shown = ", ".join(map(str, own))
        return st.text_input(label, value=None, placeholder=shown, max_chars=80, **bound)
    return _number(field, label, entry)


def _number(field: str, label: str, entry: Preset) -> str | None:
    own = entry.image_size if field == "image_size" else getattr(entry.spec, field)
    typed: str | None = st.selectbox(
        label,
        _NUMBERS[field],
        index=None,
        placeholder=str(own),
        accept_new_options=True,
        key=field,
        bind="query-params",
        help=glossary(field),
    )
    return typed


def _parsed(field: str, value: str) -> Any:
    if field in _SWITCHES:
        return value == "yes"
    if field in _CHOICES:
        return value
    numbers = [int(part) for part in value.replace(",", " ").split() if _is_number(part)]
    if field in _LISTS:
        if len(numbers) != len(value.replace(",", " ").split()):
            raise ValueError(
                f"{field}={quoted(value)} must be whole numbers separated by commas, "
                "such as 3, 4, 6, 3"
            )
        return tuple(numbers)
    if not _is_number(value.strip()):
        raise ValueError(f"{field}={quoted(value)} must be a whole number")
    return numbers[0]


def _in_labels(problem: str) -> str:
    """An error with the sidebar's labels in place of the fields' names."""

    def label(found: re.Match[str]) -> str:
        field = found["field"]
        return f"**{_LABELS.get(field, _SIZE)}** = " if field else found[0]

    return _NAMED.sub(label, problem)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12


def _names_beside(family: str) -> list[str]:
    """Names that the link or the control holds though they are no title of this family.

    A link may name a network by its id, and in any family. It stays as it is: writing the title
    into the address would leave a step in the history that one cannot go back through.
    """
    asked = (st.query_params.get("net"), st.session_state.get("net"))
    return sorted({name for name in asked if name in _BY_NAME and name not in _BY_FAMILY[family]})


def _new_family() -> None:
    st.session_state["net"] = next(iter(_BY_FAMILY[st.session_state["family"]]))
    _as_named()


def _as_named() -> None:
    for field in (*_LABELS, "image_size"):
        st.session_state[field] = None


def _first_visit() -> None:
    """Note what the link of a session's first run says that is not understood.

    A link may leave out the family of its network; the control shows it nevertheless.
    """
    if _COMPLAINTS in st.session_state:
        return
    query = st.query_params.to_dict()
    allowed = {
        "family": tuple(_BY_FAMILY),
        "device": _DEVICES,
        **_CHOICES,
        **dict.fromkeys(_SWITCHES, ("yes", "no")),
    }
    complaints = [
        f"{field}={quoted(query[field])} in the link is unknown and was left out; allowed: "
        + ", ".join(options)
        for field, options in allowed.items()
        if field in query and query[field] not in options
    ]
    st.session_state[_COMPLAINTS] = complaints
    named = query.get("net")
    if named in _BY_NAME:
        st.session_state["family"] = _BY_NAME[named].family
    elif named is not None:
        complaints.append(
            f"The network {quoted(named)} in the link is unknown; choose one in the sidebar."
        )


def _complaints() -> list[str]:
    """What the link got wrong, until the visitor chooses something else."""
    choice = st.session_state[_STATE]
    if st.session_state.setdefault(_AS_LINKED, choice) != choice:
        st.session_state[_COMPLAINTS] = []
    complaints: list[str] = st.session_state[_COMPLAINTS]
    return complaints
