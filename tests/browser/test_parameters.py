"""The page Parameters in Chromium: links, sliders, clicks on charts, and text one can read."""

import re

import pytest

THIS, ALL = "network", "presets"
FORMS = pytest.mark.parametrize(
    ("width", "height", "dark"),
    [(1440, 900, False), (390, 844, True)],
)


def headings(visit) -> list[str]:
    return visit.page.locator("h2").all_inner_texts()


def assert_sound(visit) -> None:
    assert visit.exceptions() == []
    assert visit.console_errors() == []
    assert visit.foreign_requests() == []


def click_middle(visit, locator) -> None:
    """Plotly's layer for dragging lies over its marks, so Playwright's own click would wait."""
    locator.first.scroll_into_view_if_needed()
    box = visit.resting_box(locator.first)
    with visit.rerun():
        visit.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@FORMS
def test_a_deep_link_opens_the_argument(new_server, open_page, width, height, dark) -> None:
    query = {"net": "resnet50", "params_channels": "512", "params_bn": "true"}
    visit = open_page(
        "parameters", query, base_url=new_server.url, width=width, height=height, dark=dark
    )
    visit.page.get_by_text("Counted on real modules").nth(2).wait_for()
    pictures = visit.page.locator("svg[aria-label*='parameters']")
    assert pictures.count() == 3
    assert pictures.nth(1).get_attribute("aria-label") == (
        "Bottleneck at 512 channels: 280,064 parameters, 1 times the bottleneck's"
    )
    assert_sound(visit)


@FORMS
@pytest.mark.parametrize("view", ["bottleneck", THIS, ALL])
def test_nothing_is_cut_off_or_tiny(open_page, view, width, height, dark) -> None:
    query = {"net": "resnet50", "params_view": view}
    visit = open_page("parameters", query, width=width, height=height, dark=dark)
    if view == "bottleneck":
        visit.page.get_by_text("Counted on real modules").nth(2).wait_for()
    else:
        visit.page.locator(".main-svg").first.wait_for()
    visit.wait_idle()
    wide = visit.page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]');"
        " return m.scrollWidth - m.clientWidth; }"
    )
    assert wide <= 0
    sizes = visit.page.evaluate(
        """() => {
          const all = (root) => [...root.querySelectorAll("*")].flatMap(
            (e) => e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);
          return all(document.querySelector("[data-testid=stMain]"))
            .filter((e) => e.tagName === "text" && e.textContent.trim())
            .map((e) => {
              const matrix = e.getScreenCTM();
              return parseFloat(getComputedStyle(e).fontSize) * Math.hypot(matrix.a, matrix.b);
            });
        }"""
    )
    assert sizes and min(sizes) >= 13.9
    assert_sound(visit)


def test_a_slider_moves_the_numbers_and_the_link(open_page) -> None:
    visit = open_page("parameters", {"net": "resnet50"})
    bottleneck = visit.page.locator("svg[aria-label^='Bottleneck at']")
    assert "69,632" in bottleneck.get_attribute("aria-label")
    with visit.rerun():
        visit.page.get_by_role("slider", name="Reduction r").press("ArrowLeft")
    assert "212,992" in bottleneck.get_attribute("aria-label")
    assert "params_reduction=2" in visit.page.url
    visit.page.get_by_text("Counted on real modules: 212,992 parameters").wait_for()
    with visit.rerun():
        visit.page.get_by_text("Batch norm", exact=True).last.click()
    assert "params_bn=true" in visit.page.url
    assert "213," in bottleneck.get_attribute("aria-label") or "214," in (
        bottleneck.get_attribute("aria-label")
    )
    assert_sound(visit)


def test_a_click_on_a_bar_or_a_tile_lists_its_rows(open_page) -> None:
    visit = open_page("parameters", {"net": "resnet50", "params_view": THIS}, width=1440)
    visit.page.locator("text.slicetext").first.wait_for()
    assert headings(visit)[0] == "Whole network: 25,557,032 parameters"
    click_middle(visit, visit.page.get_by_text("conv4_x 28%"))
    assert headings(visit)[0] == "conv4_x: 7,098,368 parameters"
    assert "params_part=conv4_x" in visit.page.url
    click_middle(visit, visit.page.locator("text.slicetext", has_text="conv5_2"))
    assert headings(visit)[0] == "conv5_2: 4,462,592 parameters"
    opened = visit.page.locator("text.slicetext", has_text=re.compile(r"^conv3(?!_)"))
    opened.first.wait_for()  # into its ops
    with visit.rerun():
        visit.page.get_by_role("radio", name="MACs").or_(
            visit.page.get_by_role("button", name="MACs", exact=True)
        ).first.click()
    assert headings(visit)[0] == "conv5_2: 218,365,952 MACs"
    assert_sound(visit)


def test_a_second_click_on_a_bar_leads_back(open_page) -> None:
    visit = open_page("parameters", {"net": "resnet18", "params_view": THIS}, width=1440)
    bar = visit.page.get_by_text("conv5_x 7")
    bar.first.wait_for()
    click_middle(visit, bar)
    assert headings(visit)[0].startswith("conv5_x: ")
    click_middle(visit, bar)
    assert headings(visit)[0].startswith("Whole network: ")


def test_a_click_on_a_mark_offers_its_networks(open_page) -> None:
    visit = open_page("parameters", {"net": "resnet50", "params_view": ALL}, width=1440)
    chart = visit.page.locator(".js-plotly-plot").first
    chart.locator(".scatterlayer path.point").first.wait_for()
    chart.scroll_into_view_if_needed()
    visit.resting_box(chart)
    x, y = chart.evaluate(
        """(chart) => {
          const { xaxis, yaxis } = chart._fullLayout;
          const box = chart.querySelector(".main-svg").getBoundingClientRect();
          return [box.x + xaxis._offset + xaxis.c2p(68883240),
                  box.y + yaxis._offset + yaxis.c2p(11398021120)];
        }"""
    )
    with visit.rerun():
        visit.page.mouse.click(x, y)
    with visit.rerun():
        visit.page.get_by_role("button", name="Go to Wide ResNet-50-2").click()
    visit.page.get_by_text("68,883,240").first.wait_for()
    assert visit.page.get_by_role("radio", name="All networks").is_checked()
    assert_sound(visit)


def test_the_longest_network_opens_with_few_tiles(open_page) -> None:
    """ResNet-1202 has 600 blocks; folding keeps its treemap as small as any other."""
    visit = open_page("parameters", {"net": "resnet1202", "params_view": THIS})
    visit.page.locator("text.slicetext").first.wait_for()
    assert visit.page.locator(".treemaplayer .slice").count() < 50
    assert headings(visit)[0] == "Whole network: 19,421,274 parameters"
    assert_sound(visit)


def test_training_memory_by_keyboard_alone(open_page) -> None:
    visit = open_page("parameters", {"net": "resnet50", "params_view": "training"})
    visit.page.get_by_text("with 32 images").wait_for()
    visit.tab_to("node.matches('.st-key-memory_batch input')")
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.type("64")
    visit.page.keyboard.press("Enter")
    visit.page.get_by_text("with 64 images").wait_for()
    visit.wait_idle()
    assert "memory_batch=64" in visit.page.url
    assert_sound(visit)


def test_training_memory_by_touch(open_page) -> None:
    query = {"net": "resnet50", "params_view": "training"}
    visit = open_page("parameters", query, width=390, height=844, touch=True)
    with visit.rerun():
        visit.page.get_by_role("radio", name="Adam").tap()
    assert "memory_optimiser=adam" in visit.page.url
    help_signs = visit.page.locator("[class*=st-key-memory_] [data-testid=stTooltipIcon]")
    assert help_signs.count() == 4
    assert visit.sideways() <= 0
    assert_sound(visit)


def test_a_chart_follows_the_theme_that_is_chosen_while_it_is_looked_at(open_page) -> None:
    """Words of the light theme cannot be read on the dark page, and marks are the theme's too."""
    visit = open_page("parameters", {"net": "resnet20", "params_view": THIS})
    # None while the chart is drawn again.
    ink = """said => { const text = [...document.querySelectorAll('.main-svg text')]
      .find(text => text.textContent === said);
      return text ? getComputedStyle(text).fill : null }"""
    light = visit.until(ink, arg="100%").json_value()
    marks = "[...document.querySelectorAll('.barlayer path')].map(bar => bar.style.fill).join()"
    light_marks = visit.until(f"() => {marks}").json_value()
    other = f"light => {{ const fill = ({ink})('100%'); return fill && fill !== light && fill }}"
    visit.page.emulate_media(color_scheme="dark")
    dark = visit.until(other, arg=light).json_value()
    whole = visit.until(ink, arg="whole network").json_value()
    assert whole == dark, "it stands on the page"
    visit.until(f"() => {marks} && {marks} !== {light_marks!r}")
    visit.page.emulate_media(color_scheme="light")
    visit.until(f"light => ({ink})('100%') === light", arg=light)
    visit.until(f"() => {marks} === {light_marks!r}")
    assert_sound(visit)
