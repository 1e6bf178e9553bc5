"""What is chosen, in a real browser: ids in the address, words on screen, two languages."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.browser.driver import Server, Visit

Opener = Callable[..., Visit]


def asked(visit: Visit) -> dict[str, list[str]]:
    return parse_qs(urlsplit(visit.page.url).query)


def section(visit: Visit) -> str:
    """The open section of Residual block, as it is written on screen."""
    group = visit.page.get_by_test_id("stMain").get_by_test_id("stButtonGroup").first
    return group.locator("[aria-checked=true]").inner_text()


def press(visit: Visit, words: str) -> None:
    with visit.rerun():
        visit.page.get_by_test_id("stButtonGroup").get_by_text(words, exact=True).click()


def go(visit: Visit, way: str) -> None:
    with visit.rerun("script"):
        getattr(visit.page, way)()


def test_a_link_by_id_clicks_back_forward_and_reload(open_page: Opener) -> None:
    visit = open_page("block_lab", {"unit_view": "dialects", "net": "resnet50"})
    assert section(visit) == "Four dialects"
    press(visit, "Code")
    assert asked(visit)["unit_view"] == ["code"]
    press(visit, "Block")
    assert "unit_view" not in asked(visit), "the first section is what an address without it opens"
    go(visit, "go_back")
    assert (section(visit), asked(visit)["unit_view"]) == ("Code", ["code"])
    go(visit, "go_back")
    assert (section(visit), asked(visit)["unit_view"]) == ("Four dialects", ["dialects"])
    go(visit, "go_forward")
    assert section(visit) == "Code"
    before = visit.runs.script
    visit.page.reload()
    visit._wait_until(lambda: visit.runs.script > before)
    visit.wait_idle()
    assert section(visit) == "Code"
    assert asked(visit)["net"] == ["resnet50"]
    assert visit.exceptions() == []


def test_a_link_of_before_opens_the_same_and_is_not_rewritten(open_page: Opener) -> None:
    visit = open_page("block_lab", {"unit_view": "Real numbers", "net": "ResNet-50"})
    assert section(visit) == "Real numbers"
    assert visit.page.get_by_role("combobox", name="Network").input_value() == "ResNet-50"
    assert asked(visit)["unit_view"] == ["Real numbers"], "so that Back leaves by one step"


def test_two_languages_share_one_address(open_page: Opener) -> None:
    visit = open_page("block_lab", {"unit_view": "dialects"})
    press(visit, "中文")
    assert section(visit) == "四种写法"
    assert asked(visit) == {"unit_view": ["dialects"], "lang": ["zh"]}
    visit.go_to("首页")
    assert asked(visit)["lang"] == ["zh"], "the language goes along to another page"
    visit.go_to("残差块")
    assert section(visit) == "四种写法", "a page opens as it was left"
    go(visit, "go_back")
    assert urlsplit(visit.page.url).path == "/", "one step of the history for one page"
    assert visit.exceptions() == []


def test_the_browsers_language_is_followed_on_a_first_visit(open_page: Opener) -> None:
    visit = open_page("block_lab", locale="zh-CN")
    assert section(visit) == "块"
    press(visit, "English")
    assert asked(visit)["lang"] == ["en"], "for this browser, English is the other language"
    assert section(visit) == "Block"


def test_controls_that_are_drawn_after_a_second_run_show_what_is_chosen(
    browser: Any, server: Server
) -> None:
    """A slow browser has not drawn a page when the next run comes, as after each forward pass."""
    visit = Visit(browser, server.url)
    held: list[Any] = []
    visit.page.route(
        re.compile(r"/static/js/(ButtonGroup|Selectbox)\..*\.js$"), lambda r: held.append(r)
    )
    address = "shortcuts?net=resnet50&shortcuts_layout=vertical&shortcuts_block=layer3.0"
    try:
        visit.page.goto(f"{visit.base_url}/{address}")
        visit._wait_until(lambda: visit.runs.script > 0 and len(held) == 2)
        before = visit.runs.script

        def ran_again() -> bool:
            # A page that lacks its controls listens to keys a moment later.
            visit.page.keyboard.press("r")
            visit.page.wait_for_timeout(200)
            return visit.runs.script > before

        visit._wait_until(ran_again)
        for request in held[:]:
            request.continue_()
        visit.wait_idle()
        assert section(visit) == "vertical"
        for name, shown in (("Network", "ResNet-50"), ("Block", "conv4_1 (layer3.0)")):
            assert visit.page.get_by_role("combobox", name=name).input_value() == shown
    finally:
        visit.close()
