"""Which question is on screen: filters, order, grades."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import streamlit as st

from explorer.lessons.progress import Grade
from explorer.lessons.questions import LEVELS, Card, search, theme_title, themes
from explorer.ui import proving
from explorer.words import label

SHOWN: Final = ("all", "to_review", "not_graded")
CARD: Final = "questions_card"
_FILTERS: Final = ("questions_find", "questions_themes", "questions_levels")
_GRADES: Final = "questions_grades"
_OPEN: Final = "questions_open"


def filtered() -> list[Card]:
    """Draw the filters and return the cards that pass them."""
    shown = st.segmented_control(
        label("questions_show.label"),
        SHOWN,
        format_func=lambda option: label(f"questions_show.{option}"),
        default="all",
        required=True,
        key="questions_show",
        bind="query-params",
    )
    in_use = any(st.session_state.get(key) or key in st.query_params for key in _FILTERS)
    with st.expander(label("questions.filters"), expanded=in_use):
        left, right = st.columns([3, 2])
    words = left.text_input(
        label("questions_find.label"), max_chars=60, key="questions_find", bind="query-params"
    )
    chosen = left.pills(
        label("questions_themes.label"),
        themes(),
        format_func=theme_title,
        selection_mode="multi",
        wrap=True,
        key="questions_themes",
        bind="query-params",
    )
    levels = right.pills(
        label("questions_levels.label"),
        LEVELS,
        format_func=lambda level: label(f"questions_levels.{level}"),
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
    by_id = {card.id: card for card in found}
    if st.session_state.get(CARD) not in by_id:
        # The filters took the card away, or a link names one that does not exist.
        st.session_state[CARD] = _named_in_link(found) or found[0].id
    chosen = st.selectbox(
        label(f"{CARD}.label", count=len(found)),
        list(by_id),
        format_func=lambda card: by_id[card].title,
        key=CARD,
        bind="query-params",
    )
    return by_id[chosen]


def turn(ids: list[str], step: int) -> None:
    """To the next card or the one before; from the last to the first."""
    index = ids.index(st.session_state[CARD]) if st.session_state[CARD] in ids else -1
    st.session_state[CARD] = ids[(index + step) % len(ids)]


def grades() -> dict[str, Grade]:
    """Grades of this session, by the cards' ids."""
    found: dict[str, Grade] = st.session_state.setdefault(_GRADES, {})
    return found


def grade(card: str, given: Grade, ids: list[str]) -> None:
    """Write a grade down and go on."""
    turn(ids, 1)
    grades()[card] = given
    close()


def replace_grades(loaded: dict[str, Grade]) -> None:
    """Go on from a file's grades, or from none."""
    st.session_state[_GRADES] = loaded


def is_open(card: Card) -> bool:
    """Whether this card's answer is shown."""
    return bool(st.session_state.get(_OPEN) == card.id)


def open_answer(card: Card) -> None:
    """Show this card's answer."""
    st.session_state[_OPEN] = card.id


def close() -> None:
    """Hide the answer and forget the proof."""
    st.session_state.pop(_OPEN, None)
    proving.forget("questions")


@cache
def former_names() -> dict[str, str]:
    """Name of a card in older links and files -> its id."""
    tables = tomllib.loads(Path(__file__).with_name("aliases.toml").read_text(encoding="utf-8"))
    found: dict[str, str] = tables[CARD]
    return found


def _passes(card: Card, shown: str) -> bool:
    given = grades().get(card.id)
    return shown == "all" or (given is None if shown == "not_graded" else given in ("nearly", "no"))


def _named_in_link(found: list[Card]) -> str | None:
    named = st.query_params.get(CARD)
    return next((card.id for card in found if named in (card.id, card.title)), None)
