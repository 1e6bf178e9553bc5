"""What one visitor has chosen, and what the run of now is: of which page, of how much of it."""

import threading
from collections.abc import Callable
from typing import Any, Final, NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_MEMORY: Final = "controls"
_here = threading.local()
"""The memory of the run of this thread, and the run's context."""


class Memory:
    """What one visitor has chosen; by the keys of controls, if nothing else is said.

    Attributes:
        page: the path of the page that the run is for.
        run: how many runs there were.
        news: whether the controls take their values from the address in this run.
        frame_is_old: whether a click on the page has changed what the sidebar shows.
        browsers: the language that the browser asks for.
        chosen: values, as ids.
        home: the page of each control; None for the sidebar's.
        written: what the address says of it.
        known: all that the address may say without anything new being chosen.
        heard_after: the run from which on the browser has heard of what was written last.
        step: what was written since `one_step` began, and is told with its end.
        said: names of parts -> what `drawn_again` keeps of them.
        asked: names of parts -> what they followed from in the last run that drew them.
        opened: keys of `sections` -> the part that was open in the last run.
        turns: how often another theme was chosen, for which charts are drawn anew.
        choosers: keys of drawings -> who is told of a click.
    """

    def __init__(self) -> None:
        self.page: str | None = None
        self.run = 0
        self.news = True
        self.frame_is_old = False
        self.browsers: str | None = None
        self.chosen: dict[str, Any] = {}
        self.home: dict[str, str | None] = {}
        self.written: dict[str, tuple[str, ...]] = {}
        self.known: dict[str, set[tuple[str, ...]]] = {}
        self.heard_after: dict[str, int] = {}
        self.step: dict[str, tuple[str, ...]] | None = None
        self.said: dict[str, Any] = {}
        self.asked: dict[str, tuple[Any, ...]] = {}
        self.opened: dict[str, str] = {}
        self.turns = 0
        self.choosers: dict[str, Callable[[Any], None] | None] = {}


def of_visitor() -> Memory:
    """What the visitor of this run has chosen."""
    context = get_script_run_ctx(suppress_warning=True)
    found: tuple[object, Memory] | None = getattr(_here, "found", None)
    # A run asks some hundred times, and the session's state takes its time.
    if context is not None and found is not None and found[0] is context:
        return found[1]
    # `in` would filter the whole state first.
    memory: Memory | None = st.session_state.get(_MEMORY)
    if memory is None:
        memory = st.session_state[_MEMORY] = Memory()
    _here.found = (context, memory)
    return memory


def begin_run() -> None:
    """Start a run: the address is news on a session's first one, and when it came from history."""
    memory, context = of_visitor(), get_script_run_ctx(suppress_warning=True)
    memory.run += 1
    memory.frame_is_old = False
    memory.news = memory.run == 1 or (context is not None and context.is_history_navigation)


def begin_page(page: str) -> None:
    """Say which page this run is for.

    On a session's first run, on another page, and when the visitor goes back or forward, the
    address is news, and every control takes its value from there.
    """
    memory = of_visitor()
    memory.news = memory.news or memory.page != page
    memory.page = page


def page() -> str:
    """The path of the page that this run is for; the first page's is empty."""
    return of_visitor().page or ""


def address_is_news() -> bool:
    """Whether the controls take their values from the address in this run.

    Never in a fragment's rerun, which follows a run that has read it.
    """
    return of_visitor().news and not in_part()


def came_by_history() -> bool:
    """Whether Back or Forward brought the address of this run."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(context is not None and context.is_history_navigation) and not in_part()


def in_part() -> bool:
    """Whether only a part of the page runs, after a click on that part."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(context is not None and context.fragment_ids_this_run)


def again() -> NoReturn:
    """Run what is running from its beginning: the part that was clicked, or everything."""
    st.rerun(scope="fragment" if in_part() else "app")


def frame_is_old() -> bool:
    """Whether a click on the page has changed what the sidebar shows."""
    return of_visitor().frame_is_old
