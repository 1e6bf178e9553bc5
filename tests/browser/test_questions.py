"""The questions in Chromium: by keyboard, with a proof, a file, and another page between."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

CARD = "bottleneck"


@pytest.fixture
def visit(open_page):
    return open_page("questions", {"questions_card": CARD})


def press(visit, key):
    with visit.rerun():
        visit.page.keyboard.press(key)


def test_by_keyboard_alone(visit):
    press(visit, "Enter")
    assert visit.page.get_by_text("which is 16.94 times as many").is_visible()
    press(visit, "p")
    assert visit.page.get_by_role("cell", name="16.941 ✓").is_visible()
    press(visit, "2")
    assert visit.page.get_by_role("heading", name="How many parameters and MACs").is_visible()
    press(visit, "ArrowLeft")
    assert visit.page.get_by_text("architecture and counting · easy · nearly").is_visible()
    assert parse_qs(urlsplit(visit.page.url).query)["questions_card"] == [CARD]
    assert visit.exceptions() == []
    assert visit.console_errors() == []
    assert visit.foreign_requests() == []


def test_grades_survive_another_page_and_a_file(visit, open_page, tmp_path):
    press(visit, "Enter")
    press(visit, "3")
    for name in ("Parameters", "Questions"):
        visit.go_to(name)
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Save progress").click()
    saved = tmp_path / "progress.json"
    download.value.save_as(saved)
    assert json.loads(saved.read_text())["grades"] == {CARD: "no"}

    other = open_page("questions", {"questions_show": "to_review"})
    assert other.page.get_by_text("Nothing is left to review").is_visible()
    with other.rerun():
        other.page.locator("input[type=file]").set_input_files(saved)
    other.page.get_by_text("Grades loaded: 1.").wait_for()
    other.page.get_by_role("heading", name="What is a bottleneck").wait_for()


def test_the_link_opens_page_and_state(visit):
    press(visit, "Enter")
    with visit.context.expect_page() as opened:
        visit.page.get_by_role("link", name="See it in the app").click()
    opened.value.wait_for_selector("[data-testid=stApp] h1")
    assert urlsplit(opened.value.url).path == "/parameters"


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_cut_off(open_page, width):
    visit = open_page("questions", {"questions_card": CARD}, width=width, height=844)
    press(visit, "Enter")
    press(visit, "p")
    wider = visit.page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth - main.clientWidth }"
    )
    assert wider <= 0
