"""Which question is on screen: filters, order, grades."""

from typing import Final

import streamlit as st

from explorer.lessons.progress import Grade
from explorer.lessons.questions import LEVELS, Card, search, themes
from explorer.ui import proving

SHOWN: Final = ("all", "to review", "not graded")
CARD: Final = "questions_card"
_FILTERS: Final = ("questions_find", "questions_themes", "questions_levels")
_GRADES: Final = "questions_grades"
_OPEN: Final = "questions_open"


def filtered() -> list[Card]:
    """Draw the filters and return the cards that pass them."""
    shown = st.segmented_control(
        "Show", SHOWN, default="all", required=True, key="questions_show", bind="query-params"
    )
    in_use = any(st.session_state.get(key) or key in st.query_params for key in _FILTERS)
    with st.expander("Search and filters", expanded=in_use):
        left, right = st.columns([3, 2])
    words = left.text_input(
        "Words to look for", max_chars=60, key="questions_find", bind="query-params"
    )
    chosen = left.pills(
        "Themes; none chosen means all",
        themes(),
        selection_mode="multi",
        wrap=True,
        key="questions_themes",
        bind="query-params",
    )
    levels = right.pills(
        "Difficulty; none chosen means all",
        LEVELS,
        selection_mode="multi",
        wrap=True,
        key="questions_levels",
        bind="query-params",
    )
    return [
        card
        for card in search(words)
        if (not chosen or card.theme in chosen)
        and (not levels or card.level in levels)
        and _passes(card, shown)
    ]


def choose(found: list[Card]) -> Card:
    """Draw the list and return the card that is chosen in it."""
    titles = [card.title for card in found]
    if st.session_state.get(CARD) not in titles:
        # The filters took the card away, or a link names one that does not exist.
        st.session_state[CARD] = _named_in_link(titles) or titles[0]
    title = st.selectbox(
        f"Question, {len(found)} to choose from", titles, key=CARD, bind="query-params"
    )
    return found[titles.index(title)]


def turn(titles: list[str], step: int) -> None:
    """To the next card or the one before; from the last to the first."""
    index = titles.index(st.session_state[CARD]) if st.session_state[CARD] in titles else -1
    st.session_state[CARD] = titles[(index + step) % len(titles)]


def grades() -> dict[str, Grade]:
    """Grades by title of this session."""
    found: dict[str, Grade] = st.session_state.setdefault(_GRADES, {})
    return found


def grade(title: str, given: Grade, titles: list[str]) -> None:
    """Write a grade down and go on."""
    turn(titles, 1)
    grades()[title] = given
    close()


def replace_grades(loaded: dict[str, Grade]) -> None:
    """Go on from a file's grades, or from none."""
    st.session_state[_GRADES] = loaded


def is_open(card: Card) -> bool:
    """Whether this card's answer is shown."""
    return bool(st.session_state.get(_OPEN) == card.title)


def open_answer(card: Card) -> None:
    """Show this card's answer."""
    st.session_state[_OPEN] = card.title


def close() -> None:
    """Hide the answer and forget the proof."""
    st.session_state.pop(_OPEN, None)
    proving.forget("questions")


def _passes(card: Card, shown: str) -> bool:
    given = grades().get(card.title)
    return shown == "all" or (given is None if shown == "not graded" else given in ("nearly", "no"))


def _named_in_link(titles: list[str]) -> str | None:
    title = st.query_params.get(CARD)
    return title if title in titles else None
