"""The sidebar: which network, what is changed about it, image size and device.

Every control is bound to the URL. Defaults must not depend on the network, or the URL would lose
values; so an empty control means 'as the named network has it' and shows that as its placeholder.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from explorer.architecture import FAMILIES, PRESETS, NetworkSpec, Preset
from explorer.ui import link, navigation
from explorer.ui.cache import blueprint_of
from explorer.ui.fields import (
    CHOICES,
    LABELS,
    LISTS,
    NUMBERS,
    SIZE,
    SWITCHES,
    labelled,
    parsed,
)
from explorer.ui.kept import held
from explorer.words import FieldError, glossary, quoted

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
_DEVICES: Final = ("auto", "cpu", "cuda", "mps", "xpu")
_STATE: Final = "choice"
_AS_LINKED: Final = "choice_as_linked"
_COMPLAINTS: Final = "url_complaints"
_CHOSEN: Final = "network_chosen"


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


def network_chosen() -> bool:
    """Whether a link or the visitor named the network; else it is the one that comes first."""
    return bool(st.session_state.get(_CHOSEN))


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
    values: dict[str, Any] = {"image_size": _number("image_size", SIZE, entry)}
    slots: dict[str, Any] = {"image_size": st.container()}
    device = st.selectbox(
        "Device", _DEVICES, key="device", bind="query-params", help=glossary("device")
    )
    changed = any(held(field) not in (None, "") for field in LABELS)
    with st.expander("Customise", expanded=changed or family == CUSTOM):
        for field in LABELS:
            values[field] = _control(field, entry)
            slots[field] = st.container()
        if changed:
            st.button("Back to the named network", on_click=_as_named, width="stretch")
    problem = _settle(entry, values, device)
    complaints = _complaints()
    if problem:
        slot = slots[_blamed(problem, values) or "image_size"]
        sentence = problem.worded(labelled)
        slot.error(sentence, icon=":material/error:")
        shown = st.session_state[_STATE].title
        complaints = [*complaints, f"{sentence}. {shown} stays on screen."]
    link.copy_link()
    return complaints


def _settle(entry: Preset, values: dict[str, Any], device: str) -> FieldError | None:
    """Store the choice if it can be built; what is wrong if it cannot."""
    try:
        st.session_state[_STATE] = _built(entry, values, device)
    except FieldError as problem:
        if _STATE not in st.session_state:
            st.session_state[_STATE] = _nearest(entry, values, device, problem)
        else:
            st.session_state[_STATE] = replace(st.session_state[_STATE], device=device)
        return problem
    return None


def _built(entry: Preset, values: dict[str, Any], device: str) -> Choice:
    changes = {field: parsed(field, value) for field, value in values.items() if value}
    image_size = changes.pop("image_size", entry.image_size)
    spec = replace(entry.spec, **changes)
    blueprint_of(spec, image_size)
    customised = spec != entry.spec
    title = f"{entry.title}, customised" if customised else entry.title
    return Choice(spec, image_size, device, entry.name, title, customised)


def _nearest(entry: Preset, values: dict[str, Any], device: str, problem: FieldError) -> Choice:
    """What a link leaves when every field that an error names first is taken out of it."""
    left = dict(values)
    while field := _blamed(problem, left):
        del left[field]
        try:
            return _built(entry, left, device)
        except FieldError as next_one:
            problem = next_one
    return _built(entry, {}, device)


def _blamed(problem: FieldError, values: dict[str, Any]) -> str | None:
    """The first field that an error names and that was set here, not by the named network."""
    return next((field for field in problem.fields if values.get(field)), None)


def _control(field: str, entry: Preset) -> Any:
    label, own = LABELS[field], getattr(entry.spec, field)
    bound: dict[str, Any] = {"key": field, "bind": "query-params", "help": glossary(field)}
    if field in CHOICES or field in SWITCHES:
        options = CHOICES.get(field, ("yes", "no"))
        shown = own if field in CHOICES else ("yes" if own else "no")
        return st.selectbox(label, options, index=None, placeholder=shown, **bound)
    if field in LISTS:
        shown = ", ".join(map(str, own))
        return st.text_input(label, value=None, placeholder=shown, max_chars=80, **bound)
    return _number(field, label, entry)


def _number(field: str, label: str, entry: Preset) -> str | None:
    own = entry.image_size if field == "image_size" else getattr(entry.spec, field)
    typed: str | None = st.selectbox(
        label,
        NUMBERS[field],
        index=None,
        placeholder=str(own),
        accept_new_options=True,
        key=field,
        bind="query-params",
        help=glossary(field),
    )
    return typed


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
    # Going back in the browser sets every control again, this one to what it holds.
    if _BY_NAME[st.session_state["net"]].name != st.session_state[_STATE].name:
        st.session_state[_CHOSEN] = True
    for field in (*LABELS, "image_size"):
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
        **CHOICES,
        **dict.fromkeys(SWITCHES, ("yes", "no")),
    }
    complaints = [
        f"{field}={quoted(query[field])} in the link is unknown and was left out; allowed: "
        + ", ".join(options)
        for field, options in allowed.items()
        if field in query and query[field] not in options
    ]
    st.session_state[_COMPLAINTS] = complaints
    named = query.get("net")
    st.session_state[_CHOSEN] = named in _BY_NAME
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
