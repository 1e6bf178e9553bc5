"""Shows an SVG: it follows the theme, can be moved, zoomed, clicked, and saved for slides.

A drawing is a message of up to some hundred kilobytes. Where it is the same for all visitors, that
message is put together once; only who listens for a click differs.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import FunctionType
from typing import Any, Final, Literal

import streamlit as st
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.components.v2.bidi_component.serialization import (
    BidiComponentSerde,
    deserialize_trigger_list,
)
from streamlit.components.v2.presentation import make_bidi_component_presenter
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import register_widget

from explorer import words
from explorer.ui.drawn_once import STILL, drawn_once
from explorer.views.palette import themed

_FOLDER = Path(__file__).parent
_HTML = """
<div class="drawing">
  <div class="tools">
    <button type="button" data-do="in" data-sign>+</button>
    <button type="button" data-do="out" data-sign>&minus;</button>
    <button type="button" data-do="fit"></button>
    <button type="button" data-do="natural"></button>
    <button type="button" data-do="full"></button>
    <span class="hint"></span>
  </div>
  <div class="stage"></div>
  <div class="saves"></div>
</div>
"""


_CLICKED: Final = "clicked"
_CHOOSABLE: Final = "drawing"


@st.cache_resource
def _component(name: str) -> Any:
    return st.components.v2.component(
        name,
        html=_HTML,
        css=(_FOLDER / "drawing.css").read_text(encoding="utf-8"),
        js=(_FOLDER / "drawing.js").read_text(encoding="utf-8"),
    )


@dataclass(frozen=True)
class _Wanted:
    """All that the browser is told of a drawing."""

    svg: str = field(repr=False)
    label: str
    height: int | None
    tools: bool
    choosable: bool
    selected: str | None
    filename: str
    start: str
    min_width: int | None
    dim: bool
    scene: str | None
    saves: bool
    files: tuple[tuple[str, str], ...] = field(repr=False)

    def data(self) -> dict[str, Any]:
        """As drawing.js reads it."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {
            "svg": themed(self.svg),
            "words": words.labels("drawing") if self.tools else {},
            "saves": _saves(dict(self.files)) if self.saves else [],
            "files": None,
        }


def drawing(
    svg: str,
    *,
    key: str,
    label: str,
    height: int | None = None,
    tools: bool = False,
    saves: bool | None = None,
    files: Mapping[str, str] | None = None,
    choosable: bool = False,
    selected: str | None = None,
    filename: str = "drawing",
    start: Literal["natural", "fit"] = "natural",
    min_width: int | None = None,
    dim: bool = False,
    scene: str | None = None,
    on_choose: Callable[[str], None] | None = None,
    for_all: bool = True,
) -> str | None:
    """Show `svg` and return the path of the node that was chosen just now, if any.

    Args:
        svg: the drawing, its labels escaped, its colours those of views.palette;
            they are exchanged for the theme's.
        key: unique on the page.
        label: what the picture shows, for screen readers.
        height: pixels, at most; None gives the drawing its own height.
        tools: buttons to zoom and to fill the screen; the drawing then scrolls.
        saves: buttons below that save it as SVG and PNG; where there are `tools`, if not said.
        files: ending -> text of more files to save, beside these.
        choosable: nodes (elements with `data-path`, or Graphviz nodes with an id) can be chosen
            by click, or by Tab, arrow keys and Enter; of one with `data-grid` (svg.grid) the
            position comes behind its path.
        selected: path of the node to show as chosen.
        filename: of the downloads, without extension.
        start: show the drawing in readable size from its beginning, or the whole of it.
        min_width: pixels below which the drawing no longer shrinks with the page but scrolls
            sideways, so that its text stays legible; it then has no tools but those that save it.
        dim: fade what the chosen node of a graph is not joined to.
        scene: while this stays the same, another `svg` keeps what was zoomed and scrolled to.
        on_choose: called with a chosen node's path before the page runs again.
        for_all: False where a visitor's own picture is in it, which goes with its visitor.
    """
    wanted = _Wanted(
        svg,
        label,
        height,
        tools,
        choosable,
        selected,
        filename,
        start,
        min_width,
        dim,
        scene,
        tools if saves is None else saves,
        tuple((files or {}).items()),
    )

    def chosen() -> None:
        path = st.session_state[key].get(_CLICKED)
        if path is not None and on_choose is not None:
            on_choose(path)

    if not for_all:
        _draw(wanted, key, chosen)
    elif (said := _draw_for_all(wanted, key, chosen)) and choosable:
        [message] = said.messages
        _listen(message.delta.new_element.bidi_component.id, chosen)
    clicked: str | None = (st.session_state.get(key) or {}).get(_CLICKED) if choosable else None
    return clicked


def _draw(wanted: _Wanted, key: str, chosen: Callable[[], None]) -> None:
    if wanted.choosable:
        _component(_CHOOSABLE)(key=key, data=wanted.data(), on_clicked_change=chosen)
    else:
        _component(STILL)(key=key, data=wanted.data())


_draw_for_all = drawn_once(by={FunctionType: lambda _: None}, component=_CHOOSABLE)(_draw)


def _listen(id: str, chosen: Callable[[], None]) -> None:
    """Hear of clicks on a drawing that was said again, as Streamlit does of one that is new."""
    events, serde = _make_trigger_id(id, "events"), BidiComponentSerde()
    common: dict[str, Any] = {"ctx": get_script_run_ctx(), "callbacks": {_CLICKED: chosen}}
    register_widget(
        id,
        deserializer=serde.deserialize,
        serializer=serde.serialize,
        presenter=make_bidi_component_presenter(events, id, {_CLICKED}),
        value_type="json_value",
        **common,
    )
    register_widget(
        events,
        deserializer=deserialize_trigger_list,
        serializer=json.dumps,
        value_type="json_trigger_value",
        **common,
    )


def _saves(files: Mapping[str, str]) -> list[dict[str, str]]:
    """What the drawing can be saved as: ending, the button's words, and the text of a file."""
    made = dict.fromkeys(("svg", "png"), "") | dict(files)
    return [
        {"kind": kind, "word": words.label(f"save.{kind}"), "text": text}
        for kind, text in made.items()
    ]
