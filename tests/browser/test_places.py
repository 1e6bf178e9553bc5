"""What is drawn takes the place that a screen has, and what one clicks stays where it is."""

from itertools import pairwise

SHOWN = """drawing => {
  const svg = drawing.querySelector('.stage svg');
  return { shown: svg.getBoundingClientRect().width, own: svg.viewBox.baseVal.width,
    room: drawing.querySelector('.stage').clientWidth };
}"""


def test_a_projector_in_full_hd_shows_the_network_larger(open_page):
    widths = {}
    for width, height in ((1440, 900), (1920, 1080)):
        visit = open_page("", {"net": "resnet18"}, width=width, height=height)
        drawing = visit.page.locator(".drawing").first
        drawing.locator(".stage svg").wait_for()
        visit.wait_idle()
        widths[width] = drawing.evaluate(SHOWN)
    assert widths[1440]["shown"] <= widths[1440]["own"] + 1
    large = widths[1920]
    assert 1.2 * large["own"] < large["shown"] <= min(large["room"], 1.4 * large["own"]) + 1


def test_the_controls_of_the_block_stay_where_they_are(open_page):
    """The red sentence and its buttons come and go above them."""
    visit = open_page("block_lab", width=1280, height=720)
    shortcut = visit.page.get_by_role("radiogroup", name="Shortcut", exact=True)
    before = shortcut.bounding_box()
    for name in ("224×224×3 to 64", "56×56×64 to 256", "One channel out", "224×224×3 to 3"):
        with visit.rerun():
            visit.page.get_by_role("button", name=name, exact=True).click()
        assert shortcut.bounding_box()["y"] == before["y"], name
    assert visit.exceptions() == []


BOXES = """parts => parts.map(part => { const box = part.getBoundingClientRect();
  return { top: box.top, bottom: box.bottom, left: box.left, right: box.right }; })"""


def boxes(visit, selector):
    """Where everything stands that a selector finds, in pixels."""
    found = visit.page.locator(selector).evaluate_all(BOXES)
    assert found, selector
    return found


def test_values_of_sliders_are_whole_and_no_link_covers_another(open_page):
    visit = open_page("parameters", width=1280, height=720)
    values = boxes(visit, "[data-testid=stSliderThumbValue]")
    assert all(box["bottom"] - box["top"] < 30 for box in values), "more lines than one"
    links = boxes(visit, "[data-testid=stSidebar] [data-testid=stPageLink-NavLink]")
    for before, after in pairwise(links):
        assert before["bottom"] <= after["top"]
    (network,) = boxes(visit, "[data-testid=stSidebar] .st-key-net")
    assert network["bottom"] <= 720, "the network can be chosen without scrolling"


def test_what_saves_the_block_stands_beside_its_controls(open_page):
    visit = open_page("block_lab", width=1920, height=1080)
    visit.page.locator(".saves button").first.wait_for()
    (told,) = boxes(visit, ".st-key-unit_told")
    assert all(save["right"] <= told["left"] for save in boxes(visit, ".saves button"))


def test_on_a_telephone_the_subject_stands_first_and_nothing_covers_a_chart(open_page):
    visit = open_page("batch_norm", {"bn_section": "claims"}, width=390, height=844, touch=True)
    visit.page.get_by_test_id("stPlotlyChart").first.wait_for()
    chart, *_ = boxes(visit, "[data-testid=stPlotlyChart]")
    (lead,) = boxes(visit, ".st-key-lead_batch_norm")
    assert chart["bottom"] < lead["top"]
    assert not visit.page.locator(".modebar:visible").count()
    assert visit.exceptions() == []


def test_zoomed_to_150_percent_the_volumes_of_an_op_are_seen(open_page):
    visit = open_page("shape_trace", {"net": "resnet18"}, width=853, height=480)
    volumes = visit.page.locator(".st-key-trace_op_beside .stage svg")
    volumes.wait_for()
    visit.wait_idle()
    assert volumes.bounding_box()["y"] < 400
    (slider,) = boxes(visit, ".st-key-trace_slider")
    last, *_ = boxes(visit, ".st-key-trace_last button:visible")
    assert slider["top"] < last["bottom"], "one row"


def test_zoomed_to_150_percent_the_blocks_of_the_lesson_are_seen(open_page):
    """What one chooses from stands above what chooses; on a projector it is the other way."""
    query = {"net": "resnet34", "shortcuts_hide": "results", "lesson": "solid-and-dashed"}
    visit = open_page("shortcuts", query, width=853, height=480)
    visit.page.locator(".st-key-shortcuts_drawn .stage svg").wait_for()
    (drawn,) = boxes(visit, ".st-key-shortcuts_drawn .stage")
    (block,) = boxes(visit, ".st-key-shortcuts_block")
    assert drawn["top"] < 400 and drawn["bottom"] < block["top"]
    visit.page.set_viewport_size({"width": 1280, "height": 720})
    visit.wait_idle()
    (drawn,) = boxes(visit, ".st-key-shortcuts_drawn .stage")
    (block,) = boxes(visit, ".st-key-shortcuts_block")
    assert block["bottom"] < drawn["top"]
