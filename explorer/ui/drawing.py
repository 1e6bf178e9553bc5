"""Shows an SVG: it follows the theme, can be moved, zoomed, clicked, and saved for slides."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from explorer import words
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


@st.cache_resource
def _component() -> Any:
    return st.components.v2.component(
        "drawing",
        html=_HTML,
        css=(_FOLDER / "drawing.css").read_text(encoding="utf-8"),
        js=(_FOLDER / "drawing.js").read_text(encoding="utf-8"),
    )


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
    """

    def chosen() -> None:
        path = st.session_state[key].get("clicked")
        if path is not None and on_choose is not None:
            on_choose(path)

    result = _component()(
        key=key,
        data={
            "svg": themed(svg),
            "label": label,
            "height": height,
            "tools": tools,
            "choosable": choosable,
            "selected": selected,
            "filename": filename,
            "start": start,
            "min_width": min_width,
            "dim": dim,
            "scene": scene,
            "words": words.labels("drawing") if tools else {},
            "saves": _saves(files or {}) if (tools if saves is None else saves) else [],
        },
        on_clicked_change=chosen,
    )
    clicked: str | None = result.get("clicked")
    return clicked


def _saves(files: Mapping[str, str]) -> list[dict[str, str]]:
    """What the drawing can be saved as: ending, the button's words, and the text of a file."""
    made = dict.fromkeys(("svg", "png"), "") | dict(files)
    return [
        {"kind": kind, "word": words.label(f"save.{kind}"), "text": text}
        for kind, text in made.items()
    ]
