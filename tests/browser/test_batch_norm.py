"""The page on batch norm in Chromium: links, sliders, sections, and the deep networks."""

from urllib.parse import parse_qs, urlsplit

import pytest

LINK = {
    "bn_values": "1, 2, 4",
    "bn_gamma": "2.0",
    "bn_beta": "-1.0",
    "bn_row": "3",
    "net": "resnet20",
}


def cell(visit, row, column):
    """Text of the table of the four steps; row and column count from 0, the header apart."""
    table = visit.page.get_by_test_id("stTable").first
    return table.locator("tbody tr").nth(row).locator("th, td").nth(column).inner_text()


def open_tab(visit, name):
    with visit.rerun():
        visit.page.get_by_role("radio", name=name).click()


def query(visit):
    return {name: found[0] for name, found in parse_qs(urlsplit(visit.page.url).query).items()}


def assert_clean(visit):
    assert visit.exceptions() == []
    assert visit.console_errors() == []
    assert visit.foreign_requests() == []


def test_a_link_restores_the_view(open_page):
    visit = open_page("batch_norm", LINK)
    # 4 of 1, 2, 4: (4 - 7/3) / sqrt(14/9), times 2, less 1.
    assert cell(visit, 2, 4) == "1.673"
    assert cell(visit, 2, 5) == "1.673", "torch's column"
    assert visit.page.get_by_text("3 typed; the batch is the first 3.").is_visible()
    assert_clean(visit)


def test_a_slider_changes_the_table_and_the_link(open_page):
    visit = open_page("batch_norm")
    assert cell(visit, 0, 4) == "−1.500"
    with visit.rerun():
        visit.page.get_by_role("slider", name="gamma").press("ArrowRight")
    assert cell(visit, 0, 4) == "−1.650"
    assert query(visit)["bn_gamma"] == "1.1"
    assert_clean(visit)


def test_a_typed_batch(open_page):
    visit = open_page("batch_norm")
    field = visit.page.get_by_role("textbox", name="Values of one channel")
    field.fill("1, 2, oops")
    with visit.rerun():
        field.press("Enter")
    assert "'oops' is not a number" in visit.page.get_by_role("alert").inner_text()
    assert cell(visit, 7, 1) == "9.000", "the last good batch stays"
    field.fill("10, 20")
    with visit.rerun():
        field.press("Enter")
    assert visit.page.get_by_role("alert").count() == 0
    assert cell(visit, 1, 3) == "1.000"


def test_sections_keep_what_was_chosen(open_page):
    visit = open_page("batch_norm", LINK)
    open_tab(visit, "Real layer")
    assert visit.page.get_by_text("reads 8 images").is_visible()
    assert query(visit)["bn_section"] == "layer"
    open_tab(visit, "Four steps")
    assert cell(visit, 2, 4) == "1.673"
    assert float(query(visit)["bn_gamma"]) == 2
    assert_clean(visit)


@pytest.mark.parametrize(
    ("section", "name", "words"),
    [
        ("layer", "Real layer", "values that share one mean are blue"),
        ("modes", "Train and eval", "PyTorch stores"),
        ("claims", "Claims", "folds into the convolution"),
    ],
)
def test_a_section_opens_from_a_link(open_page, section, name, words):
    visit = open_page("batch_norm", {"bn_section": section, "net": "resnet20"})
    assert visit.page.get_by_role("radio", name=name).is_checked()
    found = visit.page.get_by_text(words).or_(visit.page.get_by_label(words))
    assert found.first.is_visible()
    assert_clean(visit)


WATCH_FOR_BAR = """() => {
  window.barSeen = false;
  new MutationObserver(() => { barSeen ||= Boolean(document.querySelector('[role=progressbar]')) })
    .observe(document.body, { childList: true, subtree: true });
}"""


def test_deep_networks_are_computed_with_progress(open_page, fresh_server):
    """By a server of its own: what is computed once is there for all."""
    visit = open_page("batch_norm", base_url=fresh_server().url)
    bar = visit.page.get_by_role("progressbar")
    visit.page.evaluate(WATCH_FOR_BAR)  # on a quick machine it may be gone before one looks
    visit.page.get_by_role("radio", name="Deep network").click()
    table = visit.page.get_by_role("table").filter(has_text="residual, without BN")
    table.wait_for()
    visit.wait_idle()
    assert visit.page.evaluate("barSeen"), "how far it is was shown"
    assert bar.count() == 0, "the bar goes when all is computed"
    cells = table.locator("tr").filter(has_text="plain, with BN").locator("td").all_inner_texts()
    assert 3 < float(cells[1]) < 26
    assert cells[2] == "8.6"
    assert_clean(visit)


def test_a_first_visit_reads_before_torch_is_there(fresh_server, open_page):
    visit = open_page("batch_norm", LINK, base_url=fresh_server().url)
    assert cell(visit, 2, 4) == "1.673"
    assert cell(visit, 2, 5) == "1.673"
    assert_clean(visit)


def test_on_a_telephone_nothing_is_cut_off(open_page):
    visit = open_page("batch_norm", LINK, width=390, height=844)
    assert visit.page.evaluate("() => document.documentElement.scrollWidth") <= 390
    for table in visit.page.get_by_test_id("stTable").all():
        box = table.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390


def test_what_was_set_in_a_section_is_there_when_it_is_opened_again(open_page):
    visit = open_page("batch_norm")
    slider = visit.page.locator(".st-key-bn_size input[type=range]")

    # Until the section is said again, and not drawn.
    for _ in range(2):
        open_tab(visit, "Train and eval")
        open_tab(visit, "Four steps")
    slider.focus()
    with visit.rerun():
        visit.page.keyboard.press("ArrowLeft")
    assert slider.input_value() == "7"
    for _ in range(3):
        open_tab(visit, "Train and eval")
        open_tab(visit, "Four steps")
        assert slider.input_value() == "7"
        assert query(visit)["bn_size"] == "7"
