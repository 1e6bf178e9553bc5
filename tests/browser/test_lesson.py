"""The lesson in Chromium: by keyboard, by link, along its line; the handout is one sheet of A4."""

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


def plain(text):
    """As it reads, without Markdown's emphasis."""
    return text.replace("*", "")


def line(visit, name, role="link"):
    """Press this in the lesson's line, and wait for where it leads."""
    with visit.rerun("script"):
        visit.page.get_by_test_id("stMain").get_by_role(role, name=name).click()


def at(visit):
    address = urlsplit(visit.page.url)
    query = {key: values[0] for key, values in parse_qs(address.query).items()}
    return address.path.strip("/"), query.pop("lesson", None), query


def test_the_line_leads_from_stop_to_stop_in_one_tab(open_page):
    visit = open_page("", {"depths": "3,3,3,3"})
    visit.go_to("Lesson")
    line(visit, "Open Home")
    visit.page.get_by_text(plain(stops()[0].task)).wait_for()
    for number in (1, 2, 3):
        before = visit.page.evaluate("history.length")
        line(visit, f"Stop {number + 1}")
        stop = stops()[number]
        visit.page.get_by_text(plain(stop.task)).wait_for()
        visit.page.wait_for_url(f"**/{stop.page}?**lesson={stop.id}**")
        visit.wait_idle()
        page, running, query = at(visit)
        assert (page, running) == (stop.page, stop.id)
        assert {key: value for key, (value,) in parse_qs(stop.query).items()} == query
        assert visit.page.evaluate("history.length") == before + 1, "one step to go back"
    visit.page.go_back()
    visit.page.get_by_text(plain(stops()[2].task)).wait_for()
    assert len(visit.context.pages) == 1
    assert visit.exceptions() == []
    assert visit.console_errors() == []


def test_a_stop_is_found_in_its_state_again_and_the_line_closes(open_page):
    visit = open_page(stops()[1].page, {**_query(stops()[1]), "lesson": stops()[1].id})
    # Until then the page asks again and again, and is drawn anew when it is there.
    visit.page.get_by_text("Checked on a real network").wait_for()
    visit.wait_idle()
    with visit.rerun():
        visit.page.keyboard.press("ArrowRight")
    visit.until("() => location.search.includes('trace_op=bn1')")
    line(visit, "Stop 3")
    visit.go_to("Batch norm")
    assert at(visit)[:2] == ("batch_norm", stops()[2].id), "the line goes along"
    line(visit, "To the stop")
    line(visit, "Stop 2")
    visit.until("() => location.search.includes('trace_op=conv1')")
    line(visit, "Close", "button")
    visit.page.get_by_text(plain(stops()[1].task)).wait_for(state="hidden")
    assert at(visit)[1] is None
    visit.go_to("Batch norm")
    assert at(visit)[1] is None
    assert visit.exceptions() == []


def _query(stop):
    return {key: value for key, (value,) in parse_qs(stop.query).items()}


@pytest.mark.parametrize(("width", "pixels"), [(390, 160), (853, 130), (1280, 110)])
def test_the_line_is_low(open_page, width, pixels):
    stop = stops()[2]
    visit = open_page(stop.page, {**_query(stop), "lesson": stop.id}, width=width, height=720)
    task = visit.page.get_by_text(plain(stop.task)).bounding_box()
    # On a telephone the choice of the network comes first.
    network = visit.page.get_by_role("button", name="Network: ")
    below = network if width < 768 else visit.page.locator("h1")
    assert below.bounding_box()["y"] - task["y"] < pixels
    close = visit.page.get_by_role("button", name="Close").bounding_box()
    assert close["x"] + close["width"] <= width


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
def test_the_handout_is_a_page_each_of_network_table_and_tasks(open_page, tmp_path: Path, query):
    visit = open_page("lesson", query)
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Download the handout").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    sheet = visit.context.new_page()
    sheet.set_content(file.read_text(encoding="utf-8"))
    assert ("customised" in sheet.locator("h1").inner_text()) == (query is CUSTOMISED)
    pdf = sheet.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 3
    box = re.search(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", pdf)
    assert box and tuple(round(float(side)) for side in box.groups()) == A4_POINTS
    sheet.set_viewport_size({"width": 703, "height": 1032})  # what the margins leave of A4
    sheet.emulate_media(media="print")
    for notes in sheet.locator(".notes").all():
        assert notes.bounding_box()["height"] * 25.4 / 96 >= 20, "space for notes"
    table = sheet.locator(".table1 svg").bounding_box()
    assert table["width"] * 25.4 / 96 >= 170, "as wide as the sheet"
    tasks = sheet.locator(".tasks li")
    assert tasks.count() == len(stops())
    for number, stop in enumerate(stops()):
        assert plain(stop.task) in tasks.nth(number).inner_text()
        line = tasks.nth(number).locator("i").last.bounding_box()
        assert line["height"] * 25.4 / 96 >= 5, "room to write"
    assert sheet.evaluate("() => document.body.scrollWidth <= innerWidth"), "nothing is cut off"
    assert visit.foreign_requests() == []
    assert visit.console_errors() == []
