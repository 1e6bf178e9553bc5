"""The quiz in Chromium: by keyboard alone, across pages, and its links."""

import csv
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from explorer.architecture import PRESETS
from explorer.lessons.quiz import make_quiz
from explorer.words import label
from tests.browser.driver import Visit

SEED = "1"
"""Of a quiz whose first question is typed, and others are not."""
QUERY = {"quiz_seed": SEED, "quiz_length": "5"}


@pytest.fixture
def visit(open_page):
    return open_page("quiz", QUERY)


def answer(visit, question, given):
    """By keyboard alone; the focus is wherever the last answer left it."""
    with visit.rerun():
        if question.typed:
            visit.page.keyboard.type(given.replace(",", ""))
            visit.page.keyboard.press("Enter")
        else:
            offered = [option.id for option in question.options]
            visit.page.keyboard.press(str(offered.index(given) + 1))


def test_by_keyboard_alone(visit):
    questions = make_quiz(SEED, 5)
    assert {question.typed for question in questions} == {True, False}
    for number, question in enumerate(questions, start=1):
        assert visit.page.get_by_text(f"Question {number} of 5").is_visible()
        answer(visit, question, question.right)
        assert visit.page.get_by_text("is right.").is_visible()
        with visit.rerun():
            visit.page.keyboard.press("Enter")
    assert visit.page.get_by_role("heading", name="5 of 5 right").is_visible()
    assert visit.exceptions() == []
    assert visit.console_errors() == []
    assert visit.foreign_requests() == []


def test_letters_choose_too_and_the_options_stay(visit):
    questions = make_quiz(SEED, 5)
    for question in questions:
        if question.typed:
            answer(visit, question, question.right)
        else:
            place = next(n for n, o in enumerate(question.options) if o.id != question.right)
            with visit.rerun():
                visit.page.keyboard.press("ABCD"[place])
            assert visit.page.get_by_text("is not right.").is_visible()
            for letter in "ABCD"[: len(question.options)]:
                assert visit.page.get_by_text(f"{letter} · ").is_visible()
            break
        with visit.rerun():
            visit.page.keyboard.press("Enter")
    assert visit.exceptions() == []
    assert visit.console_errors() == []


def test_the_focus_stays_with_what_is_answered(visit):
    """It falls to the page's beginning else, as many stops away as the sidebar has."""
    questions = make_quiz(SEED, 5)
    place = next(number for number, question in enumerate(questions) if not question.typed)
    for question in questions[:place]:
        answer(visit, question, question.right)
        with visit.rerun():
            visit.page.keyboard.press("Enter")
    visit.page.get_by_role("button", name="A ·").focus()
    with visit.rerun():
        visit.page.keyboard.press("Enter")
    visit.until("() => document.activeElement.closest('.st-key-quiz_next')")
    with visit.rerun():
        visit.page.keyboard.press("Enter")
    visit.page.get_by_text(f"Question {place + 2} of 5").wait_for()
    card = f".st-key-quiz_card_{place + 1}"
    visit.until(f"() => document.activeElement.closest('{card}')")
    assert visit.exceptions() == []


def test_the_focus_is_led_on_where_the_end_of_a_run_comes_late(browser, server):
    """What was pressed has the focus until then, and vanishes only with it."""
    visit = Visit(browser, server.url)
    sockets, kept, late = [], [], False

    def between(socket):
        def on(data):
            ends = ForwardMsg.FromString(data).HasField("script_finished")
            if kept or (late and ends):
                kept.append(data)
            else:
                socket.send(data)

        sockets.append(socket)
        socket.connect_to_server().on_message(on)

    visit.page.route_web_socket("**/_stcore/stream", between)
    try:
        visit.goto("quiz", {"quiz_seed": "2", "quiz_length": "5"})
        late = True
        visit.page.get_by_role("button", name="A ·").focus()
        visit.page.keyboard.press("Enter")
        visit._wait_until(lambda: kept)
        visit.page.wait_for_timeout(2000)
        for data in kept:
            sockets[-1].send(data)
        kept.clear()
        late = False
        visit.until("() => document.activeElement.closest('.st-key-quiz_next')")
    finally:
        visit.close()


def test_on_a_telephone_the_result_is_seen_at_once(open_page):
    """The last explanation is long, and one has scrolled down to its button."""
    visit = open_page("quiz", QUERY, width=390, height=844)
    for question in make_quiz(SEED, 5):
        answer(visit, question, question.right)
        with visit.rerun():
            visit.page.get_by_test_id("stBaseButton-primary").click()
    visit.page.get_by_role("heading", name="5 of 5 right").wait_for()
    visit.until(  # looked for each time: a run draws it anew
        """said => { const found = [...document.querySelectorAll('h1, h2, h3')]
          .find((heading) => heading.textContent.includes(said));
          const y = found?.getBoundingClientRect().y; return y >= 60 && y < 844 }""",
        arg="5 of 5 right",
    )
    assert visit.exceptions() == []


def test_nonsense_is_refused_in_one_sentence(visit):
    assert make_quiz(SEED, 5)[0].typed
    with visit.rerun():
        visit.page.keyboard.type("many")
        visit.page.keyboard.press("Enter")
    assert "'many' is not a whole number" in visit.page.get_by_role("alert").inner_text()
    assert visit.page.get_by_text("Question 1 of 5").is_visible()


def test_progress_survives_another_page(visit):
    questions = make_quiz(SEED, 5)
    answer(visit, questions[0], questions[0].right)
    for name in ("Parameters", "Quiz"):
        visit.go_to(name)
    theme = label(f"quiz_themes.{questions[0].theme}")
    visit.page.get_by_text(f"Question 1 of 5 · {theme} · 1 of 1 right").wait_for()
    assert parse_qs(urlsplit(visit.page.url).query)["quiz_seed"] == [SEED]


def test_the_link_opens_the_state_in_a_new_tab(visit):
    questions = make_quiz(SEED, 5)
    answer(visit, questions[0], questions[0].right)
    with visit.rerun():
        visit.page.keyboard.press("Enter")
    answer(visit, questions[1], questions[1].right)
    with visit.context.expect_page() as opened:
        visit.page.get_by_role("link", name="See it in the app").click()
    opened.value.wait_for_selector("[data-testid=stApp] h1")
    parts = urlsplit(opened.value.url)
    assert parts.path == f"/{questions[1].page}"
    entry = PRESETS[questions[1].network.name]
    assert parse_qs(parts.query)["net"][0] in (entry.name, entry.title)
    assert visit.page.get_by_text("is right.").is_visible(), "the quiz is still here"


def test_the_table_to_take_home(visit, tmp_path: Path):
    questions = make_quiz(SEED, 5)
    for question in questions:
        answer(visit, question, question.right)
        with visit.rerun():
            visit.page.keyboard.press("Enter")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Save CSV").click()
    download.value.save_as(tmp_path / "quiz.csv")
    rows = list(csv.DictReader((tmp_path / "quiz.csv").open(encoding="utf-8")))
    assert [row["right answer"] for row in rows] == [
        question.shown(question.right) for question in questions
    ]
    assert {row["right"] for row in rows} == {"yes"}


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_cut_off(open_page, width):
    visit = open_page("quiz", QUERY | {"quiz_seed": "14"}, width=width, height=844)
    wider = visit.page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth - main.clientWidth }"
    )
    assert wider <= 0
