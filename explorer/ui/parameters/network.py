"""Where the chosen network's parameters, MACs and activations are."""

from functools import partial
from typing import Final

import streamlit as st

from explorer.architecture import Blueprint
from explorer.architecture.costs import FOLD_ABOVE, MEASURES, WHOLE, Measure, amount, look, names
from explorer.lessons.shortcut_numbers import summary
from explorer.ui import chart, controls
from explorer.ui.drawn_once import drawn_once
from explorer.views import cost_charts, cost_tables
from explorer.views.tables import heading, headings
from explorer.views.titles import part_title
from explorer.words import count, glossary, label, quoted, section

_PART: Final = "params_part"
_LONGEST_TABLE: Final = 20


def draw(bp: Blueprint, title: str) -> None:
    """Show the section for this network."""
    measure, name = controls.drawn_again(
        "params_network", (bp.spec, bp.image_size), lambda: _controls(bp)
    )
    if unknown := controls.unknown(_PART, names(bp)):
        st.warning(section("parameters", "unknown part", title=title, part=quoted(unknown)))
    choose = partial(_choose, bp)
    said = {"measure": _worded(measure), "title": title}
    chart.show(
        chart.drawn(cost_charts.shares, bp, measure, name),
        # A key for each choice: so a second click on the same bar is a click again.
        f"params_shares_{name}",
        alt=section("parameters", "alt of the shares", **said),
        choosable=True,
        on_choose=choose,
    )
    st.markdown(section("parameters", "where"))
    chart.show(
        chart.drawn(cost_charts.treemap, bp, measure),
        "params_tree",
        alt=section("parameters", "alt of the treemap", **said),
        choosable=True,
        on_choose=choose,
    )
    if len(bp.blocks) > FOLD_ABOVE:
        st.caption(section("parameters", "folded", limit=FOLD_ABOVE))
    _list(bp, measure, name)
    _kinds(bp, measure)


def _controls(bp: Blueprint) -> tuple[Measure, str]:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        terms = {name: glossary(_TERM[name]) for name in MEASURES}
        measure: Measure = controls.choice(
            "params_of", MEASURES, shown=_worded, help=section("parameters", "measures", **terms)
        )
    with right:
        name: str = controls.choice(_PART, names(bp), kind="select", shown=part_title)
    return measure, name


_TERM: Final = {"params": "parameters", "macs": "MACs", "activations": "activations"}
"""Entries of the glossary."""


def _worded(measure: str) -> str:
    return label(f"measure.{measure}")


def _choose(bp: Blueprint, points: list[chart.Point]) -> None:
    """List the part that was clicked; the whole network where it was listed already."""
    if points and (name := _name_of(bp, points[0])):
        listed = controls.held(_PART) == name
        controls.put(_PART, WHOLE if listed else name, WHOLE)


def _name_of(bp: Blueprint, point: chart.Point) -> str | None:
    """Of the part behind a mark: a tile knows its id, a bar carries its name."""
    name = point.get("id") or chart.name_of(point)
    try:
        return name if name in names(bp) else bp.block(str(name)).title
    except ValueError:
        return None


@drawn_once
def _list(bp: Blueprint, measure: Measure, name: str) -> None:
    found = look(bp, name)
    value, whole = amount(found.part, measure), amount(bp, measure)
    title = label("parameters.whole") if name == WHOLE else part_title(name)
    st.header(label("parameters.listed", part=title, amount=count(value, measure)))
    if found.equal > 1:
        others = count(found.equal - 1, "block")
        st.caption(section("parameters", "equal blocks", first=name, others=others))
    rows = cost_tables.part_rows(found.rows, measure, whole)
    _table(rows, measure, f"params_rows_{name}")


@drawn_once
def _kinds(bp: Blueprint, measure: Measure) -> None:
    with st.container(key="params_kinds_beside"):
        left, right = st.columns([3, 2], gap="medium")
    with left:
        st.header(label("parameters.kinds"), anchor="by-kind-of-op")
        _table(cost_tables.kind_rows(bp, measure), measure, "params_kinds")
    with right:
        st.header(
            label("parameters.shortcuts"),
            anchor="what-the-shortcuts-cost",
            help=glossary("projection"),
        )
        st.markdown("\n\n".join(_shortcuts(bp)))


def _shortcuts(bp: Blueprint) -> list[str]:
    if not bp.additions:
        return [section("parameters", "no additions")]
    numbers = summary(bp)
    additions = section("parameters", "additions", **numbers)
    if not numbers["projections"]:
        return [additions, section("parameters", "without projections")]
    normed = bp.spec.norm == "batch" and bp.spec.norm_on_projection
    name = "with projections" if normed else "with projections, no norm"
    return [
        additions,
        section("parameters", name, **numbers),
        section("parameters", "norm on projections"),
    ]


def _table(rows: list[cost_tables.Row], measure: Measure, key: str) -> None:
    st.dataframe(
        rows,
        key=key,
        hide_index=True,
        width="stretch",
        row_height=38,
        height="content" if len(rows) <= _LONGEST_TABLE else 10 * 38,
        column_config={
            **headings("cost_table", rows[0]),
            measure: st.column_config.NumberColumn(
                heading("cost_table", measure), format="localized"
            ),
            "share": st.column_config.ProgressColumn(
                heading("cost_table", "share"), format="%.2f %%", min_value=0, max_value=100
            ),
        },
    )
