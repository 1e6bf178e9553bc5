"""Both networks in sentences, in tables, and as files."""

from functools import lru_cache
from typing import Any, Final

import streamlit as st

from explorer.architecture.costs import Measure, amount
from explorer.architecture.image_size import size_text
from explorer.architecture.notation import signed
from explorer.lessons import compare
from explorer.ui import controls, saving
from explorer.ui.compare.drawn import Same, show_rows
from explorer.ui.compare.sides import UNFOLD, Sides
from explorer.ui.drawn_once import drawn_once
from explorer.views import compare_tables
from explorer.words import glossary, label, language, section

_ROWS: Final = "compare_rows"


def told(sides: Sides) -> None:
    """How much differs, the main reason, and which choices differ."""
    one, titles = sides.one, sides.titles
    st.markdown(compare.lead(one, titles))
    sizes = {
        "left_size": size_text(one.left.image_size),
        "right_size": size_text(one.right.image_size),
    }
    if sizes["left_size"] != sizes["right_size"]:
        st.caption(
            section("compare", "sizes differ", left=titles.left, **sizes, right=titles.right)
        )
    if reason := _main_reason(Same(one), titles, language()):
        st.markdown(reason)
    if choices := compare.choices(one):
        st.markdown("\n".join(f"- {choice.told}" for choice in choices))


def follows(sides: Sides) -> None:
    """What follows from each choice, and each cause with what it makes of the totals."""
    one, titles = sides.one, sides.titles
    said = [
        section("compare", "choice, and what follows", told=choice.told, follows=choice.follows)
        for choice in compare.choices(one)
    ]
    said += _reasons(Same(one), titles, language())
    if said:
        with st.expander(label("compare.follows")):
            st.markdown("\n".join(f"- {line}" for line in said))


@lru_cache(maxsize=32)
def _main_reason(one: Same, titles: compare.Titles, _language: str) -> str | None:
    return compare.main_reason(one.alignment, titles)


@lru_cache(maxsize=32)
def _reasons(one: Same, titles: compare.Titles, _language: str) -> list[str]:
    return compare.reasons(one.alignment, titles)


def figures(sides: Sides) -> None:
    """Parameters, MACs, activations, receptive field and published accuracy of both."""
    st.header(label("compare.figures"), anchor="figures", help=glossary("protocol"))
    rows = compare_tables.figures(sides.one, sides.published)
    _figures(tuple(tuple(row.items()) for row in rows), sides.titles.left, sides.titles.right)
    st.caption(section("compare", "figures"))


@drawn_once
def _figures(cells: tuple[tuple[tuple[str, Any], ...], ...], left: str, right: str) -> None:
    rows = [dict(row) for row in cells]
    table = compare_tables.FIGURES
    titles = {"left": left, "right": right}
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


def table(sides: Sides, measure: Measure) -> None:
    """Blocks or ops of both in rows that sum to the totals, and files of them."""
    one = sides.one
    st.header(label("compare.table"), anchor="table")
    by = controls.choice(_ROWS, ("blocks", "ops"), default="blocks")
    unfold = controls.held(UNFOLD) or ()
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
    show_rows(rows, measure)
    name = f"{sides.names[0]}_{sides.names[1]}"
    saving.save(
        {
            f"{name}.csv": lambda: compare_tables.csv_text(compare_tables.op_rows(one)),
            f"{name}.md": lambda: compare_tables.markdown(compare_tables.block_rows(one)),
        }
    )
