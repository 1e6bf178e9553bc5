"""What a browser hands back may be anything: what is possible is taken up, the rest left out."""

import json
from math import inf, nan

import pytest

from explorer.lessons import myths, progress
from explorer.lessons.quiz import make_quiz
from explorer.lessons.quiz.run import KEPT, LONGEST, Given, Run, Settings, possible
from explorer.ui.browser_store import LARGEST, read

FOREIGN = [
    {},
    {"bottleneck": "knew it all"},
    {"bottleneck": ["no"]},
    {"bottleneck": {"no": "no"}},
    {"bottleneck": None, "__proto__": "no", "<script>": "no", "": ""},
    {"x" * 1000: "y" * 1000},
    {"q1": [], "q2": "69,632", "q3": [["69,632"]], "q4": [["69,632", "1"]], "q5": [[1, 1]]},
    {"q1": [["69,632", nan]], "q2": [["69,632", inf]], "q3": [["69,632", -1]]},
    {"q1": [["x" * 1000, 1]], "q2": [["1", 1.0]] * (LONGEST + 1)},
]


@pytest.mark.parametrize(
    "held",
    [
        None,
        "text",
        {"session": "other", "text": "{}"},
        {"session": "mine"},
        {"session": "mine", "text": 3},
        {"session": "mine", "text": "{"},
        {"session": "mine", "text": "[1]"},
        {"session": "mine", "text": "[" * 60_000},
        {"session": "mine", "text": "1" * 6_000},
        {"session": "mine", "text": " " * (LARGEST + 1)},
    ],
)
def test_what_is_no_shelf_is_left(held):
    assert read(held, "mine") is None


def test_a_shelf_is_read():
    held = {"session": "mine", "text": json.dumps({"bottleneck": "no"})}
    assert read(held, "mine") == {"bottleneck": "no"}


@pytest.mark.parametrize("entries", FOREIGN, ids=range(len(FOREIGN)))
def test_entries_of_somebody_else_are_left_out(entries):
    assert progress.possible(entries, ["bottleneck"]) == {}
    assert myths.possible(entries) == {}
    assert possible(entries) == {}


def test_possible_entries_stay():
    assert progress.possible({"paths": "no", "gone": "no"}, ["bottleneck", "paths"]) == {
        "paths": "no"
    }
    assert myths.possible({"misprint": "wrong", "gone": "right", "white-noise": "maybe"}) == {
        "misprint": "wrong"
    }
    many = {f"q{number}": [["69,632", number]] for number in range(KEPT + 5)}
    assert list(possible(many)) == [f"q{number}" for number in range(5, KEPT + 5)]
    assert possible(many)["q5"] == [Given("69,632", 5.0)]


def test_a_quiz_goes_on_until_an_answer_that_nobody_can_have_given():
    run = Run(Settings("9", 6), make_quiz(9, 6), 0.0)
    right = [Given(question.right, 1.0) for question in run.questions]
    run.take_up(right[:3])
    assert (run.index, run.score, run.reading, run.finished) == (3, 3, False, False)
    run.take_up([right[0], Given("<b>", 1.0), right[2]])
    assert (run.index, run.score) == (1, 1)
    run.take_up(right * 2)
    assert run.finished and run.score == 6


def test_settings_of_other_questions_have_another_id():
    one = Settings("9", 6)
    others = [Settings("8", 6), Settings("9", 5), Settings("9", 6, ("macs",))]
    assert len({settings.id for settings in (one, *others)}) == 4
    assert Settings("9", 6).id == one.id
