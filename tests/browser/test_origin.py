"""From a logit to a pixel and back in Chromium: by mouse, by touch on a telephone, by keyboard."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.driver import Visit

Opener = Callable[..., Visit]
QUERY = {"net": "resnet20", "infer_view": "origin"}


def origin(visit: Visit) -> str:
    return parse_qs(urlsplit(visit.page.url).query).get("origin", [""])[0]


def clean(visit: Visit) -> None:
    assert visit.exceptions() == []
    assert visit.console_errors() == []
    assert visit.foreign_requests() == []


def terms(visit: Visit):
    """The drawing of the sum; its nodes lead one op back."""
    return visit.page.locator(".st-key-origin_drawing [data-path]")


def follow(visit: Visit, choose: Callable[..., None]) -> list[str]:
    """One op back after the other, down to the picture, by the strongest of what is drawn."""
    way = []
    for _ in range(80):
        if terms(visit).count() == 0:
            break
        with visit.rerun("fragment"):
            choose(terms(visit))
        way.append(origin(visit))
    return way


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
def test_from_the_logit_to_a_pixel_and_home_by_mouse(open_page: Opener, size) -> None:
    visit = open_page("inference", QUERY, width=size[0], height=size[1])
    # Of the last convolution, whose channels have patches, on: earlier ops look the same.
    with visit.rerun("fragment"):
        terms(visit).first.click()
    assert origin(visit).startswith("flatten,")
    visit.goto("inference", QUERY | {"origin": "layer1.0.conv1,3,4,5"})
    way = follow(visit, lambda nodes: nodes.first.click())
    assert [step.split(",")[0] for step in way] == ["relu", "bn1", "conv1", "input"]
    visit.page.get_by_text("Here the way back ends").wait_for()
    overflow = visit.page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    with visit.rerun("fragment"):
        visit.page.locator(".st-key-origin_way_0 button").click()
    assert origin(visit) == "layer1.0.conv1,3,4,5"
    clean(visit)


def test_from_the_logit_to_a_pixel_by_keyboard_alone(open_page: Opener) -> None:
    visit = open_page("inference", QUERY)
    assert visit.runs.fragment == 0

    def enter(nodes) -> None:
        nodes.first.focus()
        visit.page.keyboard.press("Enter")

    with visit.rerun("fragment"):
        enter(terms(visit))
    assert origin(visit).startswith("flatten,")
    # Further down by the key that follows what contributes most.
    visit.goto("inference", QUERY | {"origin": "layer1.1.conv1,3,4,5"})
    for _ in range(80):
        if terms(visit).count() == 0:
            break
        with visit.rerun("fragment"):
            visit.page.locator("h1").click()
            visit.page.keyboard.press("b")
    assert origin(visit).startswith("input,")
    with visit.rerun("script"):
        visit.page.go_back()
    assert origin(visit).startswith("conv1,")
    clean(visit)


def test_a_click_on_a_map_moves_and_the_walk_goes_on_by_itself(open_page: Opener) -> None:
    visit = open_page("inference", QUERY | {"origin": "layer2.1.conv1,17,5,9"})
    written = visit.page.locator('[data-path="layer2.1.conv1,17"] image')
    box = written.bounding_box()
    with visit.rerun("fragment"):
        written.click(position={"x": box["width"] * 3.5 / 16, "y": box["height"] * 12.5 / 16})
    assert origin(visit) == "layer2.1.conv1,17,12,3"
    heading = visit.page.get_by_role("heading", name="layer2.1.conv1, channel 17")
    visit.page.locator("h1").click()
    visit.page.keyboard.press("p")
    visit.page.get_by_role("heading", name="row 12, column 5").wait_for()
    visit.page.get_by_role("button", name="Stop").click()
    visit.page.get_by_role("button", name="Walk").wait_for()
    visit.wait_idle()
    assert heading.inner_text().split(" = ")[0].endswith(origin(visit).split(",")[-1])
    assert int(origin(visit).split(",")[-1]) >= 5
    clean(visit)


def test_a_click_on_a_channel_of_the_feature_maps_opens_its_sum(open_page: Opener) -> None:
    query = {"net": "resnet20", "infer_view": "feature_maps", "infer_block": "layer2.1"}
    visit = open_page("inference", query)
    tile = visit.page.locator('[data-path="layer2.1.relu2,5"] image')
    box = tile.bounding_box()
    with visit.rerun():
        tile.click(position={"x": box["width"] * 0.5 / 16, "y": box["height"] * 15.5 / 16})
    visit.page.get_by_role("heading", name="layer2.1.relu2, channel 5, row 15, column 0").wait_for()
    assert origin(visit) == "layer2.1.relu2,5,15,0"
    clean(visit)
