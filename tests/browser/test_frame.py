"""Every page in Chromium: by its address, on a fresh server, in both themes and two sizes."""

from pathlib import Path

import pytest

from explorer.ui import navigation
from tests.browser.driver import Visit

ROOT = Path(__file__).parents[2]
SIZES = {"projector": (1440, 900), "telephone": (390, 844)}
BACKGROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 22, 29)"}

FITS = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  return main.scrollWidth <= main.clientWidth;
}"""
BACKGROUND = "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"


PAGES = {
    "" if entry.path == navigation.HOME else entry.path: navigation.page_title(entry.path)
    for group in navigation.GROUPS.values()
    for entry in group
}
"""Address -> title of every page; Home has no address."""
FIRST_VISITS = ("", "shape_trace", "inference")
"""A first page, one that computes in the background, and one that loads a network at once."""
PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page or "home")


def control(visit, label):
    return visit.page.get_by_role("combobox", name=label, exact=True)


def choose(visit, label, option):
    visit.choose(control(visit, label), option, "script")


def customise(visit):
    visit.open(visit.page.get_by_text("Customise"), control(visit, "Classes"))


def heading(visit):
    return visit.page.locator("h1").first.inner_text()


def assert_clean(visit):
    assert visit.exceptions() == []
    assert visit.console_errors() == []
    assert visit.foreign_requests() == []


def test_every_file_of_pages_is_in_the_navigation():
    assert {page or "home" for page in PAGES} == {path.stem for path in ROOT.glob("pages/*.py")}


@pytest.mark.parametrize("page", FIRST_VISITS, ids=lambda page: page or "home")
def test_the_first_visit_to_a_server_by_deep_link(browser, fresh_server, page):
    """It is readable before anything slow is done: nothing here waits for the end of the run."""
    visit = Visit(browser, fresh_server().url, width=1440)
    try:
        visit.page.goto(f"{visit.base_url}/{page}?net=resnet34&image_size=65")
        visit.page.locator("h1").first.wait_for()
        title = f"{PAGES[page]} · ResNet Explorer"
        visit.until("title => document.title === title", arg=title)
        assert control(visit, "Network").input_value() == "ResNet-34"
        assert control(visit, "Image size, pixels").input_value() == "65"
        assert visit.page.url.endswith(f"/{page}?net=resnet34&image_size=65")
        assert_clean(visit)
    finally:
        visit.close()


@PAGE
def test_themes_and_sizes(open_page, page):
    """The theme follows the system without a rerun, and nothing is wider than the window."""
    visit = open_page(page, {"net": "resnet20"})
    assert visit.page.title() == f"{PAGES[page]} · ResNet Explorer"
    for theme, background in BACKGROUNDS.items():
        visit.page.emulate_media(color_scheme=theme)
        for width, height in SIZES.values():
            visit.page.set_viewport_size({"width": width, "height": height})
            visit.wait_idle()
            visit.until(FITS)
            visit.until(f"() => ({BACKGROUND})() === '{background}'")
            assert visit.page.locator("h1").first.is_visible()
    assert_clean(visit)


def test_the_words_of_a_chart_follow_the_theme(open_page):
    visit = open_page("parameters", {"params_view": "network"})
    visit.page.locator(".stPlotlyChart .xtick text").first.wait_for()
    for theme in ("dark", "light"):
        visit.page.emulate_media(color_scheme=theme)
        visit.until(f"() => ({BACKGROUND})() === '{BACKGROUNDS[theme]}'")
        visit.until(
            """() => { const ticks = [...document.querySelectorAll('.stPlotlyChart .xtick text')];
                 const ink = getComputedStyle(document.querySelector('.stMain h1')).color;
                 return ticks.length && ticks.every(text => getComputedStyle(text).fill === ink)
            }"""
        )


def test_an_unknown_page_says_so_and_shows_home(open_page):
    visit = open_page("nonsense", {"net": "resnet50"})
    assert heading(visit) == "ResNet-50"
    assert visit.exceptions() == []
    assert visit.foreign_requests() == []


def test_a_hostile_link_brings_nothing_into_the_page(open_page):
    words = "![x](//a.example/a.png) [y](//b.example) <b>c</b> $x^2$ `"
    visit = open_page("shortcuts", dict.fromkeys(("net", "family", "device", "depths"), words))
    alerts = visit.page.get_by_test_id("stMain").get_by_test_id("stAlert")
    assert alerts.count() == 4
    for text in alerts.all_inner_texts():
        assert words in text
    inside = "[data-testid=stAlert] "
    for element in ("img", "a", "b", ".katex"):
        assert visit.page.locator(inside + element).count() == 0
    assert_clean(visit)


def test_the_copied_link_opens_exactly_this_view(open_page):
    visit = open_page("parameters", {"net": "resnet34"})
    choose(visit, "Image size, pixels", "96")
    customise(visit)
    choose(visit, "Shortcut", "padding")
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = visit.page.get_by_role("button", name="Copy link")
    # It says so for some seconds only, in which a busy machine may not have looked.
    button.evaluate(
        """button => { window.said = [];
          new MutationObserver(() => window.said.push(button.textContent))
            .observe(button, { childList: true, characterData: true, subtree: true }) }"""
    )
    button.click()
    visit.until("() => window.said.some((text) => text.startsWith('Link copied'))")
    link = visit.page.evaluate("navigator.clipboard.readText()")
    assert link == visit.page.url
    button.wait_for()  # the words come back

    page, _, query = link.removeprefix(visit.base_url).partition("?")
    assert page == "/parameters"
    other = open_page(page, dict(part.split("=") for part in query.split("&")))
    assert control(other, "Network").input_value() == "ResNet-34"
    assert control(other, "Image size, pixels").input_value() == "96"
    assert control(other, "Shortcut").input_value() == "padding"
    for one in (visit, other):  # what is computed behind the page comes later
        one.page.get_by_text("Counted on real modules").nth(2).wait_for()
        one.wait_idle()
    main = [v.page.get_by_test_id("stMain").inner_text() for v in (visit, other)]
    assert main[0] == main[1]
    assert_clean(visit)
    assert_clean(other)


def test_two_visitors_with_different_networks(open_page):
    first, second = open_page("", {"net": "resnet50"}), open_page("", {"net": "resnet20"})
    assert (heading(first), heading(second)) == ("ResNet-50", "ResNet-20")
    choose(first, "Network", "ResNet-101")
    choose(second, "Network", "ResNet-44")
    assert (heading(first), heading(second)) == ("ResNet-101", "ResNet-44")
    choose(first, "Image size, pixels", "64")
    choose(second, "Device", "cpu")
    assert (heading(first), heading(second)) == ("ResNet-101", "ResNet-44")
    assert control(second, "Image size, pixels").input_value() == ""
    assert_clean(first)
    assert_clean(second)


def test_reload_keeps_the_view(open_page):
    visit = open_page("", {"net": "resnet34"})
    choose(visit, "Family", "Pre-activation")
    choose(visit, "Network", "Pre-act ResNet-164")
    choose(visit, "Image size, pixels", "64")
    before = visit.page.url
    with visit.rerun("script"):
        visit.page.reload()
    assert visit.page.url == before
    assert heading(visit).startswith("Pre-act ResNet-164")
    assert control(visit, "Image size, pixels").input_value() == "64"
    assert_clean(visit)


def test_the_network_stays_on_the_way_through_the_pages_and_back(open_page):
    visit = open_page("", {"net": "resnet110"})
    for title in ("Shortcuts", "Parameters"):
        visit.go_to(title)
        assert visit.page.title() == f"{title} · ResNet Explorer"
        assert control(visit, "Network").input_value() == "ResNet-110"
    choose(visit, "Network", "ResNet-56")
    for title in ("Parameters", "Shortcuts", "Home"):  # first the choice is taken back
        with visit.rerun("script"):
            visit.page.go_back()
        visit.until("title => document.title.startsWith(title)", arg=title)
        visit.wait_idle()
        assert control(visit, "Network").input_value() == "ResNet-110"
    assert heading(visit) == "ResNet-110"
    assert visit.page.url.endswith("/?net=resnet110")
    visit.page.go_back()
    assert visit.page.url == "about:blank", "a link leaves one step in the history"
    visit.page.go_forward()
    visit.page.locator("h1").first.wait_for()
    assert heading(visit) == "ResNet-110"
    assert_clean(visit)


def test_an_impossible_choice_is_said_and_the_last_good_network_stays(open_page):
    visit = open_page("", {"net": "resnet50"})
    customise(visit)
    field = visit.page.get_by_label("Blocks per stage", exact=True)
    field.fill("1, 2, 3")
    with visit.rerun("script"):
        field.press("Enter")
    assert heading(visit) == "ResNet-50"
    words = "Blocks per stage = (1, 2, 3) names 3 stages"
    assert words in visit.page.get_by_test_id("stSidebar").inner_text()
    assert words in visit.page.get_by_test_id("stMain").inner_text()
    with visit.rerun("script"):
        visit.page.get_by_role("button", name="Back to the named network").click()
    assert words not in visit.page.get_by_test_id("stMain").inner_text()
    assert_clean(visit)


def test_the_code_for_telephones_is_seen_whole_and_stays(fresh_server, open_page):
    """On a projector, from another machine's address; also when the page runs again by itself."""
    server = fresh_server("--server.address", "0.0.0.0")
    address = server.url.replace("127.0.0.1", "127.0.0.2")
    visit = open_page("lesson", base_url=address, width=1280, height=720)
    with visit.rerun("script"):
        visit.page.get_by_role("button", name="QR").click()
    code = visit.page.get_by_role("dialog").locator(".stage svg")
    code.wait_for()
    box = visit.resting_box(code)
    assert box["y"] >= 0 and box["y"] + box["height"] <= 720
    assert box["height"] > 400, "a class reads it from afar"
    with visit.rerun("script"):
        visit.page.keyboard.press("r")
    assert code.is_visible()
    with visit.rerun("script"):
        visit.page.keyboard.press("Escape")
    code.wait_for(state="detached")
    assert visit.exceptions() == []


def test_on_a_low_screen_a_page_begins_beside_the_menu_and_both_take_clicks(open_page):
    """Streamlit's header lies over the page there: its buttons answer, and so does the title."""
    visit = open_page("quiz", {"quiz_seed": "a"}, width=1280, height=720)
    page = visit.page
    page.locator("h1").click()
    menu = page.get_by_test_id("stMainMenuButton")
    visit.open(menu, page.get_by_role("menu").first)
    visit.escape(menu)
    # Streamlit shows it while the pointer is in the sidebar.
    page.get_by_test_id("stSidebar").hover()
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    page.get_by_test_id("stExpandSidebarButton").click()
    page.locator("[data-testid=stSidebar][data-collapsed=false]").wait_for()
