"""Where the chosen network's parameters, MACs and activations are."""

from functools import partial
from typing import Final

import streamlit as st

from explorer.architecture import Blueprint
from explorer.architecture.costs import (
    FOLD_ABOVE,
    MEASURES,
    PROJECTIONS,
    WHOLE,
    Measure,
    amount,
    by_kind,
    look,
    names,
)
from explorer.ui import chart
from explorer.ui.kept import KEPT
from explorer.views import cost_charts, cost_tables
from explorer.words import glossary, quoted, section

_PART: Final = "params_part"
_LONGEST_TABLE: Final = 20


@st.fragment
def draw(bp: Blueprint, title: str) -> None:
    """Show the section for this network."""
    unknown = _settle_part(bp)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    measure: Measure = left.segmented_control(
        "Measure",
        MEASURES,
        default="parameters",
        required=True,
        key="params_of",
        help=f"{glossary('parameters')} {glossary('MACs')} {glossary('activations')}",
        **KEPT,
    )
    name = right.selectbox("Part to list", names(bp), key=_PART, **KEPT)
    if unknown:
        st.warning(section("parameters", "unknown part", title=title, part=quoted(unknown)))
    choose = partial(_choose, bp)
    alt = f"Shares of stem, stages and head in the {measure} of {title}"
    # A key for each choice: so a second click on the same bar is a click again.
    key = f"params_shares_{name}"
    chart.show(
        cost_charts.shares(bp, measure, name), key, alt=alt, choosable=True, on_choose=choose
    )
    st.markdown(section("parameters", "where"))
    alt = f"Treemap of the {measure} of {title}"
    chart.show(
        cost_charts.treemap(bp, measure), "params_tree", alt=alt, choosable=True, on_choose=choose
    )
    if len(bp.blocks) > FOLD_ABOVE:
        st.caption(section("parameters", "folded", limit=FOLD_ABOVE))
    _list(bp, measure, name)
    _kinds(bp, measure)


def _settle_part(bp: Blueprint) -> str | None:
    """Choose the whole network where the link or the last one names what this one lacks."""
    asked = st.session_state.get(_PART) or st.query_params.get(_PART) or WHOLE
    if asked in names(bp):
        return None
    st.session_state[_PART] = WHOLE
    return str(asked)


def _choose(bp: Blueprint, points: list[chart.Point]) -> None:
    """List the part that was clicked; the whole network where it was listed already."""
    if points and (name := _name_of(bp, points[0])):
        st.session_state[_PART] = WHOLE if st.session_state.get(_PART) == name else name


def _name_of(bp: Blueprint, point: chart.Point) -> str | None:
    """Of the part behind a mark: a tile knows its id, a bar carries its name."""
    name = point.get("id") or (point.get("customdata") or [None])[0]
    try:
        return name if name in names(bp) else bp.block(str(name)).title
    except ValueError:
        return None


def _list(bp: Blueprint, measure: Measure, name: str) -> None:
    found = look(bp, name)
    value, whole = amount(found.part, measure), amount(bp, measure)
    st.subheader(f"{name[0].upper() + name[1:] if name == WHOLE else name}: {value:,} {measure}")
    if found.equal > 1:
        st.caption(section("parameters", "equal blocks", first=name, others=found.equal - 1))
    rows = cost_tables.part_rows(found.rows, measure, whole)
    _table(rows, measure, f"params_rows_{name}")


def _kinds(bp: Blueprint, measure: Measure) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.subheader("By kind of op")
        _table(cost_tables.kind_rows(bp, measure), measure, "params_kinds")
    with right:
        st.subheader("What the shortcuts cost", help=glossary("projection"))
        st.markdown("\n\n".join(_shortcuts(bp)))


def _shortcuts(bp: Blueprint) -> list[str]:
    if not bp.additions:
        return [section("parameters", "no additions")]
    share = f"{bp.additions / bp.macs:.3%}"
    additions = section("parameters", "additions", additions=f"{bp.additions:,}", share=share)
    count = sum(op.kind == "conv" and op.on_shortcut for op in bp.ops)
    if not count:
        return [additions, section("parameters", "without projections")]
    params = by_kind(bp, "parameters")[PROJECTIONS]
    normed = bp.spec.batch_norm and bp.spec.norm_on_projection
    projections = section(
        "parameters",
        "with projections",
        count=count,
        params=f"{params:,}",
        share=f"{params / bp.params:.1%}",
        norm="batch norm follows each" if normed else "no batch norm follows them",
    )
    return [additions, projections, section("parameters", "norm on projections")]


def _table(rows: list[cost_tables.Row], measure: Measure, key: str) -> None:
    st.dataframe(
        rows,
        key=key,
        hide_index=True,
        width="stretch",
        row_height=38,
        height="content" if len(rows) <= _LONGEST_TABLE else 10 * 38,
        column_config={
            measure: st.column_config.NumberColumn(format="localized"),
            "share, %": st.column_config.ProgressColumn(
                "share of the network", format="%.2f %%", min_value=0, max_value=100
            ),
        },
    )
