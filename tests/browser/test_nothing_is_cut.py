"""On a projector no table and no drawing is cut; on a telephone no page is wider than that."""

import pytest

WIDTHS = "parts => parts.map(part => [part.scrollWidth, part.clientWidth])"
SEEN = [
    ("", {}),
    ("shape_trace", {"net": "resnet50"}),
    ("shape_trace", {"net": "resnet50", "trace_view": "ops"}),
    ("shortcuts", {"net": "resnet34"}),
    ("parameters", {"params_view": "network"}),
]


def cut(visit, selector):
    """Widths of what is wider than its place."""
    visit.wait_idle()
    visit.page.wait_for_timeout(500)  # a table measures itself after it was drawn
    pairs = visit.page.locator(selector).evaluate_all(WIDTHS)
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
