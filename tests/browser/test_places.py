"""What is drawn takes the place that a screen has, and what one clicks stays where it is."""

SHOWN = """drawing => {
  const svg = drawing.querySelector('.stage svg');
  return { shown: svg.getBoundingClientRect().width, own: svg.viewBox.baseVal.width,
    room: drawing.querySelector('.stage').clientWidth };
}"""


def test_a_projector_in_full_hd_shows_the_network_larger(open_page):
    widths = {}
    for width, height in ((1440, 900), (1920, 1080)):
        visit = open_page("", {"net": "resnet18"}, width=width, height=height)
        drawing = visit.page.locator(".drawing").first
        drawing.locator(".stage svg").wait_for()
        visit.wait_idle()
        widths[width] = drawing.evaluate(SHOWN)
    assert widths[1440]["shown"] <= widths[1440]["own"] + 1
    large = widths[1920]
    assert 1.2 * large["own"] < large["shown"] <= min(large["room"], 1.4 * large["own"]) + 1


def test_the_controls_of_the_block_stay_where_they_are(open_page):
    """The red sentence and its buttons come and go above them."""
    visit = open_page("block_lab", width=1280, height=720)
    shortcut = visit.page.get_by_role("radiogroup", name="Shortcut", exact=True)
    before = shortcut.bounding_box()
    for name in ("224×224×3 to 64", "56×56×64 to 256", "One channel out", "224×224×3 to 3"):
        with visit.rerun():
            visit.page.get_by_role("button", name=name, exact=True).click()
        assert shortcut.bounding_box()["y"] == before["y"], name
    assert visit.exceptions() == []
