"""The page Compare in Chromium: both themes, a telephone, clicks, links and Table 1."""

from urllib.parse import parse_qsl, urlsplit

import pytest

V1 = {"net": "resnet50", "with": "resnet50_v1"}


def node(visit, path):
    return visit.page.locator(f'[data-path="{path}"]').first


def query(visit):
    return dict(parse_qsl(urlsplit(visit.page.url).query))


def heading(visit, text):
    return visit.page.get_by_role("heading", name=text, exact=True)


def assert_sound(visit):
    assert visit.exceptions() == []
    assert visit.console_errors() == []
    assert visit.foreign_requests() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_a_link_opens_both_networks(open_page, size, dark):
    visit = open_page("compare", V1, width=size[0], height=size[1], dark=dark)
    assert heading(visit, "ResNet-50 and ResNet-50 v1").is_visible()
    assert node(visit, "layer2.0").text_content().count("stride") >= 1
    # The page itself never scrolls sideways; the drawing does in its own frame.
    assert visit.page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth <= main.clientWidth }"
    )
    assert_sound(visit)


@pytest.mark.parametrize(
    ("size", "query"),
    [
        ((1280, 720), V1),
        ((1280, 720), {"net": "resnet18", "with": "resnet152"}),
        ((390, 844), V1),
    ],
    ids=["v1", "18-and-152", "telephone"],
)
def test_the_drawing_is_above_the_fold(open_page, size, query):
    visit = open_page("compare", query, width=size[0], height=size[1])
    stage = visit.page.locator(".stage", has=node(visit, "stem")).first.bounding_box()
    seen = min(size[1], stage["y"] + stage["height"]) - stage["y"]
    assert seen >= 390
    for row in ("stem", "layer1.0", "layer1.1"):
        box = node(visit, row).bounding_box()
        assert box["y"] >= stage["y"] and box["y"] + box["height"] <= size[1]
        # Both columns, without scrolling sideways.
        assert box["x"] + box["width"] <= stage["x"] + stage["width"]


def test_a_click_opens_both_blocks_and_stays_in_the_address(open_page):
    visit = open_page("compare", V1, width=1440)
    with visit.rerun():
        node(visit, "layer3.0").click()
    assert heading(visit, "conv4_1: both").count() == 1
    assert query(visit)["compare_block"] == "layer3.0"
    assert node(visit, "layer3.0").get_attribute("aria-pressed") == "true"
    assert_sound(visit)


def test_sides_are_swapped_in_one_step_of_the_history(open_page):
    link = {"net": "resnet101", "depths": "3, 4, 6, 3", "with": "resnet18", "num_classes": "10"}
    visit = open_page("compare", link, width=1280, height=720)
    steps, before = visit.page.evaluate("history.length"), query(visit)
    with visit.rerun("script"):
        visit.page.get_by_role("button", name="Swap").click()
    assert heading(visit, "ResNet-18 and ResNet-101, customised").is_visible()
    changes = "depths:3, 4, 6, 3; num_classes:10"
    assert query(visit) == {"with": "resnet101", "compare_changes": changes}  # 18 is the first
    assert visit.page.evaluate("history.length") == steps + 1
    with visit.rerun("script"):
        visit.page.go_back()
    heading(visit, "ResNet-101, customised and ResNet-18").wait_for()
    assert query(visit) == before
    # What was typed into the sidebar is the choice again, and not only in the address.
    assert visit.page.get_by_text("3, 4, 6, 3 on the left").first.is_visible()
    assert visit.page.get_by_text("10 on the left").first.is_visible()
    assert_sound(visit)


def test_a_cell_of_table_1_opens_its_block(open_page):
    visit = open_page("compare", V1, width=1440)
    with visit.rerun():
        node(visit, "resnet34 layer3.0").click()
    heading(visit, "Shortcuts of ResNet-34").wait_for()
    visit.wait_idle()
    assert query(visit)["net"] == "resnet34"
    assert query(visit)["shortcuts_block"] == "layer3.0"
    assert_sound(visit)


def test_home_leads_to_it_with_the_network(open_page):
    visit = open_page("", {"net": "resnet101"}, width=1440)
    with visit.rerun():
        visit.page.get_by_role("link", name="Compare ResNet-101 with …").click()
    heading(visit, "ResNet-101 and ResNet-50").wait_for()
    assert_sound(visit)


@pytest.mark.parametrize(
    ("size", "dark"), [((1280, 720), False), ((390, 844), True)], ids=["wide", "dark-narrow"]
)
def test_times_by_turns_and_one_picture_through_both(open_page, size, dark):
    query = {"net": "resnet20", "with": "plain20"}
    visit = open_page("compare", query, width=size[0], height=size[1], dark=dark)
    with visit.rerun():
        visit.page.get_by_role("button", name="Measure both by turns").click()
    visit.page.get_by_text("Medians of").wait_for()
    with visit.rerun():
        visit.page.get_by_text("Run a picture through both").click()
    visit.page.get_by_text("Plain-20, layer3.2: mean of its channels").wait_for()
    assert visit.page.get_by_text("Medians of").count() == 1
    assert "compare_picture" in visit.page.url
    assert visit.page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth <= main.clientWidth }"
    )
    assert_sound(visit)
