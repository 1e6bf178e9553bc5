"""The parts of the lesson: the list of stops, the stop one is at, and the handout."""

from typing import Final

import streamlit as st

from explorer.architecture import Blueprint
from explorer.lessons.lesson import Stop, minutes_before, stops
from explorer.lessons.overview import summary
from explorer.ui import controls, frame, link, navigation, overview, tour
from explorer.ui.budget import BLUEPRINTS, kept
from explorer.ui.drawn_once import drawn_once
from explorer.ui.navigation import page_title
from explorer.ui.picker import Choice
from explorer.views.handout import handout
from explorer.words import count, label, section

STOP: Final = "lesson_stop"


def choose() -> int:
    """Draw the list of stops and return the place of the chosen one, counted from 0."""
    found = {stop.id: stop for stop in stops()}
    if controls.address_is_news() and (running := tour.running()):
        controls.put(STOP, running.id, stops()[0].id)
    opened = tuple(stop for stop in found if stop in tour.opened())
    chosen = controls.drawn_again("lesson_stops", opened, lambda: _list(found))
    return list(found).index(chosen)


def _list(found: dict[str, Stop]) -> str:
    chosen: str = controls.choice(
        STOP,
        tuple(found),
        kind="radio",
        shown=lambda stop: _listed(found[stop]),
        on_change=_run_along,
    )
    return chosen


def _listed(stop: Stop) -> str:
    """A stop in the list: its number, or a tick once it was opened, and how long it takes."""
    return label(
        "lesson.listed_done" if stop.id in tour.opened() else "lesson.listed",
        number=stops().index(stop) + 1,
        title=stop.title,
        minutes=count(stop.minutes, "minute"),
    )


def show(number: int) -> None:
    """What to see and to try at this stop, and the way to the next one."""
    _show(number, navigation.frozen(tour.state_of(stops()[number])))
    controls.drawn_again("lesson_steps", (number,), lambda: _steps(number))
    frame.keys(section("lesson_page", "Keys"), "lesson")
    _about_address()


@drawn_once
def _show(number: int, state: navigation.Carried) -> None:
    stop, start = stops()[number], minutes_before(number)
    # Keyed by the stop, so that another one starts as new elements.
    with st.container(border=True, key=f"lesson_{stop.id}"):
        st.caption(
            section(
                "lesson_page",
                "Place",
                number=number + 1,
                stops=len(stops()),
                start=start,
                end=start + stop.minutes,
            )
        )
        st.header(stop.title, anchor=False)
        st.markdown(stop.text)
        st.markdown(section("lesson_page", "Try", task=stop.task))
        if stop.answer:
            with st.expander(label("lesson.answer")):
                st.markdown(stop.answer)
        with st.container(key="lesson_open"):
            opened = label("lesson.open", page=page_title(stop.page))
            tour.link(stop, f"**{opened}**", ":material/play_arrow:", navigation.thawed(state))


@drawn_once
def _about_address() -> None:
    st.caption(section("lesson_page", "Address"))


def offer_handout(bp: Blueprint, choice: Choice) -> None:
    """What the handout holds, and the file."""
    st.header(label("lesson.handout"), anchor=False)
    st.markdown(section("lesson_page", "Handout", title=choice.title, stops=len(stops())))
    st.download_button(
        label("lesson.download"),
        _handout(bp, choice, (st.context.url or "").partition("?")[0]),
        file_name=f"{choice.name}_handout.html",
        mime="text/html",
        icon=":material/print:",
        on_click="ignore",
        key="lesson_handout",
    )
    st.caption(section("lesson_page", "Print"))


@kept(by=BLUEPRINTS, worded=True)
def _handout(bp: Blueprint, choice: Choice, address: str) -> str:
    return handout(
        bp,
        choice.title,
        overview.figures(choice),
        summary(bp).replace("**", ""),
        [(stop.title, stop.task) for stop in stops()],
        link.picture(address, sized=False),
    )


def _steps(number: int) -> None:
    last = len(stops()) - 1
    with st.container(horizontal=True):
        for name, shortcut, target, blocked in (
            ("back", "Left", number - 1, number == 0),
            ("next", "Right", number + 1, number == last),
            ("start_again", None, 0, number == 0),
        ):
            st.button(
                label(f"lesson.{name}"),
                shortcut=shortcut,
                on_click=_go,
                args=(target,),
                disabled=blocked,
                key=f"lesson_{name}",
            )


def _go(number: int) -> None:
    controls.put(STOP, stops()[number].id, stops()[0].id)
    _run_along()


def _run_along() -> None:
    """A lesson that is under way is at the stop that one looks at."""
    if tour.running():
        controls.put(tour.RUNNING, controls.held(STOP))
