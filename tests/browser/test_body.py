"""A click on a page runs the page and not the sidebar; the sidebar is right all the same."""

from urllib.parse import parse_qs, urlsplit


def own_link(visit):
    """What the sidebar's link to the page one is on would open."""
    link = visit.page.get_by_test_id("stSidebar").get_by_role("link", name="Parameters", exact=True)
    return parse_qs(urlsplit(link.get_attribute("href")).query)


def press(visit, words):
    with visit.rerun("fragment"):
        visit.page.get_by_test_id("stButtonGroup").get_by_text(words, exact=True).click()


def test_a_click_runs_the_page_only_and_its_own_link_follows(open_page):
    visit = open_page("parameters", {"net": "resnet50"})
    before = visit.runs.script
    press(visit, "All networks")
    assert own_link(visit)["params_view"] == ["presets"]
    press(visit, "This network")
    assert own_link(visit)["params_view"] == ["network"]
    press(visit, "MACs")
    assert own_link(visit) == {
        "net": ["resnet50"],
        "params_view": ["network"],
        "params_of": ["macs"],
    }
    assert visit.runs.script == before, "the sidebar was drawn again"
    visit.go_to("Parameters")
    assert "params_view=network" in visit.page.url
    visit.page.get_by_role("heading", name="By kind of op").wait_for()
    with visit.rerun("script"):
        visit.page.go_back()
    assert visit.exceptions() == []
    assert visit.console_errors() == []


def test_a_button_on_the_page_that_chooses_a_network_changes_the_sidebar(open_page):
    visit = open_page("compare", {"net": "resnet18"})
    pair = visit.page.get_by_role("button", name="ResNet-34 and ResNet-50", exact=True).first
    visit.open(visit.page.get_by_role("button", name="Often compared"), pair)
    with visit.rerun("script"):
        pair.click()
    network = visit.page.get_by_role("combobox", name="Network", exact=True)
    assert network.input_value() == "ResNet-34"
    assert parse_qs(urlsplit(visit.page.url).query)["net"] == ["resnet34"]
    assert "ResNet-34" in visit.page.locator("h1").first.inner_text()
    assert visit.exceptions() == []
