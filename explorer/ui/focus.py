"""Keeps the keyboard where one works: what had the focus may vanish with the click on it."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from explorer.ui.drawn_once import drawn_once


@cache
def _component() -> Any:
    js = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    return st.components.v2.component("focus", html="<span hidden></span>", js=js)


@drawn_once(more=("bidi_component",))
def follow(key: str, asked: str, inside: str, element: Literal["button", "h2", "figure"]) -> None:
    """When `asked` changes and nothing has the focus, give it to what one works with next.

    Args:
        key: unique on the page.
        asked: names what is on screen now.
        inside: key of a container or a widget.
        element: the first of these in it. What takes no focus by itself is made to, outside of
            the order of the tabulator, and is brought into sight.
    """
    data = {"asked": asked, "inside": inside, "element": element}
    _component()(key=key, data=data, height="content")
