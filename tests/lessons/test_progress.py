"""Progress goes to a file and back; other files are refused in one sentence."""

import json
from collections import Counter

import pytest

from explorer.lessons.progress import FORMAT, FORMATS, LARGEST, from_json, table, to_json
from explorer.lessons.questions import cards

IDS = ["bottleneck", "paths"]
FORMER = {"Explain the bottleneck": "bottleneck", "How many paths?": "paths"}


def test_there_and_back():
    grades = {"bottleneck": "knew_it", "paths": "no"}
    assert from_json(to_json(grades).encode(), IDS, FORMER) == (grades, 0)


def test_cards_that_are_gone_are_left_out_and_counted():
    text = to_json({"bottleneck": "nearly", "gone": "no"})
    assert from_json(text.encode(), IDS, FORMER) == ({"bottleneck": "nearly"}, 1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 90_000, "not JSON"),
        (b"[1, 2]", "holds no progress"),
        (b'{"grades": {}}', "holds no progress"),
        (json.dumps({"format": FORMAT, "grades": [1]}).encode(), "damaged"),
        (json.dumps({"format": FORMAT, "grades": {"a": "perhaps"}}).encode(), "damaged"),
        (json.dumps({"format": FORMAT, "grades": {"a": ["no"]}}).encode(), "damaged"),
        (b" " * (LARGEST + 1), "at most"),
    ],
)
def test_other_files_are_refused(data, said):
    with pytest.raises(ValueError, match=said):
        from_json(data, IDS, FORMER)


def test_a_file_of_before_the_ids_is_read():
    grades = {"Explain the bottleneck": "knew it", "How many paths?": "nearly", "Gone": "no"}
    text = json.dumps({"format": FORMATS[0], "grades": grades})
    expected = {"bottleneck": "knew_it", "paths": "nearly"}
    assert from_json(text.encode(), IDS, FORMER) == (expected, 1)


def test_the_table_counts_every_card_once():
    graded = table({"bottleneck": "knew_it", "four-equations": "no"}).splitlines()[2:]
    themes = Counter(card.theme for card in cards())
    for title, found, left in (
        ("architecture and counting", "1 | 0 | 0", themes["architecture"] - 1),
        ("variants", "0 | 0 | 0", themes["variants"]),
        ("BN mechanics", "0 | 0 | 1", themes["bn_mechanics"] - 1),
        ("BN in practice", "0 | 0 | 0", themes["bn_practice"]),
    ):
        assert f"| {title} | {found} | {left} |" in graded
    counts = [cell for row in table({}).splitlines()[2:] for cell in row.split("|")[2:-1]]
    assert sum(map(int, counts)) == len(cards())
