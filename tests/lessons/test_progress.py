"""Progress goes to a file and back; other files are refused in one sentence."""

import json

import pytest

from explorer.lessons.progress import FORMAT, LARGEST, from_json, to_json

TITLES = ["Explain the bottleneck", "How many paths?"]


def test_there_and_back():
    grades = {"Explain the bottleneck": "knew it", "How many paths?": "no"}
    assert from_json(to_json(grades).encode(), TITLES) == (grades, 0)


def test_cards_that_are_gone_are_left_out_and_counted():
    text = to_json({"Explain the bottleneck": "nearly", "Gone": "no"})
    assert from_json(text.encode(), TITLES) == ({"Explain the bottleneck": "nearly"}, 1)


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
        from_json(data, TITLES)
