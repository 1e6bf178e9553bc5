"""One colour per stage, everywhere: diagrams, charts, tables and volumes.

The ten colours are those of `.streamlit/config.toml`, where each theme has its own shades of the
same ten hues. Toggling the theme runs no Python, so nothing here names a final colour: charts use
the stand-ins that Streamlit exchanges in the browser, drawings use CSS variables whose fallback
is the light theme's shade.
"""

from typing import Final

LIGHT: Final = (
    "#2372d3",
    "#b86200",
    "#3ba17d",
    "#973f70",
    "#349ccd",
    "#a32410",
    "#939646",
    "#818994",
    "#412eb5",
    "#0f4f47",
)
BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, OLIVE, GREY, INDIGO, TEAL = range(10)
STEM, HEAD, WRONG, SELECTED = GREY, TEAL, VERMILION, INDIGO
_STAGES: Final = (BLUE, ORANGE, GREEN, PURPLE, SKY, OLIVE, INDIGO, TEAL)

TEXT, BACKGROUND, PANEL, BORDER = "#1a2230", "#ffffff", "#f4f6f9", "#d3d9e2"
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


def chart_colour(slot: int) -> str:
    """Stand-in for colour `slot` in a Plotly figure; Streamlit puts the theme's shade there."""
    return f"#{slot + 1:06d}"


def chart_sequence() -> list[list[float | str]]:
    """The theme's sequential colours as a Plotly colour scale, from little to much."""
    return [[step / 9, f"#{step + 11:06d}"] for step in range(10)]


def chart_diverging() -> list[list[float | str]]:
    """The theme's diverging colours as a Plotly colour scale, from negative to positive."""
    return [[step / 9, f"#{step + 21:06d}"] for step in range(10)]


def themed(svg: str) -> str:
    """Exchange the light theme's colours in a drawing for CSS variables that follow the theme."""
    for colour, variable in _CSS_VARIABLE.items():
        svg = svg.replace(f'"{colour}"', f'"var({variable}, {colour})"')
    return svg
