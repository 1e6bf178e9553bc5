"""The whole network: its controls, its diagram, and its dashed blocks as a table."""

from functools import lru_cache
from typing import Any, Final, NamedTuple

import streamlit as st

from explorer.architecture import Block, Blueprint, NetworkSpec, blueprint
from explorer.architecture.image_size import ImageSize
from explorer.architecture.notation import shape_text
from explorer.lessons.shortcut_numbers import summary
from explorer.ui import controls, hiding, unfolding
from explorer.ui.drawing import drawing
from explorer.ui.drawn_once import drawn_once
from explorer.ui.picker import Choice
from explorer.views import diagram, shortcut_table
from explorer.views.diagram_measures import LAYOUTS, Layout
from explorer.views.dot import DrawingError, Picture, draw
from explorer.views.folding import FOLD, MOST_UNFOLDED, foldable, node_of, still_folded
from explorer.views.tables import headings
from explorer.views.titles import called
from explorer.words import glossary, label, language, quoted, section

LAYOUT: Final = "shortcuts_layout"
UNFOLD: Final = "shortcuts_unfold"
HIDE: Final = "shortcuts_hide"
BLOCK: Final = "shortcuts_block"
_HEIGHT: Final = 720


class View(NamedTuple):
    """How the network is drawn, and the block that is looked at."""

    layout: Layout
    unfold: tuple[str, ...]
    block: Block
    picked: bool

    @property
    def open(self) -> bool:
        """Whether the block is shown: one is picked for the visitor unless that tells too much."""
        return self.picked or not hiding.hidden(HIDE)


def lead(bp: Blueprint) -> str:
    """The page's first sentence; it counts no dashed blocks while the results are hidden."""
    if hiding.hidden(HIDE):
        return section("shortcuts", "lead hidden", blocks=len(bp.blocks))
    numbers = summary(bp)
    name = {"none": "lead plain", "projection-always": "lead all dashed"}.get(
        bp.spec.shortcut, "lead" if bp.dashed else "lead all solid"
    )
    return section("shortcuts", name, **numbers)


@drawn_once
def said_of(bp: Blueprint) -> None:
    """The page's first sentence, where no results are hidden."""
    st.markdown(lead(bp))


def choose_view(bp: Blueprint) -> View:
    """Layout, unfolded stages, and the block; all of them in the URL."""
    _complain(bp)
    hidden = hiding.hidden(HIDE)
    layout, unfold, picked = controls.drawn_again(
        "shortcuts_view", (bp.spec, bp.image_size, hidden), lambda: _controls(bp, hidden)
    )
    shown = bp.block(picked) if picked else _first(bp)
    return View(layout, unfold, shown, bool(picked))


def _first(bp: Blueprint) -> Block:
    """What is shown where nobody has picked a block."""
    return (*bp.dashed, bp.blocks[0])[0]


def _controls(bp: Blueprint, hidden: bool) -> tuple[Layout, tuple[str, ...], str | None]:
    first, second, third = st.columns([4, 5, 4], vertical_alignment="bottom")
    with first:
        layout: Layout = controls.choice(LAYOUT, LAYOUTS, help=glossary("layout"))
    stages = foldable(bp)
    with second:
        unfold = unfolding.choose(UNFOLD, stages, lambda path: _stage(bp, path))
    with third:
        picked = controls.choice(
            BLOCK,
            tuple(part.path for part in bp.parts),
            kind="select",
            optional=True,
            shown=lambda path: called(bp, path),
            # Where a block is picked for the visitor, the select says which.
            placeholder=label(f"{BLOCK}.choose") if hidden else called(bp, _first(bp).path),
        )
    return layout, unfold, picked


@drawn_once
def detail(bp: Blueprint, path: str | None) -> None:
    """In one line, for under the controls: which block is shown, and what its shortcut does."""
    st.caption(section("shortcuts", "choose a block") if path is None else _in_a_line(bp, path))


def _in_a_line(bp: Blueprint, path: str) -> str:
    block = bp.block(path)
    numbers = {
        "block": called(bp, block.path),
        "in_shape": shape_text(block.in_shape),
        "out_shape": shape_text(block.out_shape),
    }
    if block.shortcut is None or block.shortcut.kind == "none":
        return section("shortcuts", "block without shortcut", **numbers)
    line = label(f"line.{block.shortcut.line}")
    return section("shortcuts", "block in a line", line=line, **numbers)


def _stage(bp: Blueprint, path: str) -> str:
    return next(stage.title for stage in bp.stages if stage.path == path)


def _complain(bp: Blueprint) -> None:
    """Say what of a link's wishes this network cannot fulfil."""
    wished = st.query_params.get(BLOCK)
    if wished and wished not in {part.path for part in bp.parts}:
        st.warning(section("shortcuts", "unknown block", path=quoted(wished)))


@lru_cache(maxsize=32)
def _drawn(
    spec: NetworkSpec,
    image_size: ImageSize,
    layout: Layout,
    unfold: tuple[str, ...],
    _language: str,
) -> tuple[str, Picture]:
    """The diagram's DOT and its picture; hundreds of unfolded blocks take a while to arrange."""
    source = diagram.sheet(blueprint(spec, image_size), layout, unfold).source
    return source, draw(source)


def show(bp: Blueprint, choice: Choice, view: View) -> None:
    """The diagram, and its DOT to download."""
    try:
        source, picture = _drawn(
            choice.spec, choice.image_size, view.layout, view.unfold, language()
        )
    except DrawingError as problem:
        st.error(str(problem))
        return
    unfolding.say_capped("shortcuts", still_folded(bp, view.unfold), MOST_UNFOLDED)
    drawing(
        picture.svg,
        key="shortcuts_network",
        label=section("shortcuts", "alt of the network", title=choice.title),
        height=_HEIGHT,
        tools=True,
        choosable=True,
        selected=node_of(bp, view.block.path, view.unfold) if view.open else None,
        # Who has picked none sees the network from its beginning, and the legend.
        follow=view.picked,
        filename=f"{choice.name}_shortcuts",
        dim=view.picked,
        scene=f"{choice.title} {choice.image_size} {view.layout}",
        on_choose=choose,
        files={"dot": source},
    )


def choose(node: str) -> None:
    """Open what was clicked: a fold's stage, or a block; a chosen block is let go."""
    if node.startswith(FOLD):
        controls.put(UNFOLD, (*controls.held(UNFOLD), node.removeprefix(FOLD)), ())
    else:
        controls.put(BLOCK, None if controls.held(BLOCK) == node else node)


@drawn_once
def list_dashed(bp: Blueprint) -> None:
    """The dashed blocks as a table, or the sentence that says why there is none."""
    st.header(label("shortcuts.dashed"), anchor="dashed-blocks")
    numbers = summary(bp)
    if bp.dashed:
        st.markdown(section("shortcuts", "dashed", **numbers))
        rows = shortcut_table.dashed_rows(bp)
        columns: dict[str, Any] = dict(headings(shortcut_table.TABLE, rows[0]))
        for name, term in (("params", "parameters"), ("macs", "MACs")):
            columns[name] = st.column_config.NumberColumn(
                columns[name], format="localized", help=glossary(term)
            )
        # The block's name says its stage, and all are of one kind; the table's menu has both.
        order = [column for column in rows[0] if column not in ("stage", "kind")]
        st.dataframe(
            rows,
            hide_index=True,
            width="stretch",
            column_order=order,
            column_config=columns,
        )
    else:
        name = "no dashed" if bp.additions else "no shortcuts"
        st.markdown(section("shortcuts", name, **numbers))
    with st.expander(label("shortcuts.published")):
        st.markdown(section("shortcuts", "dashed facts"))
        st.markdown(section("shortcuts", "norm facts"))
