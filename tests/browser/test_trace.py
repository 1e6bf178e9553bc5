"""Home and Shape trace in a real browser: links, keys, clicks, the check, downloads."""

import csv
import io
from urllib.parse import parse_qs, urlsplit

import pytest


def op_in_url(visit):
    return parse_qs(urlsplit(visit.page.url).query).get("trace_op", [None])[0]


def at(visit, path):
    """Wait until the player shows this op and the address names it."""
    visit.page.get_by_test_id("stCaptionContainer").filter(has_text=f"› {path}").wait_for()
    visit.page.wait_for_url(f"**trace_op={path}*")


def assert_clean(visit):
    assert not visit.exceptions()
    assert not visit.console_errors()
    assert not visit.foreign_requests()


def agreed(visit):
    visit.page.get_by_text("Checked on a real network").wait_for()
    visit.wait_idle()


def test_a_cold_deep_link_opens_the_op_and_keys_walk_on(fresh_server, open_page):
    visit = open_page(
        "shape_trace",
        {"net": "resnet18", "trace_op": "layer2.0.conv1"},
        base_url=fresh_server().url,
        width=1440,
    )
    page = visit.page
    page.get_by_text("Input 56×56×64, 128 kernels of 3×3×64, stride 2").wait_for()
    agreed(visit)
    page.get_by_text("on all 69 shapes and 11,689,512 parameters").wait_for()
    with visit.rerun("fragment"):
        page.keyboard.press("ArrowRight")
    at(visit, "layer2.0.bn1")
    with visit.rerun("fragment"):
        page.keyboard.press("ArrowLeft")
    at(visit, "layer2.0.conv1")
    with visit.rerun("fragment"):
        page.get_by_role("button", name="Next", exact=False).first.click()
    at(visit, "layer2.0.bn1")
    with visit.rerun("fragment"):
        page.keyboard.press("Shift+ArrowRight")
    at(visit, "layer2.1.conv1")
    with visit.rerun("fragment"):
        page.locator('[data-path="layer3.1"]').click()
    page.get_by_text("Input 14×14×256, 256 kernels of 3×3×256, stride 1").wait_for()
    with visit.rerun("fragment"):
        page.locator('[data-path="layer3.1.add"]').click()
    at(visit, "layer3.1.add")
    page.go_back()
    page.get_by_text("Input 14×14×256, 256 kernels of 3×3×256, stride 1").wait_for()
    assert_clean(visit)


def test_the_slider_takes_one_step_per_key(open_page):
    visit = open_page("shape_trace", {"net": "resnet18"})
    agreed(visit)
    visit.page.get_by_role("slider").focus()
    with visit.rerun("fragment"):
        visit.page.keyboard.press("ArrowRight")
    at(visit, "bn1")
    visit.page.wait_for_timeout(500)
    assert op_in_url(visit) == "bn1"


@pytest.mark.parametrize(("view", "rows"), [("blocks", 10), ("ops", 69)])
def test_both_tables_can_be_saved(open_page, view, rows):
    visit = open_page("shape_trace", {"net": "resnet18", "trace_view": view})
    agreed(visit)
    with visit.page.expect_download() as caught:
        visit.page.get_by_role("button", name="Save CSV").click()
    saved = caught.value
    assert saved.suggested_filename == f"resnet18_{view}.csv"
    table = list(csv.DictReader(io.StringIO(saved.path().read_text(encoding="utf-8"))))
    assert len(table) == rows + 1
    assert sum(int(row["parameters"]) for row in table[:-1]) == 11_689_512
    assert table[-1]["parameters"] == "11689512"
    assert_clean(visit)


def test_a_row_opens_and_walks(open_page):
    visit = open_page("shape_trace", {"net": "resnet18"}, width=1440, height=1800)
    agreed(visit)
    canvas = visit.page.locator("[data-testid=stDataFrame] canvas").first
    box = visit.resting_box(canvas)
    row = box["height"] / 12  # a title, stem, eight blocks, head, total

    def click(number):
        visit.page.mouse.click(box["x"] + 30, box["y"] + row * (number + 0.5))

    with visit.rerun("fragment"):
        click(4)
    visit.page.wait_for_url("**trace_block=layer2.0*")
    # Its ops are rows of the table now.
    table = "document.querySelector('[data-testid=stDataFrame] canvas')"
    visit.until(f"height => {table}.clientHeight > height", box["height"] + 5 * row)
    assert visit.resting_box(canvas)["y"] == box["y"]
    with visit.rerun("fragment"):
        click(6)
    at(visit, "layer2.0.bn1")
    assert_clean(visit)


def test_torchinfo_and_time_come_when_their_tabs_open(open_page):
    visit = open_page("shape_trace", {"net": "resnet20"})
    agreed(visit)
    page = visit.page
    page.get_by_role("radio", name="torchinfo").click()
    page.get_by_text("both count 269,722 parameters").wait_for()
    page.get_by_text("Conv2d (conv1)").first.wait_for()
    page.get_by_role("radio", name="Time").click()
    page.locator(".js-plotly-plot .bars path").first.wait_for()
    page.get_by_text("time, ms").first.wait_for()
    assert_clean(visit)


def test_a_volume_on_home_opens_its_op(open_page):
    visit = open_page("", {"net": "resnet50"}, width=1440)
    visit.page.locator('[data-path="layer3.0.conv1"]').click()
    visit.page.get_by_role("heading", name="Shape trace of ResNet-50").wait_for()
    at(visit, "layer3.0.conv1")
    # Behind 4 of the stem and 7 bottlenecks of 10, of which the first of a stage has 2 more.
    visit.page.get_by_text("op 79 of 175").wait_for()
    assert_clean(visit)


@pytest.mark.parametrize("page", ["", "shape_trace"])
@pytest.mark.parametrize("dark", [False, True])
def test_on_a_telephone_nothing_is_wider_than_the_screen(open_page, page, dark):
    visit = open_page(page, {"net": "resnet1202"}, width=390, height=844, dark=dark)
    wide = visit.page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth - main.clientWidth }"
    )
    assert wide <= 0
    smallest = visit.page.evaluate(
        """() => {
            const found = [];
            const look = (root) => root.querySelectorAll('*').forEach((element) => {
                if (element.shadowRoot) look(element.shadowRoot);
                if (element.tagName === 'text') {
                    const scale = element.getScreenCTM().a;
                    found.push(scale * parseFloat(getComputedStyle(element).fontSize));
                }
            });
            look(document);
            return Math.min(...found);
        }"""
    )
    assert smallest >= 14
    assert_clean(visit)


@pytest.mark.parametrize("touch", [False, True], ids=["keyboard", "touch"])
def test_the_player_turns_round_at_its_op_and_walks_back(open_page, touch):
    query = {"net": "resnet20", "trace_op": "layer2.0.relu2"}
    width, height = (390, 844) if touch else (1280, 720)
    visit = open_page("shape_trace", query, width=width, height=height, touch=touch)
    backward = visit.page.get_by_role("radio", name="Backward")
    if touch:
        backward.tap()
    else:
        visit.tab_to("node.getAttribute('role') === 'radio' && node.closest('.st-key-trace_way')")
        visit.page.keyboard.press("ArrowRight")
        visit.page.keyboard.press("Enter")
    visit.page.get_by_text("step 40 of 71 on the way back").wait_for()
    visit.wait_idle()
    if touch:
        visit.page.get_by_role("button", name="Next", exact=True).tap()
    else:
        # Off the options, on which this key chooses; the title may be below the page's header.
        visit.page.evaluate("() => document.activeElement.blur()")
        visit.page.keyboard.press("ArrowLeft")
    visit.page.get_by_text("step 41 of 71 on the way back").wait_for()
    visit.page.get_by_text("conv3_1: the shortcut carried").wait_for()
    visit.wait_idle()
    assert "trace_op=layer2.0.add" in visit.page.url and "trace_way=backward" in visit.page.url
    assert visit.sideways() <= 0
    assert visit.exceptions() == [] and visit.console_errors() == []


def test_who_walks_by_keyboard_goes_on_from_there(open_page):
    """The map is drawn anew with each op, and the row of steps with each direction."""
    visit = open_page("shape_trace", {"net": "resnet20"})
    visit.tab_to("node.dataset.path === 'conv1'")
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**trace_op=bn1**")
    focused = "() => { let e = document.activeElement; while (e.shadowRoot?.activeElement)"
    focused += " e = e.shadowRoot.activeElement; return e.dataset.path ?? e.innerText }"
    visit.until(f"() => ({focused})() === 'bn1'")
    visit.page.get_by_role("radio", name="Forward").focus()
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("Space")
    visit.page.wait_for_url("**trace_way=backward**")
    visit.page.get_by_role("combobox", name="Class").wait_for()
    visit.until(f"() => ({focused})() === 'Backward'")
    assert visit.exceptions() == []
