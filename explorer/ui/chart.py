"""Shows a Plotly figure: full width, the theme's colours, saved as SVG for slides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CONFIG: Final = {"displaylogo": False, "toImageButtonOptions": {"format": "svg"}}


def show(
    figure: Figure, key: str, *, alt: str | None = None, choosable: bool = False
) -> list[dict[str, Any]]:
    """Show `figure` and return the points that are chosen now; none unless `choosable`.

    Args:
        figure: its colours from views.palette, so that they follow the theme.
        key: unique over the whole app.
        alt: what the chart shows, for screen readers.
        choosable: marks can be chosen by click; each choice reruns the page. A point is a dict
            with what Plotly knows of it: "x", "y", "label", "customdata", "point_index" ...
    """
    settings: dict[str, Any] = {"width": "stretch", "config": CONFIG, "key": key, "alt": alt}
    if not choosable:
        st.plotly_chart(figure, **settings)
        return []
    chosen: Any = st.plotly_chart(figure, on_select="rerun", selection_mode="points", **settings)
    return list(chosen["selection"]["points"])
