"""The lesson in Chromium: by keyboard, by link, into a new tab; the handout is one sheet of A4."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from explorer.lessons.lesson import stops

A4_POINTS = (595, 842)
CUSTOMISED = {
    "net": "resnext50_32x4d",
    "depths": "3, 4, 6, 3, 2, 2, 1, 1",
    "widths": "64, 128, 256, 512, 512, 512, 512, 512",
    "image_size": "512",
}


def heading(visit, title):
    return visit.page.get_by_role("heading", name=title, exact=True)


def test_by_keyboard_and_in_the_address(open_page):
    visit = open_page("lesson", {"lesson_stop": stops()[3].id})
    assert heading(visit, stops()[3].title).is_visible()
    for key, number in (("ArrowRight", 4), ("ArrowRight", 5), ("ArrowLeft", 4)):
        with visit.rerun():
            visit.page.keyboard.press(key)
        assert heading(visit, stops()[number].title).is_visible()
        query = parse_qs(urlsplit(visit.page.url).query)
        assert query["lesson_stop"] == [stops()[number].id]
    with visit.rerun():
        visit.page.get_by_role("button", name="Start again").click()
    assert heading(visit, stops()[0].title).is_visible()
    assert visit.exceptions() == []
    assert visit.console_errors() == []
    assert visit.foreign_requests() == []


def test_a_key_after_a_click_on_the_list_walks_one_stop(open_page):
    visit = open_page("lesson")
    with visit.rerun():
        visit.page.get_by_test_id("stRadio").get_by_text(stops()[4].title).click()
    with visit.rerun():
        visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_timeout(500)
    assert heading(visit, stops()[5].title).is_visible()


@pytest.mark.parametrize("number", [0, 3])
def test_a_stop_opens_in_a_new_tab(open_page, number):
    visit = open_page("lesson", {"lesson_stop": stops()[number].id})
    with visit.context.expect_page() as opened:
        visit.page.get_by_role("link", name="in a new tab").click()
    page, _, query = stops()[number].see.partition("?")
    address = urlsplit(opened.value.url)
    assert address.path == f"/{page}"
    assert parse_qs(query).items() <= parse_qs(address.query).items()
    assert heading(visit, stops()[number].title).is_visible(), "the lesson stays where it is"


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_cut_off(open_page, width):
    visit = open_page("lesson", width=width, height=844)
    wider = visit.page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth - main.clientWidth }"
    )
    assert wider <= 0


@pytest.mark.parametrize(
    "query",
    [
        {"net": "resnet18"},
        {"net": "resnet50"},
        {"net": "resnet1202"},
        {"net": "preact_resnet164"},
        CUSTOMISED,
    ],
    ids=lambda query: query["net"],
)
def test_the_handout_is_one_page(open_page, tmp_path: Path, query):
    visit = open_page("lesson", query)
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Download the handout").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    sheet = visit.context.new_page()
    sheet.set_content(file.read_text(encoding="utf-8"))
    assert ("customised" in sheet.locator("h1").inner_text()) == (query is CUSTOMISED)
    pdf = sheet.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    box = re.search(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", pdf)
    assert box and tuple(round(float(side)) for side in box.groups()) == A4_POINTS
    sheet.set_viewport_size({"width": 703, "height": 1032})  # what the margins leave of A4
    sheet.emulate_media(media="print")
    millimetres = sheet.locator(".notes").bounding_box()["height"] * 25.4 / 96
    assert millimetres >= 20, "space for notes"
    assert sheet.evaluate("() => document.body.scrollWidth <= innerWidth"), "nothing is cut off"
    assert visit.foreign_requests() == []
    assert visit.console_errors() == []
