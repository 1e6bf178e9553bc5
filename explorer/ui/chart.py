"""Shows a Plotly figure: full width, the theme's colours, saved as SVG for slides."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pickle import dumps
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.architecture import Blueprint
from explorer.ui import controls
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


def redraw() -> None:
    """Let every chart be drawn anew in this visit's next run, as after another theme was chosen.

    Streamlit puts the theme's colours into a figure once. When the theme changes it looks for the
    stand-ins again, which are gone by then, and the words of the light theme would stay on the
    dark page. A chart that differs in anything, even in what Plotly passes over, begins anew.
    """
    controls.of_visitor().turns += 1


def _config() -> dict[str, Any]:
    turns = controls.of_visitor().turns
    return CONFIG | {"turns": turns} if turns else CONFIG


def _draw(figure: Figure, key: str, alt: str | None, choosable: bool) -> None:
    def tell() -> None:
        choose = controls.of_visitor().choosers.get(key)
        if choose is not None:
            choose(_chosen(key))

    hear: dict[str, Any] = {"on_select": tell, "selection_mode": "points"} if choosable else {}
    st.plotly_chart(figure, width="stretch", config=_config(), key=key, alt=alt, **hear)


def name_of(point: Point) -> Any:
    """What a mark carries in the figure's `customdata`, or the first of several; else None."""
    data = point.get("customdata") or None
    return data[0] if isinstance(data, list) else data


def _chosen(key: str) -> list[Point]:
    return list((st.session_state.get(key) or {}).get("selection", {}).get("points", []))


@drawn_once(more=("plotly_chart",))
def _again(order: _Order, key: str, alt: str | None, choosable: bool) -> None:
    _draw(_drawn(order), key, alt, choosable)


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
    if figure.layout.dragmode is not False:
        figure.update_layout(dragmode=False)
    order: _Order | None = getattr(figure, "_order", None)
    if choosable:
        controls.of_visitor().choosers[key] = on_choose
    if order is None:
        _draw(figure, key, alt, choosable)
    else:
        _again(order, key, alt, choosable)
    return _chosen(key) if choosable else []
