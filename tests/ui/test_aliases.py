"""Links and files of before the ids: every English title leads to the card that it named."""

import pytest

from explorer.lessons import questions
from explorer.lessons.lesson import stops
from explorer.lessons.myths import myths
from explorer.lessons.quiz import THEMES
from explorer.ui import controls
from explorer.words import labels

CARDS = {
    "questions_card": questions.cards,
    "myths_card": myths,
    "lesson_stop": stops,
}
COUNTS = {"questions_card": 67, "myths_card": 33, "lesson_stop": 9}


@pytest.mark.parametrize("key", CARDS)
def test_every_title_of_then_names_a_card_of_now(key):
    former = controls.aliases(key)
    ids = [card.id for card in CARDS[key]()]
    assert len(former) == COUNTS[key]
    assert len(set(former.values())) == len(former), "two titles lead to one card"
    assert set(former.values()) <= set(ids)
    assert not set(former) & set(ids)


@pytest.mark.parametrize(
    ("key", "ids"),
    [
        ("questions_themes", questions.themes()),
        ("questions_show", labels("questions_show")),
        ("quiz_themes", THEMES),
    ],
)
def test_every_word_of_then_names_an_option_of_now(key, ids):
    assert set(controls.aliases(key).values()) <= set(ids)
