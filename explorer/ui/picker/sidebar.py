"""The controls of the sidebar, from the family to the last field of a network of one's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import streamlit as st

from explorer import words
from explorer.architecture import FAMILIES, Preset
from explorer.architecture.choices import CHOICES, SWITCHES
from explorer.architecture.image_size import short_text
from explorer.ui import controls
from explorer.ui.fields import FIELDS, LISTS, NO, NUMBERS, YES, field_label, labelled, written
from explorer.ui.picker.choice import CUSTOM, FIRST, NETWORKS, STATE, entry_of
from explorer.ui.picker.elsewhere import TAKE, as_named, take_now
from explorer.ui.picker.link_words import (
    COMPLAINTS,
    DEVICES,
    family_of_link,
    family_title,
    members,
    note_first_visit,
    rename,
    what_was_wrong,
)
from explorer.ui.picker.settling import blamed, settle
from explorer.words import glossary

CUSTOMISE: Final = "customise"
"""Key of the part that is open while something is customised."""
_NEEDED: Final = "customise_needed"
_FOLLOWS_FROM: Final = (*FIELDS, "image_size", STATE, TAKE, COMPLAINTS)
"""What the sidebar reads of the session, besides what its controls hold that are on screen."""


def draw() -> list[str]:
    """Draw the sidebar, leave the Choice for the pages, and return what was wrong, in sentences.

    A combination that cannot be built is named at its control, and the last good choice stays.
    """
    return controls.drawn_again("picker", follows_from(), _draw)


def follows_from() -> tuple[Any, ...]:
    """What the controls are drawn from, besides what they hold themselves."""
    return tuple(controls.all_held(_FOLLOWS_FROM))


def _draw() -> list[str]:
    note_first_visit()
    rename()
    if controls.came_by_history():
        # What a button set is no longer the choice, also where no control is drawn that says so.
        controls.release(("image_size", *(f for f in FIELDS if f not in (*CHOICES, *SWITCHES))))
    take_now()
    entry = _network()
    values: dict[str, Any] = {"image_size": _number("image_size", entry)}
    slots: dict[str, Any] = {"image_size": st.container()}
    device = controls.choice(
        "device", DEVICES, kind="select", everywhere=True, help=glossary("device")
    )
    changed = any(_held(field) not in (None, "") for field in FIELDS)
    with _customise(changed or entry.name == CUSTOM) as shown:
        # Most visitors never open it, and each control costs every click of theirs.
        for field in FIELDS if shown else ():
            values[field] = _control(field, entry)
            if values[field]:
                slots[field] = st.container()
        if changed:
            st.button(words.label("picker.as_named"), on_click=as_named, width="stretch")
    problem = settle(entry, values, device)
    complaints = what_was_wrong()
    if problem:
        slot = slots[blamed(problem, values) or "image_size"]
        sentence = problem.worded(labelled)
        slot.error(sentence, icon=":material/error:")
        title = st.session_state[STATE].title
        stays = words.section("picker", "stays on screen", problem=sentence, shown=title)
        complaints = [*complaints, stays]
    return complaints


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
    if controls.address_is_news() and "net" not in st.query_params and (name := family_of_link()):
        controls.put("net", name, FIRST)
    name = controls.settled("net", NETWORKS, FIRST)
    family = entry_of(name).family
    if st.session_state.get("family") != family:
        st.session_state["family"] = family
    st.selectbox(
        words.label("family.label"),
        (*FAMILIES, CUSTOM),
        key="family",
        format_func=family_title,
        on_change=_new_family,
    )
    name = controls.choice(
        "net",
        members(family),
        default=FIRST,
        kind="select",
        shown=lambda name: entry_of(name).title,
        everywhere=True,
        on_change=as_named,
        help=glossary("network"),
    )
    return entry_of(name)


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
    with controls.one_step():
        controls.put("net", members(st.session_state["family"])[0], FIRST)
        as_named()
