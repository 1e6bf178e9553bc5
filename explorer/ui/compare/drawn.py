"""Both networks as one drawing, and the chosen block of both beside each other."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import streamlit as st

from explorer.architecture import Block
from explorer.architecture.alignment import Alignment, BlockPair
from explorer.architecture.costs import MEASURES, Measure
from explorer.lessons.compare import Titles
from explorer.ui import controls, unfolding
from explorer.ui.block_drawing import block_drawing
from explorer.ui.compare.sides import BLOCK, UNFOLD, Sides
from explorer.ui.drawing import drawing
from explorer.ui.drawn_once import drawn_once
from explorer.views import compare_picture, compare_rows, compare_tables
from explorer.views.titles import part_title
from explorer.words import glossary, label, language, listed, section

_HEIGHT: Final = 430
"""Pixels: with it the drawing ends above the fold of a projector."""
_FRAME: Final = 20
"""Pixels that the drawing's border and its scroll bar take of its place."""
_MEASURE: Final = "compare_measure"


class Same:
    """An alignment as a cache's key: there is one object for each two networks and sizes."""

    def __init__(self, alignment: Alignment) -> None:
        self.alignment = alignment

    def __hash__(self) -> int:
        return id(self.alignment)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.alignment is other.alignment


def show(sides: Sides, tell: Callable[[], None]) -> None:
    """The drawing with its controls below, and beside it what `tell` says of both networks."""
    inputs = (Same(sides.one), sides.titles, sides.names)
    controls.drawn_again("compare_shown", inputs, lambda: _show(sides, tell))


def _show(sides: Sides, tell: Callable[[], None]) -> None:
    one = sides.one
    row = st.container(horizontal=True, gap="medium")
    left = row.container(width=_wide(Same(one), sides.titles, language()) + _FRAME)
    beside = row.container(width="stretch")
    with left:
        place = st.container()
        chosen, opened = _choose_block(one), _choose_stages(one)
    with place:
        drawing(
            _drawn(Same(one), sides.titles, opened, language()),
            key="compare_drawing",
            label=_alt(sides),
            height=_HEIGHT,
            tools=True,
            choosable=True,
            selected=compare_rows.row_of(one, chosen, opened) if chosen else None,
            filename=f"{sides.names[0]}_{sides.names[1]}",
            scene=f"{sides.names} {one.left.image_size}",
            on_choose=_choose,
        )
    with beside:
        tell()


def _choose_stages(one: Alignment) -> tuple[str, ...]:
    """The stages that are unfolded, and which of them have more blocks than are drawn."""
    stages = compare_rows.foldable(one)
    opened = unfolding.choose(UNFOLD, stages, lambda path: _stage_name(one, path))
    most = compare_rows.MOST_UNFOLDED
    capped = [part.title for part in one.parts if part.path in opened and len(part.pairs) > most]
    unfolding.say_capped("compare", capped, most)
    return opened


def _choose_block(one: Alignment) -> str | None:
    chosen: str | None = controls.choice(
        BLOCK,
        tuple(pair.name for pair in one.pairs),
        kind="select",
        shown=lambda name: _block_name(one.pair(name)),
        optional=True,
        placeholder=label(f"{BLOCK}.choose"),
    )
    return chosen


def chosen_block(one: Alignment) -> BlockPair:
    """Both of the chosen block, or of the first that differs."""
    chosen = controls.settled(BLOCK, tuple(pair.name for pair in one.pairs))
    return one.pair(chosen) if chosen else _first_different(one)


def _block_name(pair: BlockPair) -> str:
    name = part_title(pair.one.title)
    return name if pair.left else label(f"{BLOCK}.alone", block=name)


def _choose(name: str) -> None:
    controls.put(BLOCK, None if controls.held(BLOCK) == name else name, None)


@lru_cache(maxsize=16)
def _drawn(one: Same, titles: tuple[str, str], unfold: tuple[str, ...], _language: str) -> str:
    return compare_picture.picture(one.alignment, titles, unfold)


@lru_cache(maxsize=32)
def _wide(one: Same, titles: tuple[str, str], _language: str) -> int:
    return round(compare_picture.natural_width(one.alignment, titles))


def _stage_name(one: Alignment, path: str) -> str:
    """A stage by its title and torch's path, as everywhere."""
    title = next(part.title for part in one.parts if part.path == path)
    return label("named.in_brackets", name=title, what=path)


def _alt(sides: Sides) -> str:
    pairs = sides.one.pairs
    alone = [pair for pair in pairs if pair.left is None or pair.right is None]
    different = [pair for pair in pairs if pair.differs]
    words = [label(f"aspect.{aspect}") for aspect in sides.one.differs]
    differs = (
        section("compare", "alt differs", aspects=listed(words))
        if words
        else section("compare", "alt same")
    )
    return section(
        "compare",
        "alt of the drawing",
        left=sides.titles.left,
        right=sides.titles.right,
        equal=len(pairs) - len(different),
        different=len(different) - len(alone),
        alone=len(alone),
        differs=differs,
    )


def _first_different(one: Alignment) -> BlockPair:
    both = [pair for pair in one.pairs if pair.differs and pair.left and pair.right]
    return next((pair for pair in both if pair.one.shortcut), (*both, one.pairs[0])[0])


def show_pair(sides: Sides, pair: BlockPair) -> Measure:
    """Both blocks with their ops, drawn and as a table; returns what the tables count."""
    _both(Same(sides.one), sides.titles, pair.name)
    measure: Measure = controls.choice(_MEASURE, MEASURES, default="macs", help=glossary("MACs"))
    _ops(Same(sides.one), pair.name, measure)
    return measure


@drawn_once
def _both(one: Same, titles: Titles, name: str) -> None:
    pair = one.alignment.pair(name)
    st.header(label("compare.chosen", name=_block_name(pair)), anchor="both-blocks")
    st.markdown(_said_of(pair))
    both = (("left", pair.left), ("right", pair.right))
    columns = st.columns(2, gap="medium")
    for column, (side, block), title in zip(columns, both, titles, strict=True):
        with column:
            st.markdown(f"**{title}**")
            _one_block(side, block, title, pair)


@drawn_once
def _ops(one: Same, name: str, measure: Measure) -> None:
    pair = one.alignment.pair(name)
    show_rows(compare_tables.pair_rows(pair, (measure,), short=True), measure)


def _one_block(side: str, block: Block | None, title: str, pair: BlockPair) -> None:
    if block is None:
        other = part_title(pair.one.title)
        st.info(section("compare", "chosen alone", block=other, network=title))
    else:
        block_drawing(block, f"compare_{side}", f"{block.title}_{side}")


def _said_of(pair: BlockPair) -> str:
    if pair.left is None or pair.right is None:
        return ""
    names = {"left": part_title(pair.left.title), "right": part_title(pair.right.title)}
    if not pair.differs:
        return section("compare", "chosen equal", **names)
    differs = listed(compare_rows.differs_told(pair))
    return section("compare", "chosen", differs=differs, **names)


def show_rows(
    table: Sequence[compare_tables.Cells], measure: Measure, of_blocks: bool = False
) -> None:
    """A table of one measure, as high as its rows up to twenty of them."""
    name = label(f"measure.{measure}")
    titles = {
        f"{measure}_left": label("compare_table.before", measure=name),
        f"{measure}_right": label("compare_table.after", measure=name),
        measure: label("compare_table.difference"),
    }
    found: dict[str, Any] = {
        column: label(f"{compare_tables.TABLE}.{column}") for column in ("left", "right", "differs")
    }
    for column, title in titles.items():
        form = "%+,d" if column == measure else "localized"
        found[column] = st.column_config.NumberColumn(title, format=form)
    # Streamlit would cut what it says; blocks have short names, ops long ones.
    widths = {"left": 85, "right": 85, "differs": 165} if of_blocks else {"differs": 110}
    for column, wide in widths.items():
        found[column] = st.column_config.TextColumn(found[column], width=wide)
    height = 35 * (min(len(table), 20) + 1) + 3
    st.dataframe(list(table), hide_index=True, width="stretch", height=height, column_config=found)
