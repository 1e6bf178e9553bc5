"""How every chart looks: its font, its margins, its legend, its axes' titles."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from plotly import graph_objects as go

from explorer.views.palette import INK
from explorer.words import label

FONT: Final[dict[str, Any]] = {"size": 15, "color": INK}
SMALL: Final[dict[str, Any]] = {**FONT, "size": 12}
"""For many short names below a narrow axis."""
MARGIN: Final = {"l": 0, "r": 10, "t": 30, "b": 0}
"""In pixels; above, Plotly's own buttons stand, which else cover the highest mark."""
_LEGENDS: Final[dict[str, dict[str, Any]]] = {
    # Measured from the figure's edge, not the plot's, so that its lines never reach the buttons.
    "above": {"orientation": "h", "x": 0, "yref": "container", "yanchor": "top", "font": FONT},
    "below": {"orientation": "h", "y": -0.25, "font": FONT},
}


def styled(
    figure: go.Figure,
    height: int,
    x: str | None = None,
    y: str | None = None,
    *,
    legend: str | None = None,
    margin: Mapping[str, int] | None = None,
    **layout: Any,
) -> go.Figure:
    """The figure, dressed as all are.

    Args:
        figure: what is drawn.
        height: in pixels.
        x, y: titles of the axes, with their units: entries of the labels [axis].
        legend: "above" or "below"; without it Plotly decides whether there is one.
        margin: sides in pixels that differ from MARGIN's.
        layout: more of Plotly's layout.
    """
    figure.update_layout(
        height=height,
        margin={**MARGIN, **(margin or {})},
        font=FONT,
        hoverlabel={"font": FONT},
        **({"legend": _legend(legend, height)} if legend else {}),
    )
    for axes, title in ((figure.update_xaxes, x), (figure.update_yaxes, y)):
        axes(title_font=FONT, tickfont=FONT, automargin=True)
        if title is not None:
            axes(title_text=label(f"axis.{title}"))
    # Last, so that what a chart asks for is what it gets.
    figure.update_layout(**layout)
    return figure


def _legend(place: str, height: int) -> dict[str, Any]:
    if place == "above":
        return _LEGENDS[place] | {"y": 1 - MARGIN["t"] / height}
    return _LEGENDS[place]


def hover(entry: str, **parts: str) -> str:
    """What the pointer reads: an entry of the labels [hover] and Plotly's places in it.

    Words of visitors among the parts go through `plainly`.
    """
    return label(f"hover.{entry}", **parts) + "<extra></extra>"


def plainly(text: str) -> str:
    """Words of a visitor, or of a file, for a chart: shown as they are.

    Plotly reads tags in every text that it draws, and would make links of them.
    """
    return escape(text, quote=False)
