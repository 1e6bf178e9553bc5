"""What is the visitor's stays in the visitor's browser: across a restart, in two tabs, damaged."""

import json
import re
from pathlib import Path

import pytest

from explorer.lessons.quiz import make_quiz
from explorer.ui import browser_store

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
    visit.until("name => JSON.parse(localStorage.getItem(name)).misprint", "resnet-explorer/myths")
    visit.goto("quiz", {"quiz_seed": "1", "quiz_length": "5", "quiz_feedback": "end"})
    first = make_quiz("1", 5)[0]
    assert first.typed
    with visit.rerun():
        visit.page.keyboard.type(first.right)
        visit.page.keyboard.press("Enter")
    visit.page.get_by_text("Question 2 of 5").wait_for()
    visit.until("name => localStorage.getItem(name)", arg="resnet-explorer/quiz")

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
    comes_to_hold(visit, {"bottleneck": "nearly"})
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
    other.page.get_by_role("button", name="Forget all grades").click()
    comes_to_hold(visit, {})
    # The tab is told of this after the store has it, and what it is told before may run it, too.
    visit.page.get_by_role("button", name="Forget all grades", disabled=True).wait_for()
    assert visit.exceptions() == []


PROGRAM = Path(browser_store.__file__).with_suffix(".js")
TWO_TABS = """async (program) => {
  const tab = async (session) => {
    const made = new Blob([`${program}\n// ${session}`], { type: 'text/javascript' });
    const draw = (await import(URL.createObjectURL(made))).default;
    const told = [], parentElement = document.createElement('div');
    let leave;
    return { told, draw: (mine, heard = null) => {
      leave?.();
      leave = draw({ data: { shelf: 't', session, mine, most: 65536, heard },
        parentElement, setStateValue: (_, said) => told.push(said.number) });
      dispatchEvent(new StorageEvent('storage', { key: 'resnet-explorer/t' }));
    } };
  };
  const one = await tab('one'), other = await tab('other'), held = [];
  const shown = () => held.push(localStorage.getItem('resnet-explorer/t'));
  one.draw({ a: 1 });
  other.draw({});
  other.draw({ a: 1 }, other.told[0]);
  other.draw({ a: 1, b: 2 }, other.told[0]);
  shown();
  other.draw({}, other.told[0]); // all is forgotten
  one.draw({ a: 1, b: 2 }, one.told[0]); // what the one is told late
  shown();
  one.draw({}, one.told[1]);
  other.draw({ c: 3 }, other.told[0]);
  one.draw({ c: 3, d: 4 }, one.told[2]); // in one run, it learns of c and adds d
  shown();
  one.draw({ d: 4 }, one.told[2]);
  shown();
  return held;
}"""


def test_what_a_tab_learns_late_brings_nothing_back(browser, server):
    """A slow server tells a tab of entries that another tab has forgotten by then."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server.url}/_stcore/health")
    held = page.evaluate(TWO_TABS, PROGRAM.read_text(encoding="utf-8"))
    context.close()
    assert held == ['{"a":1,"b":2}', "{}", '{"c":3,"d":4}', '{"d":4}']


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
