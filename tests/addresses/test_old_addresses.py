"""Links that were shared before addresses held ids open what they opened then.

`before.json` was recorded from commit 687d918, the last one whose addresses held English labels:
every page and section, every option of every control of the address (several at once), every card,
statement and stop, every link in a text. It is never recorded again; where a
question of the quiz was worded anew, its sentence was changed by hand.
"""

import json
import re
from pathlib import Path

import pytest

from tests.addresses.view import query_of, view_of

BEFORE = json.loads((Path(__file__).parent / "before.json").read_text(encoding="utf-8"))


def test_there_are_many_of_every_page():
    pages = {path.stem for path in (Path(__file__).parents[2] / "pages").glob("*.py")}
    counted = {page: sum(query_of(link)[0] == page for link in BEFORE) for page in pages}
    assert min(counted.values()) >= 8, counted
    assert len(BEFORE) >= 400


@pytest.mark.parametrize("address", BEFORE)
def test_an_old_address_opens_the_same_view(open_app, address):
    page, query = query_of(address)
    app = open_app(page, **query)
    assert not app.exception, [box.message for box in app.exception]
    expected = dict(BEFORE[address])
    controls = dict(expected.pop("controls", {}))
    # The control may show the title where the link has the name: the network is compared itself.
    controls.pop("net", None)
    found = view_of(app, list(controls))
    told = found.pop("controls", {})
    # Questions are added, and the control says how many there are to choose from.
    for held in (told, controls):
        if "questions_card" in held:
            label, *chosen = held["questions_card"]
            held["questions_card"] = [re.sub(r"\d+", "#", label), *chosen]
    # Sections were tabs, which have no label of their own.
    unnamed = {key for key, (label, *_) in controls.items() if not label}
    assert {key: ["", *held[1:]] if key in unnamed else held for key, held in told.items()} == (
        controls
    )
    # Pages gain headings and reword texts; a section is told by its headings and most of them.
    lost = [text for text in expected.pop("headings", []) if text not in found["headings"]]
    assert not lost, lost
    told_before = expected.pop("texts", [])
    lost = [text for text in told_before if text not in found["texts"]]
    assert 2 * len(lost) <= len(told_before), lost
    for part in ("headings", "texts"):
        found.pop(part, None)
    assert found == expected
