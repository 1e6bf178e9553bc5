"""The lesson under way: on every page one line says which stop this is and what to try there.

Which stop is in the address of all pages, so a link to a stop shows its line too.
"""

from typing import Final
from urllib.parse import parse_qs

import streamlit as st

from explorer.lessons.lesson import Stop, stops
from explorer.ui import controls, navigation, picker
from explorer.words import label, section

RUNNING: Final = "lesson"
_PAGE: Final = "lesson"
_AT: Final = "lesson_at"
_OPENED: Final = "lesson_opened"
_TRAVELS: Final = ("lang", "device")
"""What the visitor has chosen and no stop does."""


def begin() -> None:
    """Find out at which stop one is, before any control is drawn.

    Who arrives by a link of the line finds the stop in its state: what was customised in the
    sidebar and what was left on the page at an earlier visit gives way to the address.
    """
    stop = running()
    at = stop.id if stop else None
    before = st.session_state.setdefault(_AT, at)
    st.session_state[_AT] = at
    if stop and controls.page() == stop.page:
        opened().add(stop.id)
    if stop and before != at and controls.address_is_news():
        picker.forget_changes()
        controls.release(parse_qs(stop.query))


def opened() -> set[str]:
    """Stops whose page this visitor has seen in this visit, as ids."""
    found: set[str] = st.session_state.setdefault(_OPENED, set())
    return found


def running() -> Stop | None:
    """The stop of the lesson that is under way, or None."""
    found = {stop.id: stop for stop in stops()}
    return found.get(controls.settled(RUNNING, tuple(found), everywhere=True))


def line() -> bool:
    """Draw the line while a lesson runs; the Lesson's own page says all that itself.

    Returns whether it stands there.
    """
    stop, here = running(), controls.page()
    if stop is None or here == _PAGE:
        return False
    found = stops()
    number = found.index(stop)
    elsewhere = here != stop.page
    text, ways = st.columns(
        [1, 1] if elsewhere else [5, 3], gap="small", vertical_alignment="center"
    )
    with text:
        st.markdown(
            section("lesson_page", "Line", number=number + 1, stops=len(found), task=stop.task)
        )
    # From the right, so that the way on stands at one place and not where the way back is next.
    with (
        ways,
        st.container(
            horizontal=True,
            horizontal_alignment="right",
            gap="small",
            vertical_alignment="center",
        ),
    ):
        if elsewhere:
            link(stop, label("lesson_line.return"), ":material/place:")
        if number:
            to = label("lesson_line.stop", number=number)
            link(found[number - 1], to, ":material/arrow_back:")
        if number + 1 < len(found):
            to = label("lesson_line.stop", number=number + 2)
            link(found[number + 1], f"**{to}**", ":material/arrow_forward:")
        st.button(
            label("lesson_line.close"),
            type="tertiary",
            icon=":material/close:",
            on_click=controls.put,
            args=(RUNNING, None),
            key="lesson_line_close",
        )
    return True


def state_of(stop: Stop) -> dict[str, list[str]]:
    """What the address of a link to this stop says."""
    travelling = controls.carried(stop.page)
    query = {name: travelling[name] for name in _TRAVELS if name in travelling}
    return query | parse_qs(stop.query) | {RUNNING: [stop.id]}


def link(stop: Stop, title: str, icon: str, state: dict[str, list[str]] | None = None) -> None:
    """A link to this stop, from where the lesson goes on; `state` is its state if known."""
    st.page_link(
        navigation.page_of(stop.page),
        label=title,
        icon=icon,
        query_params=state or state_of(stop),
        width="content",
    )
