"""Shows a Plotly figure: full width, the theme's colours, saved as SVG for slides."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pickle import dumps
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.architecture import Blueprint
from explorer.ui.drawn_once import drawn_once
from explorer.words import language

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CONFIG: Final[dict[str, Any]] = {
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


class _Order:
    """A figure that is wanted; two are the same when all that they follow from is."""

    def __init__(self, make: Callable[..., Figure], values: tuple[Any, ...], more: Any) -> None:
        self.make = partial(make, *values, **more)
        named = [(v.spec, v.image_size) if isinstance(v, Blueprint) else v for v in values]
        self._key = (f"{make.__module__}.{make.__qualname__}", language(), dumps((named, more)))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Order) and self._key == other._key


def drawn(make: Callable[..., Figure], *values: Any, **more: Any) -> Figure:
    """`make(*values, **more)`, put together once for all visitors: Plotly takes 10 to 30 ms.

    Args:
        make: a function of a module, which changes nothing and asks for nothing but its language.
        values, more: blueprints, and what pickle can write in little time.
    """
    return _drawn(_Order(make, values, more))


@lru_cache(maxsize=64)
def _drawn(order: _Order) -> Figure:
    made = order.make()
    # Nobody moves or selects in a chart by dragging, and nobody changes it any more.
    made.update_layout(dragmode=False)
    made._order = order
    return made


_TURNS: Final = "theme_turns"


def redraw() -> None:
    """Let every chart be drawn anew in this visit's next run, as after another theme was chosen.

    Streamlit puts the theme's colours into a figure once. When the theme changes it looks for the
    stand-ins again, which are gone by then, and the words of the light theme would stay on the
    dark page. A chart that differs in anything, even in what Plotly passes over, begins anew.
    """
    st.session_state[_TURNS] = _turns() + 1


def _turns() -> int:
    return int(st.session_state.get(_TURNS, 0))


def _config(turns: int) -> dict[str, Any]:
    return CONFIG | {"turns": turns} if turns else CONFIG


@drawn_once
def _again(order: _Order, key: str, alt: str | None, turns: int) -> None:
    st.plotly_chart(_drawn(order), width="stretch", config=_config(turns), key=key, alt=alt)


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
    turns = _turns()
    config = _config(turns)
    settings: dict[str, Any] = {"width": "stretch", "config": config, "key": key, "alt": alt}
    if figure.layout.dragmode is not False:
        figure.update_layout(dragmode=False)
    if not choosable:
        order: _Order | None = getattr(figure, "_order", None)
        if order is None:
            st.plotly_chart(figure, **settings)
        else:
            _again(order, key, alt, turns)
        return []

    def chosen() -> list[Point]:
        return list(st.session_state.get(key, {}).get("selection", {}).get("points", []))

    def tell() -> None:
        if on_choose is not None:
            on_choose(chosen())

    st.plotly_chart(figure, on_select=tell, selection_mode="points", **settings)
    return chosen()
