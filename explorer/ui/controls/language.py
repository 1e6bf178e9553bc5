"""The language of whoever is looking: chosen, or else the browser's."""

import threading
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer import words
from explorer.ui.controls.address import one_of, settle
from explorer.ui.controls.drawn_again import drawn_again
from explorer.ui.controls.memory import begin_run, of_visitor
from explorer.ui.controls.widgets import choice

_SPEAKS: Final = "lang"
_spoken = threading.local()
"""The language of the run of this thread, which belongs to one session."""


def begin() -> None:
    """Start a run: find out the language, in which the pages are then named."""
    begin_run()
    settle(_SPEAKS, one_of(_SPEAKS, tuple(words.LANGUAGES)), _browsers_language(), None)
    _speak(of_visitor().chosen[_SPEAKS])


def language() -> str:
    """The language of whoever is looking, for `words.ask`."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return words.DEFAULT
    # A page asks thousands of times, and the session's state takes longer than the words.
    if getattr(_spoken, "session", None) != context.session_id:
        _speak(of_visitor().chosen.get(_SPEAKS, words.DEFAULT))
    spoken: str = _spoken.language
    return spoken


def choose_language() -> None:
    """Draw the choice of the language; each is called by its own name."""
    drawn_again("language", (), _choose_language)


def _choose_language() -> None:
    choice(
        _SPEAKS,
        tuple(words.LANGUAGES),
        default=_browsers_language(),
        shown=words.LANGUAGES.__getitem__,
        everywhere=True,
        help=words.section("picker", "language"),
    )


def _speak(spoken: str) -> None:
    context = get_script_run_ctx(suppress_warning=True)
    _spoken.session, _spoken.language = context.session_id if context else None, spoken


def _browsers_language() -> str:
    memory = of_visitor()
    if memory.browsers is None:
        headers = st.context.headers
        accepted = headers.get("Accept-Language") if headers else None
        memory.browsers = words.best(accepted or st.context.locale or "")
    return memory.browsers
