"""One colour per stage, everywhere: diagrams, charts, tables and volumes.

The ten colours are read from `.streamlit/config.toml`, where each theme has its own shades of the
same ten hues. Toggling the theme runs no Python, so nothing here names a final colour: charts use
the stand-ins that Streamlit exchanges in the browser, drawings use CSS variables whose fallback
is the light theme's shade.
"""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

CONFIG: Final = Path(__file__).parents[2] / ".streamlit" / "config.toml"
_THEME: Final[dict[str, Any]] = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]["light"]

LIGHT: Final[tuple[str, ...]] = tuple(_THEME["chartCategoricalColors"])
BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, OLIVE, GREY, INDIGO, TEAL = range(10)
STEM, HEAD, WRONG, SELECTED = GREY, TEAL, VERMILION, INDIGO
_STAGES: Final = (BLUE, ORANGE, GREEN, PURPLE, SKY, OLIVE, INDIGO, TEAL)

ON_COLOUR: Final = "#000038"
"""Stand-in for the theme's background in a Plotly figure: text on a filled mark."""

INK: Final = "#000037"
"""Stand-in for a strong grey of the theme, for words in a Plotly figure: 4.5:1 and more."""

TEXT: Final[str] = _THEME["textColor"]
BACKGROUND: Final[str] = _THEME["backgroundColor"]
PANEL: Final[str] = _THEME["secondaryBackgroundColor"]
BORDER: Final[str] = _THEME["borderColor"]
_CSS_VARIABLE: Final = {
    TEXT: "--st-text-color",
    BACKGROUND: "--st-background-color",
    PANEL: "--st-secondary-background-color",
    BORDER: "--st-border-color",
} | {colour: f"--colour-{slot}" for slot, colour in enumerate(LIGHT)}


def slot_of(path: str) -> int:
    """Colour slot of a stage, block or op path: `layer2.0.conv1` has conv3_x's colour."""
    first = path.split(".", 1)[0]
    if first.startswith("layer"):
        return _STAGES[(int(first.removeprefix("layer")) - 1) % len(_STAGES)]
    return HEAD if first in ("head", "final_bn", "final_relu", "avgpool", "flatten", "fc") else STEM


def network_slot(plain: bool) -> int:
    """Colour slot of a plain or of a residual network, in every chart that holds one against the
    other; depth and batch norm are told by the kind of line."""
    return ORANGE if plain else BLUE


def chart_colour(slot: int) -> str:
    """Stand-in for colour `slot` in a Plotly figure; Streamlit puts the theme's shade there."""
    return f"#{slot + 1:06d}"


def written_on(slot: int) -> str:
    """Colour of words on a mark of colour `slot` in a Plotly figure: 4.3:1 and more in
    both themes.

    On most the theme's background is that; on what is light in both themes it is dark ink, and on
    what is dark in both, white.
    """
    if slot in (GREEN, SKY, OLIVE, GREY):
        return TEXT
    return BACKGROUND if slot in (TEAL, INDIGO) else ON_COLOUR


def chart_sequence() -> list[list[float | str]]:
    """The theme's sequential colours as a Plotly colour scale, from little to much."""
    return [[step / 9, f"#{step + 11:06d}"] for step in range(10)]


def chart_diverging() -> list[list[float | str]]:
    """The theme's diverging colours as a Plotly colour scale, from negative to positive."""
    return [[step / 9, f"#{step + 21:06d}"] for step in range(10)]


@lru_cache(maxsize=32)
def themed(svg: str) -> str:
    """Exchange the light theme's colours in a drawing for CSS variables that follow the theme."""
    for colour, variable in _CSS_VARIABLE.items():
        svg = svg.replace(f'"{colour}"', f'"var({variable}, {colour})"')
    return svg
