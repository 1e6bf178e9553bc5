"""Shows a Plotly figure: full width, the theme's colours, saved as SVG for slides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CONFIG: Final = {
    "displaylogo": False,
    "toImageButtonOptions": {"format": "svg"},
    # Nobody zooms a bar chart, and on a telephone these buttons always stand there.
    "modeBarButtonsToRemove": [
        "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d",
        "zoom", "pan", "select2d", "lasso2d",
    ],
}  # fmt: skip


Point = dict[str, Any]
"""What Plotly knows of a mark: "x", "y", "label", "customdata", "point_index" ..."""


def show(
    figure: Figure,
    key: str,
    *,
    alt: str | None = None,
    choosable: bool = False,
    on_choose: Callable[[list[Point]], None] | None = None,
) -> list[Point]:
    """Show `figure` and return the points that are chosen now; none unless `choosable`.

    Args:
        figure: its colours from views.palette, so that they follow the theme.
        key: unique over the whole app.
        alt: what the chart shows, for screen readers.
        choosable: marks can be chosen by click; each choice reruns the page.
        on_choose: called with the points before that rerun, so it may set other widgets' values.
    """
    settings: dict[str, Any] = {"width": "stretch", "config": CONFIG, "key": key, "alt": alt}
    figure.update_layout(dragmode=False)
    if not choosable:
        st.plotly_chart(figure, **settings)
        return []

    def chosen() -> list[Point]:
        return list(st.session_state.get(key, {}).get("selection", {}).get("points", []))

    def tell() -> None:
        if on_choose is not None:
            on_choose(chosen())

    st.plotly_chart(figure, on_select=tell, selection_mode="points", **settings)
    return chosen()
