"""What is the visitor's stays in the visitor's browser: grades, verdicts and answers, as ids.

A server that restarts, or a tab that is closed, loses nothing of it, and the server keeps nothing
longer than a session. What comes back from a browser is text of unknown origin: it is bounded,
parsed as JSON, and every entry is checked by who asked for it; what fits nothing is left out
without a word.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import streamlit as st

from explorer.ui import controls

LARGEST: Final = 65_536
"""Characters of one shelf in the browser; the oldest entries go first."""
_SESSION: Final = "browser_store"
_NUMBER: Final = 20
"""Characters of a report's number; it goes back to the browser."""

Take = Callable[[dict[str, Any]], None]


@cache
def _component() -> Any:
    script = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    return st.components.v2.component("browser_store", html="<span hidden></span>", js=script)


def keep(shelf: str, mine: Mapping[str, Any], take: Take) -> None:
    """Keep these entries in the browser, and hand over what it holds already.

    Call it once on a page, below what is seen: it takes no room.

    Args:
        shelf: which store, such as "questions".
        mine: id -> a value of JSON; an entry that is gone is taken from the browser too.
        take: called before a run, when the browser holds other entries than these, as after a
            restart or from another tab: the entries, of which nothing was checked but that they
            are JSON. It replaces `mine` by those that are possible.
    """
    if _SESSION not in st.session_state:
        st.session_state[_SESSION] = token_hex(8)
    session: str = st.session_state[_SESSION]
    key = f"kept_{shelf}"
    heard = f"{key}_heard"

    def held() -> None:
        told = st.session_state[key].get("held")
        st.session_state[heard] = number_of(told)
        found = read(told, session)
        if found is not None:
            take(found)

    data = {
        "shelf": shelf,
        "session": session,
        "mine": dict(mine),
        "most": LARGEST,
        "heard": st.session_state.get(heard),
    }

    def mount() -> None:
        _component()(key=key, data=data, on_held_change=held)

    controls.drawn_again(key, (data,), mount)


def number_of(held: object) -> str | None:
    """Which report of the browser's this is, to tell it that it was heard."""
    number = held.get("number") if isinstance(held, Mapping) else None
    return number[:_NUMBER] if isinstance(number, str) else None


def read(held: object, session: str) -> dict[str, Any] | None:
    """The entries that a browser reported; None where that is nothing for this session."""
    if not isinstance(held, Mapping) or held.get("session") != session:
        return None
    text = held.get("text")
    if not isinstance(text, str) or len(text) > LARGEST:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
