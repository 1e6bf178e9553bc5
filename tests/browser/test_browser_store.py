"""What is the visitor's stays in the visitor's browser: across a restart, in two tabs, damaged."""

import json
import re

import pytest

from explorer.lessons.quiz import make_quiz

SHELF = "resnet-explorer/questions"


def press(visit, key):
    with visit.rerun():
        visit.page.keyboard.press(key)


def shelf(visit, name=SHELF):
    text = visit.page.evaluate("name => localStorage.getItem(name)", name)
    return None if text is None else json.loads(text)


def comes_to_hold(visit, entries):
    """Wait until the browser holds these: it writes them down after it has drawn the page."""
    visit.until(
        "([name, text]) => localStorage.getItem(name) === text",
        arg=[SHELF, json.dumps(entries, separators=(",", ":"))],
    )
    assert shelf(visit) == entries


def grade(visit, key):
    press(visit, "Enter")
    press(visit, key)


def test_grades_and_answers_outlive_the_server(open_page, fresh_server):
    server = fresh_server()
    visit = open_page("questions", {"questions_card": "bottleneck"}, base_url=server.url)
    grade(visit, "2")
    comes_to_hold(visit, {"bottleneck": "nearly"})
    visit.goto("myths", {"myths_card": "misprint"})
    press(visit, "3")
    visit.goto("quiz", {"quiz_seed": "1", "quiz_length": "5", "quiz_feedback": "end"})
    first = make_quiz("1", 5)[0]
    assert first.typed
    with visit.rerun():
        visit.page.keyboard.type(first.right)
        visit.page.keyboard.press("Enter")
    visit.page.get_by_text("Question 2 of 5").wait_for()

    server.stop()
    server.start()
    visit.goto("questions", {"questions_card": "bottleneck"})
    visit.page.get_by_text("architecture and counting · easy · nearly").wait_for()
    visit.goto("myths", {"myths_card": "misprint"})
    visit.page.get_by_text("1 of 1").wait_for()
    visit.goto("quiz", {"quiz_seed": "1", "quiz_length": "5", "quiz_feedback": "end"})
    visit.page.get_by_text("Question 2 of 5").wait_for()
    assert visit.exceptions() == []
    assert next(iter(shelf(visit, "resnet-explorer/quiz").values()))[0][0] == first.right


def test_a_page_that_reconnects_to_a_new_server_loses_nothing(open_page, fresh_server):
    server = fresh_server()
    visit = open_page("questions", {"questions_card": "bottleneck"}, base_url=server.url)
    grade(visit, "2")
    server.stop()
    visit.wait_cut_off()
    server.start()
    visit.wait_idle()
    # The first key only wakes the new server, which has not drawn the button yet.
    press(visit, "ArrowLeft")
    visit.page.get_by_role(
        "row", name=re.compile(r"architecture and counting 0 1 0 \d+")
    ).wait_for()
    assert shelf(visit) == {"bottleneck": "nearly"}


def test_two_tabs_of_one_visitor_agree(open_page):
    visit = open_page("questions", {"questions_card": "bottleneck"})
    other = open_page("questions", {"questions_card": "bottleneck"}, beside=visit)
    grade(visit, "1")
    other.page.get_by_text("architecture and counting · easy · knew it").wait_for()
    for name in ("Next", "Show the answer", "Nearly"):
        with other.rerun():  # a card keeps its buttons until the next one is drawn
            other.page.get_by_role("button", name=name).click()
    visit.until(
        "name => Object.keys(JSON.parse(localStorage.getItem(name))).length === 2", arg=SHELF
    )
    with visit.rerun():
        other.page.get_by_role("button", name="Forget all grades").click()
    comes_to_hold(visit, {})
    assert visit.page.get_by_role("button", name="Forget all grades").is_disabled()
    assert visit.exceptions() == []


@pytest.mark.parametrize(
    "held",
    ["", "{{{", "[1, 2]", "null", '"text"', '{"bottleneck": {"a": 1}}', '{"gone": "no"}',
     "[" * 60_000, '{"x": "' + "y" * 100_000 + '"}', "{\"__proto__\": \"no\", \"a\": \"<b>\"}"],
    ids=range(10),
)  # fmt: skip
def test_damaged_and_foreign_values_are_ignored(open_page, held):
    visit = open_page("questions", {"questions_card": "bottleneck"})
    visit.page.evaluate("([name, text]) => localStorage.setItem(name, text)", [SHELF, held])
    visit.goto("questions", {"questions_card": "bottleneck"})
    visit.page.get_by_text("architecture and counting · easy").wait_for()
    grade(visit, "3")
    visit.until("name => JSON.parse(localStorage.getItem(name)).bottleneck === 'no'", arg=SHELF)
    # The browser also reports what it holds, and that run may be the one that ended first.
    visit.until("() => !/questions_card=bottleneck\\b/.test(location.search)")
    assert visit.exceptions() == []
