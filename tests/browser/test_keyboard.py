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


def test_a_preset_is_chosen_and_its_link_copied_without_a_mouse(open_page):
    """By arrows, of its family; the list closes, and the focus stays at the control."""
    visit = open_page("shortcuts", {"net": "resnet34"})
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    network = visit.page.get_by_role("combobox", name="Network")
    its_own = "node?.getAttribute('aria-label') === 'Network'"  # and not its question mark's
    visit.tab_to(its_own)
    visit.page.keyboard.press("ArrowDown")  # opens the list, at what is chosen
    following = visit.page.get_by_role("option", name="ResNet-50", exact=True)
    following.wait_for()
    visit.wait_idle()
    at = "node => document.getElementById(node.getAttribute('aria-activedescendant'))?.textContent"
    for _ in range(10):
        if network.evaluate(at) == "ResNet-50":
            break
        visit.page.keyboard.press("ArrowDown")
    with visit.rerun():
        visit.page.keyboard.press("Enter")
    assert network.input_value() == "ResNet-50"
    focused_is(visit, its_own)
    visit.page.get_by_role("heading", name="Shortcuts of ResNet-50").wait_for()

    visit.page.locator("h1").first.click()
    visit.page.get_by_role("button", name="Copy link").focus()
    visit.page.keyboard.press("Enter")
    visit.until("async () => (await navigator.clipboard.readText()) === location.href")
    assert "net=resnet50" in visit.page.url
    focused_is(visit, "/^(Copy link|Link copied)/.test(node?.textContent)")


def test_tab_leads_into_a_popover_and_out_of_it(open_page):
    """*Often compared* holds pairs, each to be had by key."""
    visit = open_page("compare", {"net": "resnet34"})
    opener = visit.page.get_by_role("button", name="Often compared")
    opener.focus()
    visit.page.keyboard.press("Enter")
    pairs = visit.page.get_by_test_id("stPopoverBody").get_by_role("button")
    pairs.first.wait_for()
    visit.wait_idle()
    visit.page.keyboard.press("Tab")
    focused_is(visit, "node?.textContent === 'ResNet-34 and ResNet-18'")
    visit.page.keyboard.press("Shift+Tab")
    focused_is(visit, "node?.dataset.testid === 'stPopoverButton'")
    for _ in range(3):
        visit.page.keyboard.press("Tab")
    with visit.rerun():
        visit.page.keyboard.press("Enter")
    visit.page.get_by_role("heading", name="ResNet-34 and ResNet-50").first.wait_for()

    pairs.last.focus()
    visit.page.keyboard.press("Tab")
    focused_is(visit, "node?.getAttribute('aria-label') === 'Zoom in'")  # what stands behind it
