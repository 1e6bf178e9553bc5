"""From a logit to a pixel and back in Chromium: by mouse, by touch on a telephone, by keyboard."""

import re
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


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "touch"])
def test_from_the_logit_to_a_pixel_and_home(open_page: Opener, touch) -> None:
    width, height = (390, 844) if touch else (1280, 900)
    visit = open_page("inference", QUERY, width=width, height=height, touch=touch)

    def choose(locator) -> None:
        locator.tap() if touch else locator.click()

    # Of the last convolution, whose channels have patches, on: earlier ops look the same.
    with visit.rerun("fragment"):
        choose(terms(visit).first)
    assert origin(visit).startswith("flatten,")
    visit.goto("inference", QUERY | {"origin": "layer1.0.conv1,3,4,5"})
    way = follow(visit, lambda nodes: choose(nodes.first))
    assert [step.split(",")[0] for step in way] == ["relu", "bn1", "conv1", "input"]
    visit.page.get_by_text("Here the way back ends").wait_for()
    assert visit.sideways() <= 0
    with visit.rerun("fragment"):
        choose(visit.page.locator(".st-key-origin_way_0 button"))
    assert origin(visit) == "layer1.0.conv1,3,4,5"
    clean(visit)


def test_from_the_logit_to_a_pixel_by_keyboard_alone(open_page: Opener) -> None:
    visit = open_page("inference", QUERY)
    visit.tab_to("node.dataset.path?.startsWith('flatten,')")
    with visit.rerun("fragment"):
        visit.page.keyboard.press("Enter")
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


WALKED = re.compile(r"row 12, column ([5-9]|1\d)\b|row 1[345],")
"""From row 12, column 3 at least two on."""


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
    # It goes on until it is stopped: where it is by then is the machine's affair.
    visit.page.get_by_role("heading", name=WALKED).wait_for()
    visit.page.get_by_role("button", name="Stop").click()
    visit.page.get_by_role("button", name=re.compile("^Walk")).wait_for()
    visit.wait_idle()
    assert heading.inner_text().split(" = ")[0].endswith(origin(visit).split(",")[-1])
    assert [int(part) for part in origin(visit).split(",")[-2:]] >= [12, 5]
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


def test_the_sum_is_above_the_fold_and_told_to_who_does_not_see_it(open_page: Opener) -> None:
    query = QUERY | {"origin": "layer1.0.bn1,3,4,5"}
    visit = open_page("inference", query, width=1280, height=720)
    box = terms(visit).first.bounding_box()
    assert box["y"] + box["height"] <= 720
    told = visit.page.locator(".st-key-origin_drawing svg[aria-label]").get_attribute("aria-label")
    drawn = visit.page.locator(".st-key-origin_drawing svg text").all_text_contents()
    numbers = [text for text in drawn if text.strip("(\u2212)").replace(".", "").isdigit()]
    assert len(numbers) >= 5
    assert all(number in told for number in numbers)
    # What is folded away opens, and leads on: another picture has another answer.
    dog = visit.page.locator(".st-key-infer_gallery [data-path=dog]")
    visit.open(visit.page.get_by_text("Picture, weights and answer"), dog)
    with visit.rerun("fragment"):
        dog.click()
    visit.page.get_by_text("ResNet-20 \u00b7 dog").wait_for()
    clean(visit)


@pytest.mark.parametrize("touch", [False, True], ids=["keyboard", "touch"])
def test_the_toys_output_shows_its_window(open_page: Opener, touch) -> None:
    query = QUERY | {"origin_part": "toy"}
    width, height = (390, 844) if touch else (1280, 900)
    visit = open_page("inference", query, width=width, height=height, touch=touch)
    visit.page.get_by_text("The output at row 2, column 2").wait_for()
    if not touch:
        # Seen first, without scrolling on a small screen.
        assert visit.resting_box(visit.page.locator(".st-key-origin_toy"))["y"] < 640
    if touch:
        cell = visit.page.locator(".st-key-origin_toy [data-path='0,1']")
        cell.scroll_into_view_if_needed()
        with visit.rerun("fragment"):
            cell.tap()
    else:
        visit.tab_to("node.dataset.path?.match(/^\\d,\\d$/)")
        for _ in range(60):
            if visit.page.evaluate(_CHOSEN_CELL) == "0,1":
                break
            visit.page.keyboard.press("ArrowLeft")
        with visit.rerun("fragment"):
            visit.page.keyboard.press("Enter")
    visit.page.get_by_text("The output at row 0, column 1").wait_for()
    assert "origin_toy_at=0%2C1" in visit.page.url or "origin_toy_at=0,1" in visit.page.url
    assert visit.sideways() <= 0
    clean(visit)


_CHOSEN_CELL = (
    "() => { let node = document.activeElement;"
    " while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;"
    " return node.dataset.path }"
)


@pytest.mark.parametrize("touch", [False, True], ids=["keyboard", "touch"])
def test_the_gradient_goes_from_block_to_block(open_page: Opener, touch) -> None:
    query = {"net": "resnet20", "infer_view": "gradient", "gradient_block": "layer2.0"}
    width, height = (390, 844) if touch else (1280, 720)
    visit = open_page("inference", query, width=width, height=height, touch=touch)
    visit.page.get_by_text("conv3_1: the shortcut carried").wait_for()
    with visit.rerun("fragment"):
        if touch:
            visit.page.get_by_role("button", name="Towards the picture").tap()
        else:
            visit.page.keyboard.press("ArrowLeft")
    visit.page.get_by_text("conv2_3: the shortcut carried").wait_for()
    assert "gradient_block=layer1.2" in visit.page.url
    chosen = visit.page.locator(".st-key-gradient_class input").input_value()
    assert chosen == "cat (3), the true label"
    assert visit.sideways() <= 0
    clean(visit)
