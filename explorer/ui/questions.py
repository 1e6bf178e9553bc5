"""Which question is on screen: filters, order, grades."""

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from explorer.lessons.progress import Grade, possible
from explorer.lessons.questions import LEVELS, Card, cards, search, theme_title, themes
from explorer.ui import browser_store, controls, proving
from explorer.words import label, quoted, section

SHOWN: Final = ("all", "to_review", "not_graded")
CARD: Final = "questions_card"
_FILTERS: Final = ("questions_find", "questions_themes", "questions_levels")
_GRADES: Final = "questions_grades"
_OPEN: Final = "questions_open"


def filtered() -> list[Card]:
    """Draw the filters and return the cards that pass them."""
    shown, words, chosen, levels = controls.drawn_again("questions_filters", (), _filters)
    given = grades()
    return [
        card
        for card in search(words)
        if (not chosen or card.theme in chosen)
        and (not levels or card.level in levels)
        and _passes(given.get(card.id), shown)
    ]


def _filters() -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    """Which cards by their grades, which words, themes and levels."""
    shown: str = controls.choice("questions_show", SHOWN)
    in_use = any(st.session_state.get(key) or key in st.query_params for key in _FILTERS)
    with st.expander(label("questions.filters"), expanded=in_use):
        left, right = st.columns([3, 2])
    with left:
        words = st.text_input(
            label("questions_find.label"), max_chars=60, key="questions_find", bind="query-params"
        )
        chosen = controls.choices("questions_themes", themes(), shown=theme_title, wrap=True)
    with right:
        levels = controls.choices("questions_levels", LEVELS, wrap=True)
    return shown, words, chosen, levels


def choose(found: list[Card]) -> Card:
    """Draw the list and return the card that is chosen in it."""
    by_id = {card.id: card for card in found}
    first = cards()[0].id
    default = first if first in by_id else found[0].id
    if unknown := controls.unknown(CARD, tuple(card.id for card in cards())):
        st.warning(section("questions", "unknown question", name=quoted(unknown)))
    to_show = controls.settled(CARD, tuple(by_id), default)
    asked = st.query_params.get(CARD, first)
    if to_show != former_names().get(asked, asked):
        # The filters took the card away, or a link names one that does not exist: the address
        # says what is shown, also when the filters are gone.
        controls.put(CARD, to_show, first)

    def choice() -> str:
        chosen: str = controls.choice(
            CARD,
            tuple(by_id),
            default=default,
            kind="select",
            shown=lambda card: by_id[card].title,
            label=label(f"{CARD}.label", count=len(found)),
        )
        return chosen

    return by_id[controls.drawn_again(CARD, tuple(by_id), choice, read=lambda: controls.held(CARD))]


def turn(ids: list[str], step: int) -> None:
    """To the next card or the one before; from the last to the first."""
    now = controls.held(CARD)
    index = ids.index(now) if now in ids else -1
    controls.put(CARD, ids[(index + step) % len(ids)], cards()[0].id)


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


def keep() -> None:
    """Keep the grades in the visitor's browser, and take up those that it holds."""
    browser_store.keep("questions", grades(), _take)


def _take(entries: dict[str, Any]) -> None:
    replace_grades(possible(entries, [card.id for card in cards()]))


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


def former_names() -> Mapping[str, str]:
    """Name of a card in older links and files -> its id."""
    return controls.aliases(CARD)


def _passes(given: Grade | None, shown: str) -> bool:
    return shown == "all" or (given is None if shown == "not_graded" else given in ("nearly", "no"))
