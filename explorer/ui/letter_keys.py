"""Keys that choose one of the answers on screen: A to D, and 1 to 4.

A button of Streamlit's has one shortcut at most and shows it behind its label, where a digit reads
as part of the answer.
"""

from functools import cache
from typing import Any, Final

import streamlit as st

LETTERS: Final = "ABCDEFGH"

_JS: Final = """
export default function ({ parentElement, data, setTriggerValue }) {
  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const [origin] = event.composedPath();
    if (origin instanceof HTMLElement && (origin.isContentEditable
      || ["INPUT", "TEXTAREA", "SELECT"].includes(origin.tagName))) return;
    const key = event.key.toUpperCase();
    if (key.length !== 1) return;
    const place = data.letters.includes(key) ? data.letters.indexOf(key) : Number(key) - 1;
    if (key !== " " && place >= 0 && place < data.letters.length) setTriggerValue("place", place);
  };
  window.addEventListener("keydown", pressed);
  return () => window.removeEventListener("keydown", pressed);
}
"""


@cache
def _component() -> Any:
    return st.components.v2.component("letter_keys", html="<span hidden></span>", js=_JS)


def letter_keys(key: str, count: int) -> int | None:
    """Listen while this is on screen; the place, from 0, that was just chosen by its key.

    Args:
        key: unique on the page.
        count: of the answers on screen.
    """
    result = _component()(
        key=key, data={"letters": LETTERS[:count]}, on_place_change=lambda: None, height="content"
    )
    place = result.get("place")
    return place if isinstance(place, int) and 0 <= place < count else None
