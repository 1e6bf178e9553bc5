"""Every card renders, and every proof holds for exactly what its card says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.experiments.proofs import prove
from explorer.lessons.questions import LEVELS, cards, search, themes
from tests.lessons import numbers_told

ENTRIES = dict(numbers_told.entries())
ROOT = Path(__file__).parents[2]
CARDS = pytest.mark.parametrize("card", cards(), ids=lambda card: card.id)


def words(text):
    """Without the signs of Markdown, which tests and readers do not look for."""
    return re.sub(r"[*`]", "", text)


@CARDS
def test_texts_are_complete(card):
    assert card.level in LEVELS
    prose = re.sub(r"```python\n.*?\n```", "code", card.why, flags=re.DOTALL)
    for text in (card.title, card.ask, card.short, prose):
        assert text and not re.search(r"[{}]|None|  |FLOPs per", text), text
    assert card.ask.rstrip()[-1] in "?."
    assert len(card.short) < 450, "short is what one says in an interview"


@pytest.mark.parametrize("card", [card for card in cards() if card.proof], ids=lambda card: card.id)
def test_proofs_hold_for_what_the_card_says(card):
    proof = prove(card.proof)
    assert proof.lines and proof.how
    said = words(f"{card.short} {card.why}")
    place = f"questions/{card.theme}/{card.id}"
    claims = [line.claimed for line in proof.lines]
    assert numbers_told.unaccounted(place, ENTRIES[place], claims) == set()
    for line in proof.lines:
        assert line.holds, f"{line.what}: claimed {line.claimed}, computed {line.computed}"
        assert words(line.claimed) in said, f"the card does not say {line.claimed!r}"


def test_there_are_many_and_most_prove_themselves():
    assert len(cards()) >= 117
    for names in ([card.id for card in cards()], [card.title for card in cards()]):
        assert len(set(names)) == len(cards())
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", card.id) for card in cards())
    assert sum(bool(card.proof) for card in cards()) >= 95
    assert len(themes()) == 12
    assert {card.level for card in cards()} == set(LEVELS)


def test_every_card_names_its_source_with_an_address():
    for card in cards():
        assert "](https://" in card.source, card.id


def test_search():
    assert search("") == cards()
    found = search("BOTTLENECK 69,632")
    assert {"bottleneck"} <= {card.id for card in found}
    assert search("no such word anywhere") == ()


def test_unknown_proofs_are_refused():
    for what in ("cooking.params", "counting.no_such_proof", "counting._linear"):
        with pytest.raises(ValueError, match="is unknown"):
            prove(what)


def test_reading_the_cards_loads_no_torch():
    code = (
        "import sys; from explorer.lessons.questions import cards; cards();"
        "assert 'torch' not in sys.modules and 'streamlit' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
