"""Where the chosen network's parameters, MACs and activations are."""

from typing import Any, Final

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
from explorer.lessons import glossary, section
from explorer.ui import chart
from explorer.ui.parameters.controls import KEPT
from explorer.ui.words import quoted
from explorer.views import cost_charts, cost_tables

_PART: Final = "params_part"
_LONGEST_TABLE: Final = 20
_CHARTS: Final = ("params_shares", "params_tree")


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
    alt = f"Shares of stem, stages and head in the {measure} of {title}"
    chart.show(cost_charts.shares(bp, measure, name), _CHARTS[0], alt=alt, choosable=True)
    st.markdown(section("parameters", "where"))
    alt = f"Treemap of the {measure} of {title}"
    chart.show(cost_charts.treemap(bp, measure), _CHARTS[1], alt=alt, choosable=True)
    if len(bp.blocks) > FOLD_ABOVE:
        st.caption(section("parameters", "folded", limit=FOLD_ABOVE))
    _list(bp, measure, name)
    _kinds(bp, measure)


def _settle_part(bp: Blueprint) -> str | None:
    """Take over what was clicked since the last run; return a part that the network lacks."""
    known = names(bp)
    for key in _CHARTS:
        points = st.session_state.get(key, {}).get("selection", {}).get("points", [])
        clicked = _name_of(bp, points[0]) if points else None
        before = st.session_state.get(f"{key}_seen")
        if clicked == before:
            continue
        st.session_state[f"{key}_seen"] = clicked
        # A second click on a mark ends its selection, but means the mark again.
        shown = st.session_state.get(_PART, WHOLE)
        wanted = clicked or (WHOLE if shown == before else before)
        if wanted in known:
            st.session_state[_PART] = wanted
    asked = st.session_state.get(_PART) or st.query_params.get(_PART) or WHOLE
    if asked in known:
        return None
    st.session_state[_PART] = WHOLE
    return str(asked)


def _name_of(bp: Blueprint, point: dict[str, Any]) -> str | None:
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
    most = max(float(row["share, %"] or 0) for row in rows)
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
                "share of the network", format="%.2f %%", min_value=0, max_value=max(most, 1e-9)
            ),
        },
    )
