"""Both networks in sentences, in tables, and as files."""

from typing import Any, Final

import streamlit as st

from explorer.architecture.costs import Measure, amount
from explorer.architecture.image_size import size_text
from explorer.architecture.notation import signed
from explorer.architecture.published import Figure
from explorer.lessons import compare
from explorer.ui import controls, saving
from explorer.ui.compare.drawn import Same, chosen_block, show_pair, show_rows
from explorer.ui.compare.sides import UNFOLD, Sides
from explorer.ui.drawn_once import drawn_once
from explorer.views import compare_tables
from explorer.words import glossary, label, section

_ROWS: Final = "compare_rows"


def told(sides: Sides) -> None:
    """How much differs, the main reason, which choices differ, and what the page is about."""
    _told(Same(sides.one), sides.titles)
    st.caption(f"{section('compare', 'picture')} {section('compare', 'introduction')}")


def tables(sides: Sides) -> None:
    """What follows from each choice, one block of both, and all in rows and figures."""
    one = sides.one
    block, unfold = chosen_block(one), tuple(controls.held(UNFOLD) or ())
    inputs = (Same(one), sides.titles, sides.names, sides.published, block.name, unfold)

    def draw() -> None:
        _follows(Same(one), sides.titles)
        measure = show_pair(sides, block)
        _whole(sides, unfold, measure)
        _figures(Same(one), sides.titles, sides.published)

    controls.drawn_again("compare_tables", inputs, draw)


@drawn_once
def _told(same: Same, titles: compare.Titles) -> None:
    one = same.alignment
    st.markdown(compare.lead(one, titles))
    sizes = {
        "left_size": size_text(one.left.image_size),
        "right_size": size_text(one.right.image_size),
    }
    if sizes["left_size"] != sizes["right_size"]:
        st.caption(
            section("compare", "sizes differ", left=titles.left, **sizes, right=titles.right)
        )
    if reason := compare.main_reason(one, titles):
        st.markdown(reason)
    if choices := compare.choices(one):
        st.markdown("\n".join(f"- {choice.told}" for choice in choices))


@drawn_once
def _follows(same: Same, titles: compare.Titles) -> None:
    """What follows from each choice, and each cause with what it makes of the totals."""
    one = same.alignment
    said = [
        section("compare", "choice, and what follows", told=choice.told, follows=choice.follows)
        for choice in compare.choices(one)
    ]
    said += compare.reasons(one, titles)
    if said:
        with st.expander(label("compare.follows")):
            st.markdown("\n".join(f"- {line}" for line in said))


@drawn_once
def _figures(
    same: Same, both: compare.Titles, published: tuple[tuple[Figure, ...], tuple[Figure, ...]]
) -> None:
    """Parameters, MACs, activations, receptive field and published accuracy of both."""
    st.header(label("compare.figures"), anchor="figures", help=glossary("protocol"))
    rows = compare_tables.figures(same.alignment, published)
    table = compare_tables.FIGURES
    titles = {"left": both.left, "right": both.right}
    titles["difference"] = label(f"{table}.difference")
    # Both numbers are whole on a telephone, and a protocol is on a projector.
    widths = {"figure": 135, "left": 110, "right": 110, "difference": 165, "protocol": 260}
    titles |= {column: label(f"{table}.{column}") for column in ("figure", "protocol")}
    words = ("figure", "protocol")
    columns: dict[str, Any] = {
        column: st.column_config.TextColumn(
            titles[column], width=width, alignment="left" if column in words else "right"
        )
        for column, width in widths.items()
    }
    height = 35 * (len(rows) + 1) + 3
    st.dataframe(rows, hide_index=True, width="stretch", height=height, column_config=columns)
    st.caption(section("compare", "figures"))


def _whole(sides: Sides, unfold: tuple[str, ...], measure: Measure) -> None:
    """Blocks or ops of both in rows that sum to the totals, and files of them."""
    one = sides.one
    st.header(label("compare.table"), anchor="table")
    by = controls.choice(_ROWS, ("blocks", "ops"), default="blocks")
    _table(Same(one), by, unfold, measure)
    name = f"{sides.names[0]}_{sides.names[1]}"
    saving.save(
        {
            f"{name}.csv": lambda: compare_tables.csv_text(compare_tables.op_rows(one)),
            f"{name}.md": lambda: compare_tables.markdown(compare_tables.block_rows(one)),
        }
    )


@drawn_once
def _table(same: Same, by: str, unfold: tuple[str, ...], measure: Measure) -> None:
    one = same.alignment
    rows = (
        compare_tables.op_rows(one, (measure,))
        if by == "ops"
        else compare_tables.block_rows(one, unfold, (measure,))
    )
    st.markdown(
        section(
            "compare",
            "table",
            before=f"{amount(one.left, measure):,}",
            after=f"{amount(one.right, measure):,}",
            measure=label(f"measure.{measure}"),
            difference=signed(one.difference(measure)),
        )
    )
    show_rows(rows, measure, of_blocks=by == "blocks")
