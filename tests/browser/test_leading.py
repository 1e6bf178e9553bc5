"""Where a drawing leads to another page, Back comes to the page as it was, at its own address."""

from urllib.parse import urlsplit

import pytest


@pytest.mark.parametrize(
    ("page", "query", "node", "there", "heading"),
    [
        ("", {"net": "resnet50"}, "layer3.0.conv1", "/shape_trace", "Shape trace of ResNet-50"),
        ("compare", {"net": "resnet18"}, "resnet34 layer2.0", "/shortcuts", "Shortcuts of "),
    ],
    ids=["home", "table 1"],
)
def test_back_comes_to_the_address_that_one_left(open_page, page, query, node, there, heading):
    visit = open_page(page, query)
    before = visit.page.url
    visit.page.locator(f'[data-path="{node}"]').first.click()
    visit.page.get_by_role("heading", name=heading).first.wait_for()
    assert urlsplit(visit.page.url).path == there
    visit.wait_idle()
    visit.page.go_back()
    visit.page.wait_for_url(before)
    visit.page.locator(f'[data-path="{node}"]').first.wait_for()
    assert visit.exceptions() == []
    assert visit.console_errors() == []


def test_a_name_in_a_title_is_not_broken_at_its_hyphen(open_page):
    visit = open_page("shape_trace", {"net": "wide_resnet101_2"}, width=320, height=700)
    names = visit.page.locator("h1 strong")
    assert names.all_inner_texts() == ["ResNet-101-2"]
    lines = "e => new Set([...e.getClientRects()].map(box => box.top)).size"
    assert names.first.evaluate(lines) == 1
