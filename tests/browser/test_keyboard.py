"""Who works with the keyboard sees where it is, and is not thrown out of the page by a press."""

FOCUSED = """() => { let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node; }"""
OUTLINE = """(node) => { const style = getComputedStyle(node);
  return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2; }"""


def begin_at_the_page(visit) -> None:
    """Tab begins below the title, not in the sidebar."""
    visit.page.locator("h1").first.click()


def focused_is(visit, described: str) -> None:
    """Wait until the focus is on what this JavaScript, a test of `node`, describes."""
    visit.until(f"() => {{ const node = ({FOCUSED})(); return {described}; }}")


def test_an_option_a_switch_and_a_tables_buttons_show_that_they_have_the_focus(open_page):
    visit = open_page("block_lab", {"unit_view": "numbers"})
    begin_at_the_page(visit)
    for kind in ("radio", "checkbox"):
        visit.tab_to(f"node.type === '{kind}'")
        around = visit.page.evaluate_handle(f"() => ({FOCUSED})().closest('label')")
        visit.until(OUTLINE, arg=around)
    visit.goto("block_lab", {"unit_view": "dialects"})
    begin_at_the_page(visit)
    visit.tab_to("node.getAttribute('aria-label') === 'Fullscreen'")
    button = visit.page.evaluate_handle(FOCUSED)
    visit.until(OUTLINE, arg=button)
    visit.until(
        "(node) => { for (let at = node; at; at = at.parentElement)"
        " if (getComputedStyle(at).opacity !== '1') return false; return true; }",
        arg=button,
    )


def test_what_is_pressed_and_vanishes_hands_the_focus_on(open_page):
    visit = open_page()
    begin_at_the_page(visit)
    visit.tab_to("node.closest('[class*=st-key-card_door]')")
    with visit.rerun("script"):
        visit.page.keyboard.press("Enter")
    focused_is(visit, "node?.tagName === 'H1' && location.pathname === '/lesson'")

    visit.goto("shape_trace", {"net": "resnet20"})
    begin_at_the_page(visit)
    visit.tab_to("node.closest('.st-key-trace_turn')")
    with visit.rerun():
        visit.page.keyboard.press("Enter")
    visit.until("() => !document.querySelector('.st-key-trace_turn')")
    focused_is(visit, "node?.closest('[class*=st-key-trace_]')")


def test_focus_that_is_not_lost_is_left_alone(open_page):
    """A segment keeps it, and what a page leads to has it: the quiz leads to the next question."""
    visit = open_page("parameters", {"net": "resnet20"})
    segment = visit.page.get_by_role("radio", name="This network", exact=True)
    segment.focus()
    with visit.rerun():
        visit.page.keyboard.press("Enter")
    focused_is(visit, "node?.textContent.includes('This network')")

    visit.goto("quiz", {"quiz_seed": "2", "quiz_length": "5"})
    visit.page.get_by_role("button", name="A ·").focus()
    with visit.rerun():
        visit.page.keyboard.press("Enter")
    focused_is(visit, "node?.closest('.st-key-quiz_next')")


def test_a_press_that_opens_another_section_leads_there(open_page):
    """A channel of *Feature maps* opens the sum behind its value."""
    visit = open_page("inference", {"net": "resnet20", "infer_view": "feature_maps"})
    visit.page.locator(".st-key-infer_channels").get_by_role("button").first.focus()
    with visit.rerun():
        visit.page.keyboard.press("Enter")
    focused_is(visit, "node?.textContent.includes('Where a number comes from')")


def test_after_a_verdict_the_statement_has_the_focus(open_page):
    visit = open_page("myths")
    visit.page.get_by_role("button", name="Right").focus()
    with visit.rerun():
        visit.page.keyboard.press("Enter")
    focused_is(visit, "node?.tagName === 'H2'")


def test_the_sidebar_is_folded_and_opened_by_keyboard(open_page):
    visit = open_page()
    visit.tab_to("node.closest('[data-testid=stSidebarCollapseButton]')")
    visit.page.keyboard.press("Enter")
    visit.until(
        "() => document.querySelector('[data-testid=stSidebar]').dataset.collapsed === 'true'"
    )
