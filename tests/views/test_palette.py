"""The colours are those of the themes, and keep what config.toml promises of them."""

import re
import tomllib
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from explorer.views import palette
from tests.views.colour import BLINDNESS, contrast, distance, seen

ROOT = Path(__file__).parents[2]
THEMES = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]
EYES = (None, *BLINDNESS)
# Pairs of CIELAB colours and their CIEDE2000: Sharma, Wu and Dalal, 'The CIEDE2000
# color-difference formula' (2005), table 1. Rows 1 to 34 but those that repeat a case.
SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, 2.8361, -74.0200), (50, 0, -82.7485), 3.4412),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, -1, 2), (50, 0, 0), 2.3669),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0009), 7.1792),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
    ((50, -0.0010, 2.4900), (50, 0.0009, -2.4900), 4.8045),
    ((50, -0.0010, 2.4900), (50, 0.0011, -2.4900), 4.7461),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((36.4612, 47.8580, 18.3852), (36.2715, 50.5065, 21.2231), 1.4146),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), SHARMA)
def test_the_distance_is_the_published_one(one, other, expected):
    assert distance(one, other) == pytest.approx(expected, abs=5e-5)
    assert distance(other, one) == pytest.approx(expected, abs=5e-5)


def test_contrast_and_blindness_are_what_they_are_called():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.01)  # WCAG's known grey
    for eye in EYES:  # greys look the same to all
        assert seen("#808080", eye) == pytest.approx((53.585, 0, 0), abs=0.02)
    red_green = [distance(seen("#c05040", eye), seen("#808000", eye)) for eye in EYES]
    assert red_green[1] < red_green[0] / 2 and red_green[2] < red_green[0] / 2


def test_the_palette_is_the_light_themes():
    light = THEMES["light"]
    assert list(palette.LIGHT) == light["chartCategoricalColors"]
    assert light["textColor"] == palette.TEXT
    assert light["backgroundColor"] == palette.BACKGROUND
    assert light["secondaryBackgroundColor"] == palette.PANEL
    assert light["borderColor"] == palette.BORDER


def test_no_colour_of_a_theme_is_written_a_second_time():
    """Else one of the two would be changed alone some day."""
    every = {
        c.lower() for theme in ("light", "dark") for c in re.findall(r"#\w{6}", repr(THEMES[theme]))
    }
    # White is not only a theme's: a code for telephones stands on it in both.
    every -= {"#ffffff"}
    assert len(every) > 60
    for file in [*ROOT.glob("explorer/**/*.*"), *ROOT.glob("pages/*.py"), ROOT / "app.py"]:
        if file.suffix in (".py", ".css", ".js", ".md", ".toml"):
            found = re.findall(r"#[0-9a-fA-F]{6}\b", file.read_text(encoding="utf-8"))
            assert not every & {colour.lower() for colour in found}, file


@pytest.mark.parametrize("theme", ["light", "dark"])
class TestPromises:
    """Each is a sentence of config.toml."""

    def test_ten_hues(self, theme):
        for which in ("Categorical", "Sequential", "Diverging"):
            assert len(THEMES[theme][f"chart{which}Colors"]) == 10

    def test_contrast(self, theme):
        ground = THEMES[theme]["backgroundColor"]
        for colour in THEMES[theme]["chartCategoricalColors"]:
            assert contrast(colour, ground) >= 3, colour

    def test_words_on_a_mark_are_legible(self, theme):
        """Those that have some: parts of a network, in the bars of shares and the treemap."""
        for slot in (palette.BLUE, palette.ORANGE, palette.GREEN, palette.PURPLE, palette.SKY,
                     palette.OLIVE, palette.STEM, palette.HEAD):  # fmt: skip
            ink = palette.written_on(slot)
            ink = THEMES[theme]["backgroundColor"] if ink == palette.ON_COLOUR else ink
            assert contrast(THEMES[theme]["chartCategoricalColors"][slot], ink) >= 4.3, slot

    @pytest.mark.parametrize("eye", EYES)
    def test_any_two_stay_apart(self, theme, eye):
        colours = [seen(c, eye) for c in THEMES[theme]["chartCategoricalColors"]]
        assert min(distance(*pair) for pair in combinations(colours[:4], 2)) >= 16
        assert min(distance(*pair) for pair in pairwise(colours)) >= 16
        assert min(distance(*pair) for pair in combinations(colours, 2)) >= 8

    def test_more_is_further_from_the_background(self, theme):
        ground = THEMES[theme]["backgroundColor"]
        steps = [contrast(c, ground) for c in THEMES[theme]["chartSequentialColors"]]
        assert steps == sorted(steps)


def test_buttons_and_frames_of_the_chosen_are_legible():
    """White on a button; the frame of what is chosen, whose words have the colour of all text."""
    for theme in THEMES["light"], THEMES["dark"]:
        assert contrast(theme["primaryColor"], "#ffffff") >= 4.5
        assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= 3
