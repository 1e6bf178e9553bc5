"""The glossary on screen: one term that the address names, and all that a search finds."""

from __future__ import annotations

from typing import Final

import streamlit as st

from explorer.lessons.glossary import THEMES, Term, search, terms
from explorer.ui import controls
from explorer.ui.address import from_any_page
from explorer.ui.drawn_once import drawn_once
from explorer.ui.navigation import page_title
from explorer.words import label, quoted, section

TERM: Final = "term"
_FIND: Final = "glossary_find"
_THEME: Final = "glossary_theme"


def draw() -> None:
    """The search, the chosen term, and the list."""
    every = {term.id: term for term in terms()}
    asked = controls.unknown(TERM, tuple(every))
    words, chosen, theme = controls.drawn_again("glossary", (), lambda: _choices(tuple(every)))
    if asked:
        st.warning(section("glossary_page", "unknown", term=quoted(asked)))
    if chosen:
        with st.container(border=True):
            st.header(every[chosen].title, anchor=False)
            st.markdown(every[chosen].text)
            st.markdown(_place(every[chosen]))
    found = [term for term in search(words or "") if theme in ("all", term.theme)]
    _list(tuple(found), words or "", None if theme == "all" else theme)


def _choices(every: tuple[str, ...]) -> tuple[str | None, str | None, str]:
    """What is looked for, the chosen term, and the theme."""
    left, right = st.columns(2, gap="medium")
    with left:
        words = st.text_input(label(f"{_FIND}.label"), max_chars=60, key=_FIND, **controls.BOUND)
    with right:
        chosen = controls.choice(
            TERM, every, kind="select", optional=True, placeholder=label("glossary.choose")
        )
    return words, chosen, controls.choice(_THEME, ("all", *THEMES), kind="pills")


@drawn_once
def _list(found: tuple[Term, ...], words: str, theme: str | None) -> None:
    told: dict[str, str] = {"words": quoted(words)}
    if theme is not None:
        told["theme"] = label(f"{_THEME}.{theme}")
    if not found:
        if theme is None:
            st.info(section("glossary_page", "nothing found", **told))
        else:
            told["every"] = label(f"{_THEME}.all")
            st.info(section("glossary_page", "nothing found in theme", **told))
        return
    if words:
        title = "found" if theme is None else "found in theme"
        st.caption(section("glossary_page", title, found=len(found), count=len(terms()), **told))
    # Read down the first column, then down the second: neighbours of the alphabet stay neighbours.
    half = (len(found) + 1) // 2
    for column, part in zip(st.columns(2, gap="large"), (found[:half], found[half:]), strict=True):
        column.markdown("\n\n".join(map(_told, part)))


def _told(term: Term) -> str:
    return section("glossary_page", "term", title=term.title, text=term.text, place=_place(term))


def _place(term: Term) -> str:
    page = page_title(term.see.partition("?")[0].removeprefix("home"))
    place = {"page": page, "address": from_any_page(term.see.removeprefix("home"))}
    if not term.source:
        return section("glossary_page", "place", **place)
    return section("glossary_page", "place and source", source=term.source, **place)
