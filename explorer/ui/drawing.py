"""Shows an SVG: it follows the theme, can be moved, zoomed, clicked, and saved for slides.

A drawing is a message of up to some hundred kilobytes. Where it is the same for all visitors, that
message is put together once; only who listens for a click differs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import streamlit as st

from explorer import words
from explorer.ui import controls
from explorer.ui.drawn_once import drawn_once
from explorer.ui.recording import STILL
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


@cache
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
    follow: bool
    filename: str
    start: str
    min_width: int | None
    dim: bool
    scene: str | None
    saves: bool
    files: tuple[tuple[str, str], ...] = field(repr=False)

    def data(self) -> dict[str, Any]:
        """As drawing.js reads it. Nothing in it is a list or a dict, in which Streamlit would look
        for a table: a third of a millisecond, while a tuple is the same to the browser."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {
            "svg": themed(self.svg),
            "words": tuple(words.labels("drawing").items()) if self.tools else (),
            "saves": tuple(_saves(dict(self.files))) if self.saves else (),
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
    follow: bool = True,
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
        follow: scroll to the chosen node where it is out of sight.
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
        follow,
        filename,
        start,
        min_width,
        dim,
        scene,
        tools if saves is None else saves,
        tuple((files or {}).items()),
    )

    if not choosable:
        (_again if for_all else _draw)(wanted, key)
        return None
    controls.of_visitor().choosers[key] = on_choose
    clicked: str | None = (st.session_state.get(key) or {}).get(_CLICKED)
    if for_all and clicked is None:
        _again(wanted, key)
    else:
        _draw(wanted, key)
    return clicked


def _draw(wanted: _Wanted, key: str) -> None:
    def chosen() -> None:
        path = st.session_state[key].get(_CLICKED)
        choose = controls.of_visitor().choosers.get(key)
        if path is not None and choose is not None:
            choose(path)

    if wanted.choosable:
        _component(_CHOOSABLE)(key=key, data=wanted.data(), on_clicked_change=chosen)
    else:
        _component(STILL)(key=key, data=wanted.data())


_again = drawn_once(more=("bidi_component",))(_draw)


def _saves(files: Mapping[str, str]) -> list[dict[str, str]]:
    """What the drawing can be saved as: ending, the button's words, and the text of a file."""
    made = dict.fromkeys(("svg", "png"), "") | dict(files)
    return [
        {"kind": kind, "word": words.label(f"save.{kind}"), "text": text}
        for kind, text in made.items()
    ]
