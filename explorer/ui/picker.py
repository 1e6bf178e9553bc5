"""The sidebar: which network, what is changed about it, image size and device.

Every control is bound to the URL. Defaults must not depend on the network, or the URL would lose
values; so an empty control means 'as the named network has it' and shows that as its placeholder.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st
from streamlit.errors import StreamlitAPIException

from explorer import words
from explorer.architecture import FAMILIES, PRESETS, NetworkSpec, Preset, blueprint
from explorer.architecture.alignment import differing_fields
from explorer.architecture.image_size import ImageSize, short_text, sides, size_text
from explorer.ui import controls, navigation
from explorer.ui.fields import (
    CHOICES,
    FIELDS,
    LISTS,
    NO,
    NUMBERS,
    RENAMED,
    SWITCHES,
    YES,
    field_label,
    labelled,
    parsed,
    written,
)
from explorer.words import FieldError, glossary, quoted

CUSTOM: Final = "custom"
FIRST: Final = next(iter(PRESETS))
"""The network of a visitor who has chosen none."""
NETWORKS: Final = (*PRESETS, CUSTOM)
_DEVICES: Final = ("auto", "cpu", "cuda", "mps", "xpu")
_STATE: Final = "choice"
_AS_LINKED: Final = "choice_as_linked"
_COMPLAINTS: Final = "url_complaints"
_CHOSEN: Final = "network_chosen"
_TAKE: Final = "network_to_take"
_OF_PAGES: Final = (
    *("bn", "compare", "glossary", "gradient", "infer", "lesson", "memory", "myths", "origin"),
    *("params", "questions", "quiz", "see", "shortcuts", "table", "term", "trace", "unit", "why"),
    *("utm_", "fbclid", "gclid"),
)
"""How the keys of the pages' own controls begin, and what others hang on to links."""
CUSTOMISE: Final = "customise"
"""Key of the part that is open while something is customised."""
_NEEDED: Final = "customise_needed"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the visitor looks at. `name` is the preset's, also where it is customised."""

    spec: NetworkSpec
    image_size: ImageSize
    device: str
    name: str
    title: str
    customised: bool

    @property
    def side(self) -> int:
        """Of the square that pages take which work on squares only: the smaller side."""
        return min(sides(self.image_size))


def current() -> Choice:
    """The choice of this run, for a page. Starts app.py where a page was opened without it."""
    navigation.require_app()
    choice: Choice = st.session_state[_STATE]
    return choice


def say_square(choice: Choice) -> None:
    """Say on a page that works on squares only what it takes of an image that is none."""
    if choice.side != choice.image_size:
        size = size_text(choice.image_size)
        st.caption(words.section("picker", "square", size=size, square=size_text(choice.side)))


def network_chosen() -> bool:
    """Whether a link or the visitor named the network; else it is the one that comes first."""
    return bool(st.session_state.get(_CHOSEN))


def switch_to(name: str) -> None:
    """Choose a named network in the sidebar, as it is named; for a button's callback."""
    controls.put("net", name, FIRST)
    _as_named()


def take(spec: NetworkSpec, side: int | None = None) -> None:
    """Make this network the sidebar's choice when it is drawn next: the named one that differs
    least, and what differs, at this image size (the named one's if None)."""
    st.session_state[_TAKE] = (spec, side)


def nearest(spec: NetworkSpec) -> str:
    """The named network that a spec differs from in the fewest choices."""
    return min(PRESETS, key=lambda name: len(differing_fields(spec, PRESETS[name].spec)))


def _take_now() -> None:
    taken = st.session_state.pop(_TAKE, None)
    if taken is None:
        return
    spec, side = taken
    name = nearest(spec)
    base = PRESETS[name].spec
    controls.put("net", name, FIRST)
    if "family" in st.query_params:
        del st.query_params["family"]
    for field in (*FIELDS, "image_size"):
        if field == "image_size":
            wanted = None if side in (None, PRESETS[name].image_size) else str(side)
        else:
            same = getattr(spec, field) == getattr(base, field)
            wanted = None if same else written(field, spec)
        if field in CHOICES or field in SWITCHES:
            controls.put(field, wanted)
        else:
            st.session_state[field] = wanted
            _in_the_address(field, wanted)
    st.session_state[_CHOSEN] = True


def _in_the_address(field: str, wanted: str | None) -> None:
    """What was set for a control that Streamlit binds; the browser writes only what was typed."""
    with suppress(StreamlitAPIException):  # it is drawn at this moment
        if wanted is not None:
            st.query_params[field] = wanted
        elif field in st.query_params:
            del st.query_params[field]


def forget_changes() -> None:
    """Leave the network as it is named, before the sidebar is drawn for an address that says so.

    Only for what Streamlit binds: what stands in the sidebar would win over the new address.
    """
    for field in (*FIELDS, "image_size"):
        if field not in CHOICES and field not in SWITCHES and st.session_state.get(field):
            st.session_state[field] = None


def entry_of(name: str) -> Preset:
    """The named network, or the blank one of the visitor's own, which starts as ResNet-18."""
    if name == CUSTOM:
        spec = PRESETS[FIRST].spec
        return Preset(CUSTOM, words.label("net.custom"), "custom", spec, PRESETS[FIRST].image_size)
    return PRESETS[name]


def draw() -> list[str]:
    """Draw the sidebar, leave the Choice for the pages, and return what was wrong, in sentences.

    A combination that cannot be built is named at its control, and the last good choice stays.
    """
    _first_visit()
    _renamed()
    _take_now()
    entry = _network()
    values: dict[str, Any] = {"image_size": _number("image_size", entry)}
    slots: dict[str, Any] = {"image_size": st.container()}
    device = controls.choice(
        "device", _DEVICES, kind="select", everywhere=True, help=glossary("device")
    )
    changed = any(_held(field) not in (None, "") for field in FIELDS)
    with _customise(changed or entry.name == CUSTOM) as shown:
        # Most visitors never open it, and each control costs every click of theirs.
        for field in FIELDS if shown else ():
            values[field] = _control(field, entry)
            if values[field]:
                slots[field] = st.container()
        if changed:
            st.button(words.label("picker.as_named"), on_click=_as_named, width="stretch")
    problem = _settle(entry, values, device)
    complaints = _complaints()
    if problem:
        slot = slots[_blamed(problem, values) or "image_size"]
        sentence = problem.worded(labelled)
        slot.error(sentence, icon=":material/error:")
        title = st.session_state[_STATE].title
        stays = words.section("picker", "stays on screen", problem=sentence, shown=title)
        complaints = [*complaints, stays]
    return complaints


def _renamed() -> None:
    """Links of earlier versions had other names for some fields."""
    for former, (field, values) in RENAMED.items():
        said = st.query_params.get(former)
        if said is None:
            continue
        del st.query_params[former]
        if said in values and field not in st.query_params:
            controls.put(field, values[said])


@contextmanager
def _customise(needed: bool) -> Iterator[bool]:
    """The part of the sidebar that changes the network, and whether to draw what is in it.

    It opens by itself when something is customised, and closes when nothing is any more.
    """
    if st.session_state.get(_NEEDED) != needed:
        st.session_state[_NEEDED] = needed
        st.session_state[CUSTOMISE] = needed
    part = st.expander(words.label("picker.customise"), key=CUSTOMISE, on_change="rerun")
    with part:
        yield needed or bool(part.open)


def _network() -> Preset:
    """The two selects that name a network: its family, which is in no address, and itself."""
    if (
        controls.address_is_news()
        and "net" not in st.query_params
        and (name := _of_family_in_link())
    ):
        controls.put("net", name, FIRST)
    name = controls.settled("net", NETWORKS, FIRST)
    family = entry_of(name).family
    if st.session_state.get("family") != family:
        st.session_state["family"] = family
    st.selectbox(
        words.label("family.label"),
        (*FAMILIES, CUSTOM),
        key="family",
        format_func=_family_title,
        on_change=_new_family,
    )
    name = controls.choice(
        "net",
        _members(family),
        default=FIRST,
        kind="select",
        shown=lambda name: entry_of(name).title,
        everywhere=True,
        on_change=_as_named,
        help=glossary("network"),
    )
    return entry_of(name)


def _members(family: str) -> tuple[str, ...]:
    return tuple(name for name in NETWORKS if entry_of(name).family == family)


def _family_title(family: str) -> str:
    return words.label(f"family.{family}")


def _of_family_in_link() -> str | None:
    """Links of earlier versions named a family and left its first network out."""
    asked = st.query_params.get("family", "")
    family = controls.meant("family", asked, (*FAMILIES, CUSTOM))
    return _members(family)[0] if family else None


def _settle(entry: Preset, values: dict[str, Any], device: str) -> FieldError | None:
    """Store the choice if it can be built; what is wrong if it cannot."""
    try:
        st.session_state[_STATE] = _built(entry, values, device)
    except FieldError as problem:
        if st.session_state.get(_STATE) is None:
            st.session_state[_STATE] = _nearest(entry, values, device, problem)
        else:
            st.session_state[_STATE] = replace(st.session_state[_STATE], device=device)
        return problem
    return None


def _built(entry: Preset, values: dict[str, Any], device: str) -> Choice:
    changes = {field: parsed(field, value) for field, value in values.items() if value}
    image_size = changes.pop("image_size", entry.image_size)
    spec = replace(entry.spec, **changes)
    blueprint(spec, image_size)
    customised = spec != entry.spec
    title = words.label("net.customised", title=entry.title) if customised else entry.title
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
    own = getattr(entry.spec, field)
    if field in CHOICES or field in SWITCHES:
        options = CHOICES.get(field, (YES, NO))
        shown = own if field in CHOICES else (YES if own else NO)
        return controls.choice(
            field,
            options,
            kind="select",
            shown=lambda name: _option(field, name),
            optional=True,
            everywhere=True,
            placeholder=_option(field, shown),
            help=glossary(field),
        )
    if field in LISTS:
        shown = written(field, entry.spec)
        return st.text_input(
            field_label(field),
            value=None,
            placeholder=shown,
            max_chars=80,
            key=field,
            bind="query-params",
            help=glossary(field),
        )
    return _number(field, entry)


def _option(field: str, name: str) -> str:
    return words.label(f"answer.{name}" if field in SWITCHES else f"{field}.{name}")


def _number(field: str, entry: Preset) -> str | None:
    own = short_text(entry.image_size) if field == "image_size" else written(field, entry.spec)
    typed: str | None = st.selectbox(
        field_label(field),
        NUMBERS[field],
        index=None,
        placeholder=str(own),
        accept_new_options=True,
        key=field,
        bind="query-params",
        help=glossary(field),
    )
    return typed


def _held(field: str) -> Any:
    """What a field's control holds, before it is drawn."""
    if field in CHOICES or field in SWITCHES:
        return controls.settled(field, CHOICES.get(field, (YES, NO)))
    return controls.held(field)


def _new_family() -> None:
    controls.put("net", _members(st.session_state["family"])[0], FIRST)
    _as_named()


def _as_named() -> None:
    if controls.held("net") != st.session_state[_STATE].name:
        st.session_state[_CHOSEN] = True
    # A link's family would contradict the network that is chosen now.
    if "family" in st.query_params:
        del st.query_params["family"]
    for field in (*FIELDS, "image_size"):
        if field in CHOICES or field in SWITCHES:
            controls.put(field, None)
        elif st.session_state.get(field) is not None:
            st.session_state[field] = None


def _first_visit() -> None:
    """Note what the link of a session's first run says that is not understood."""
    if st.session_state.get(_COMPLAINTS) is not None:
        return
    query = st.query_params.to_dict()
    allowed = {
        "device": _DEVICES,
        **CHOICES,
        **dict.fromkeys(SWITCHES, (YES, NO)),
        **{former: tuple(values) for former, (_, values) in RENAMED.items()},
    }
    complaints = [
        words.section(
            "picker",
            "unknown value",
            field=f"{field}={quoted(query[field])}",
            allowed=", ".join(options),
        )
        for field, options in allowed.items()
        if query.get(field) and query[field] not in options
    ]
    if query.get("family") and _of_family_in_link() is None:
        complaints.append(
            words.section(
                "picker",
                "unknown value",
                field=f"family={quoted(query['family'])}",
                allowed=", ".join(map(_family_title, (*FAMILIES, CUSTOM))),
            )
        )
    complaints += [
        words.section("picker", "unknown field", field=f"{quoted(key)}={quoted(query[key])}")
        for key in query
        if not _known(key)
    ]
    st.session_state[_COMPLAINTS] = complaints
    named = query.get("net")
    known = named is not None and controls.meant("net", named, NETWORKS) is not None
    st.session_state[_CHOSEN] = known
    if named and not known:
        complaints.append(words.section("picker", "unknown network", name=quoted(named)))


def _known(key: str) -> bool:
    """Whether the sidebar or some page has such a control: it has words, or its page's name."""
    ours = {*FIELDS, *RENAMED, "image_size", "net", "family", "device", "lang", "with"}
    return key in ours or key.startswith(_OF_PAGES) or bool(words.labels(key))


def _complaints() -> list[str]:
    """What the link got wrong, until the visitor chooses something else."""
    choice = st.session_state[_STATE]
    if st.session_state.setdefault(_AS_LINKED, choice) != choice:
        st.session_state[_COMPLAINTS] = []
    complaints: list[str] = st.session_state[_COMPLAINTS]
    return complaints
