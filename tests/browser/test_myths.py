"""The statements in Chromium: judged and proved by keyboard, and a link that opens one."""

import pytest

CARD = "kernel-28x28x128"


def press(visit, key):
    with visit.rerun():
        visit.page.keyboard.press(key)


def test_by_keyboard_alone(open_page):
    visit = open_page("myths", {"myths_card": CARD})
    press(visit, "1")
    assert visit.page.get_by_text("You said: right.").is_visible()
    press(visit, "p")
    assert visit.page.get_by_role("cell", name="(128, 128, 3, 3) ✓").is_visible()
    press(visit, "ArrowRight")
    press(visit, "2")
    press(visit, "ArrowLeft")
    assert visit.page.get_by_text("Wrong.", exact=True).is_visible(), "what was judged stays judged"
    assert visit.exceptions() == []
    assert visit.console_errors() == []
    assert visit.foreign_requests() == []


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_cut_off(open_page, width):
    visit = open_page("myths", {"myths_card": CARD}, width=width, height=844)
    press(visit, "3")
    press(visit, "p")
    wider = visit.page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth - main.clientWidth }"
    )
    assert wider <= 0
