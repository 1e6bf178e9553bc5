"""No number of a text stands alone: it is computed, proven, or published with its place."""

import pytest

from explorer.lessons.myths import myths
from explorer.lessons.questions import cards
from tests.lessons import numbers_told

ENTRIES = dict(numbers_told.entries())
PARAGRAPHS = dict(numbers_told.paragraphs())
PROVEN = {f"questions/{card.theme}/{card.id}" for card in cards() if card.proof} | {
    place
    for myth in myths()
    for place in (f"myths/{myth.id}", f"myths_tutorials/{myth.id}")
    if myth.proof
}
"""Their numbers are looked at where the proofs run: in test_questions and test_myths."""


@pytest.mark.parametrize("place", [p for p in ENTRIES if p not in PROVEN])
def test_what_no_proof_stands_beside_is_published(place):
    assert numbers_told.unaccounted(place, ENTRIES[place]) == set()


@pytest.mark.parametrize("file", numbers_told.PAGES)
def test_numbers_of_pages_are_filled_in_computed_or_published(file):
    alone = {
        place: found
        for place, text in PARAGRAPHS.items()
        if place.startswith(f"{file}/") and (found := numbers_told.unaccounted(place, text))
    }
    assert alone == {}


def test_nothing_is_listed_that_no_text_says():
    told = ENTRIES | PARAGRAPHS
    for listed in (numbers_told.COMPUTED, numbers_told.PUBLISHED):
        assert set(listed) <= set(told)
        for place, numbers in listed.items():
            assert set(numbers) <= numbers_told.numbers(told[place]), place


@pytest.mark.parametrize(
    ("place", "right", "wrong"),
    [
        ("questions/degradation/what-resnet-solves", "25.03", "25.30"),
        ("questions/shortcuts/cost-of-shortcut", "2,776,576", "2,767,576"),
        ("myths/five-first-places", "3.57", "3.75"),
        ("parameters/a known slip", "1,170,648", "1,107,648"),
        ("batch_norm/speed", "72.2", "74.2"),
    ],
)
def test_a_wrong_digit_is_noticed(place, right, wrong):
    text = (ENTRIES | PARAGRAPHS)[place]
    assert right in text
    assert wrong in numbers_told.unaccounted(place, text.replace(right, wrong))
