"""What a page is about is seen on a projector of 1280x720 without scrolling: the lesson's pages.

The line of the lesson stands above each of them, as it does in a class.
"""

import pytest

from explorer import words
from explorer.lessons.lesson import stops

WIDTH, HEIGHT = 1280, 720
SUBJECTS = {
    # The numbers that one is asked about, below the picture.
    "network": lambda page: page.get_by_text("11.69 M"),
    "op-by-op": lambda page: page.get_by_text("9,408"),
    "solid-and-dashed": lambda page: page.locator("[id='layer2.0.add']").first,
    "break-a-block": lambda page: page.get_by_role("button", name="Project x with a 1×1"),
    "bottleneck": lambda page: page.get_by_role("button", name="Show the results"),
    "batch-norm": lambda page: page.locator(".katex-display").nth(3),
    "deeper-and-worse": lambda page: page.get_by_test_id("stPlotlyChart").first,
    # With the names of the blocks below its bars.
    "delete-a-block": lambda page: page.locator(
        ".st-key-infer_lesions [data-testid=stPlotlyChart]"
    ),
    "quiz": lambda page: page.get_by_role("button", name="D ·"),
}
"""Stop -> what has to end above the fold."""


@pytest.mark.parametrize("stop", stops(), ids=lambda stop: stop.id)
def test_the_subject_of_a_stop_is_above_the_fold(open_page, stop):
    visit = open_page(f"{stop.page}?{stop.query}&lesson={stop.id}", width=WIDTH, height=HEIGHT)
    task = visit.page.get_by_test_id("stMain").get_by_text(stop.task.replace("*", ""))
    assert task.first.is_visible()
    subject = SUBJECTS[stop.id](visit.page)
    subject.wait_for()
    box = visit.resting_box(subject)
    assert box["y"] >= 0 and box["y"] + box["height"] <= HEIGHT, box
    assert not visit.exceptions()


def test_a_published_comparison_ends_above_the_fold(open_page):
    visit = open_page("why_residual", width=WIDTH, height=HEIGHT)
    box = visit.resting_box(visit.page.get_by_test_id("stPlotlyChart").first)
    assert box["y"] + box["height"] <= HEIGHT, box


BOTTLENECK = {"unit_block": "bottleneck", "unit_shortcut": "projection", "unit_out_channels": "256"}
WITH_ALL = BOTTLENECK | {"unit_norm": "group", "unit_se_ratio": "16"}


@pytest.mark.parametrize(
    "block",
    [{}, WITH_ALL, WITH_ALL | {"unit_activation_order": "pre"}],
    ids=["basic", "bottleneck-with-all", "pre-activation-with-all"],
)
def test_the_addition_of_a_block_is_above_the_fold(open_page, block):
    visit = open_page("block_lab", block, width=WIDTH, height=HEIGHT)
    addition = visit.page.locator(".stage circle[r='17.0']").first.bounding_box()
    assert addition["y"] + addition["height"] <= HEIGHT
    stage = visit.page.locator(".stage").first.bounding_box()
    assert addition["y"] + addition["height"] <= stage["y"] + stage["height"]


FIRST_SEEN = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const views = main.querySelector('.st-key-infer_view').getBoundingClientRect();
  const drawn = '.stage, [data-testid=stPlotlyChart], [data-testid=stDataFrame], '
    + '[data-testid=stBaseButton-primary]';
  return Math.min(...[...main.querySelectorAll(drawn)].map((e) => e.getBoundingClientRect())
    .filter((box) => box.height && box.y >= views.bottom).map((box) => box.y));
}"""
"""Where the first drawing, chart, table or main button below the views begins."""


def test_every_view_of_a_picture_begins_in_the_upper_half_or_near(open_page):
    views = [*words.labels("infer_view")]
    views = [view for view in views if view not in ("label", "preprocessing")]
    visit = open_page("inference", {"infer_view": views[0]}, width=WIDTH, height=HEIGHT)
    for view in views:
        button = visit.page.get_by_role("radio", name=words.label(f"infer_view.{view}"), exact=True)
        if button.get_attribute("aria-checked") != "true":
            with visit.rerun():
                button.click()
        visit.until(f"() => ({FIRST_SEEN})() < {0.65 * HEIGHT}")
    assert visit.exceptions() == []


def test_what_is_asked_for_is_open_until_another_view_is_chosen(open_page):
    visit = open_page(
        "inference",
        {"infer_view": "feature_maps", "infer_from": "camera"},
        width=WIDTH,
        height=HEIGHT,
    )
    head = visit.page.locator(".st-key-infer_head_asked details")
    assert head.evaluate("details => details.open")
    # Before its first frame the camera has nothing to take.
    visit.until("() => document.querySelector('video')?.videoWidth > 0")
    with visit.rerun("fragment"):
        visit.page.get_by_role("button", name="Take Photo").click()
    assert head.evaluate("details => details.open"), "one sees what came of it"
    with visit.rerun("fragment"):
        visit.page.get_by_role("radio", name=words.label("infer_view.grad_cam")).click()
    visit.until("() => document.querySelector('.st-key-infer_head details')?.open === false")
    assert visit.exceptions() == []


def test_the_views_of_a_picture_are_above_the_fold(open_page):
    visit = open_page("inference", width=WIDTH, height=HEIGHT)
    last = visit.page.get_by_role("radio", name=words.label("infer_view.model_card"))
    box = last.bounding_box()
    assert box["y"] + box["height"] <= HEIGHT
