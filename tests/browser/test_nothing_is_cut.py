"""On a projector no table and no drawing is cut; on a telephone no page is wider than that."""

import pytest

WIDTHS = "parts => parts.map(part => [part.scrollWidth, part.clientWidth])"
SEEN = [
    ("", {}),
    ("shape_trace", {"net": "resnet50"}),
    ("shape_trace", {"net": "resnet50", "trace_view": "ops"}),
    ("shortcuts", {"net": "resnet34"}),
    ("compare", {"net": "resnet50", "with": "resnet50_v1"}),
    ("parameters", {"params_view": "network"}),
]


def cut(visit, selector):
    """Widths of what is wider than its place, once they stay."""
    pairs, before = [], None
    while pairs != before:
        visit.wait_idle()
        visit.page.wait_for_timeout(500)  # a table measures itself after it was drawn
        before, pairs = pairs, visit.page.locator(selector).evaluate_all(WIDTHS)
    return [pair for pair in pairs if pair[0] > pair[1] + 1]


@pytest.mark.parametrize(("page", "query"), SEEN, ids=repr)
def test_on_a_projector_nothing_is_cut(open_page, page, query):
    visit = open_page(page, query, width=1280, height=720)
    assert not cut(visit, ".stage"), "a drawing"
    assert not cut(visit, ".dvn-scroller"), "a table"
    assert not visit.exceptions()


@pytest.mark.parametrize(
    ("page", "query"),
    [
        *SEEN,
        ("why_residual", {"why_part": "training"}),
        ("batch_norm", {"bn_section": "depth"}),  # a table of five columns
    ],
)
def test_on_a_telephone_no_page_is_wider_than_the_screen(open_page, page, query):
    visit = open_page(page, query, width=390, height=844)
    assert not cut(visit, "html, [data-testid=stMain]")


@pytest.mark.parametrize(
    ("page", "query", "place"),
    [
        ("batch_norm", {"bn_section": "modes"}, ".st-key-bn_small_batches"),
        ("batch_norm", {"bn_section": "claims"}, ".st-key-bn_claims"),
        ("parameters", {"params_view": "network"}, ".st-key-params_kinds_beside"),
    ],
)
def test_at_150_per_cent_what_stands_side_by_side_is_whole(open_page, page, query, place):
    """Numbers of a table, and a formula, which would run into its neighbour."""
    visit = open_page(page, query, width=853, height=480)
    # A grid has a second table inside its canvas, for screen readers, which is never visible.
    seen = f"{place} table:visible, {place} .dvn-scroller:visible"
    visit.page.locator(seen).first.wait_for()
    parts = "[data-testid=stMarkdownContainer]", ".dvn-scroller"
    assert not cut(visit, ", ".join(f"{place} {part}" for part in parts))


def test_on_a_telephone_the_published_figures_are_whole(open_page):
    """Cut at a group of digits, 1,814,073,344 would be another number."""
    visit = open_page("parameters", {"params_view": "presets"}, width=390, height=844)
    cells = visit.page.locator(".st-key-params_figures td:nth-child(-n+5)")
    cells.first.wait_for()
    ends = cells.evaluate_all("all => all.map(cell => cell.getBoundingClientRect().right)")
    assert max(ends) <= 390


def test_at_150_per_cent_no_button_cuts_its_number(open_page):
    """The answer's logit stands at the end of one."""
    visit = open_page("inference", {"net": "resnet20"}, width=853, height=480)
    button = visit.page.locator("[data-testid=stMain] button", has_text="logit")
    button.wait_for()
    assert not cut(visit, "[data-testid=stMain] button .stMarkdownEllipsis")


UNDER_THE_MENU = """() => {
  const menu = document.querySelector('[data-testid=stMainMenu]').getBoundingClientRect();
  const takers = document.querySelectorAll('.stMain :is(button, a, input, [data-baseweb=select])');
  return [...takers].filter((node) => { const box = node.getBoundingClientRect();
    return box.width && box.left < menu.right && box.right > menu.left
      && box.top < menu.bottom && box.bottom > menu.top; }).map((node) => node.outerHTML);
}"""


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("inference", {"net": "resnet20", "infer_view": "feature_maps"}),
        ("block_lab", {"lesson": "break-a-block"}),
    ],
)
def test_at_150_per_cent_nothing_to_press_stands_under_the_menu(open_page, page, query):
    visit = open_page(page, query, width=853, height=480)
    assert visit.page.evaluate(UNDER_THE_MENU) == []


def test_on_a_telephone_table_1_begins_at_the_network_of_the_sidebar(open_page):
    visit = open_page("compare", {"net": "resnet101", "with": "resnet152"}, width=390, height=844)
    lit = visit.page.locator(".st-key-table1 [data-lit]").first
    lit.wait_for(state="attached")
    stage = visit.page.locator(".st-key-table1 .stage")
    column, place = visit.resting_box(lit), visit.resting_box(stage)
    assert column["x"] >= place["x"]
    assert column["x"] + column["width"] <= place["x"] + place["width"]
