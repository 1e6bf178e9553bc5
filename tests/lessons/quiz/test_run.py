"""A run: answers once, time, score by theme, and a table that reads back."""

import csv
from io import StringIO

from explorer.lessons.quiz import make_quiz
from explorer.lessons.quiz.run import COLUMNS, Run, Settings, spoken


def begun(length=6):
    return Run(Settings("9", length), make_quiz(9, length), shown_at=100.0)


def test_right_and_wrong_answers():
    run = begun()
    wrong = next(iter(run.questions[1].mistakes))
    run.answer(0, run.questions[0].right, now=104.0, explain=True)
    assert (run.score, run.index, run.reading) == (1, 0, True)
    run.answer(1, wrong, now=105.0, explain=True)
    assert len(run.given) == 1, "the explanation is still on screen"
    run.go_on(110.0)
    run.answer(1, wrong, now=113.0, explain=False)
    assert (run.score, run.index) == (1, 2)
    assert run.seconds == 4.0 + 3.0, "reading is not counted"
    assert [(number, given.answer) for number, _, given in run.mistakes] == [(2, wrong)]


def test_a_second_answer_to_the_same_question_is_ignored():
    run = begun()
    for _ in range(2):
        run.answer(0, run.questions[0].right, now=101.0, explain=False)
    assert len(run.given) == 1


def test_to_the_end():
    run = begun()
    for index, question in enumerate(run.questions):
        assert not run.finished
        run.answer(index, question.right, now=101.0 + index, explain=True)
        run.go_on(102.0 + index)
    assert run.finished
    assert run.score == len(run.questions) and not run.mistakes
    assert sum(asked for _, asked in run.by_theme().values()) == len(run.questions)
    assert all(right == asked for right, asked in run.by_theme().values())


def test_csv():
    run = begun(2)
    wrong, why = next(iter(run.questions[0].mistakes.items()))
    run.answer(0, wrong, now=101.5, explain=False)
    run.answer(1, run.questions[1].right, now=103.0, explain=False)
    header, first, second = csv.reader(StringIO(run.csv()))
    assert [name.replace(" ", "_") for name in header] == list(COLUMNS)
    shown = run.questions[0].shown
    assert first[4:] == [shown(wrong), shown(run.questions[0].right), "no", "1.5", why]
    assert second[6:] == ["yes", "1.5", ""]


def test_spoken():
    assert (spoken(47.6), spoken(185)) == ("48 s", "3 min 5 s")
