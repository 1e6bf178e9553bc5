"""Below the player: the trace as tables, its time as charts, torchinfo's summary."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.architecture import Blueprint, NetworkSpec
from explorer.lessons.sentences import walk_in_words
from explorer.ui import cache, chart
from explorer.ui.picker import Choice
from explorer.ui.player import PLAYER, go
from explorer.views import trace_table
from explorer.views.numbers import duration
from explorer.words import glossary, section

if TYPE_CHECKING:
    import pyarrow as pa

    from explorer.networks import Trace
    from explorer.networks.torchinfo_summary import Summary

_TABS: Final = ("Blocks", "Every op", "Time", "torchinfo")
_BLOCK: Final = "trace_block"
"""Of the URL: path of the block that is open."""
_OPEN, _CLOSE, _WALK = "open", "close", "walk"


@st.fragment
def tabs(bp: Blueprint, choice: Choice, trace: Trace | None) -> None:
    """Draw the tabs; only the open one is computed."""
    blocks, ops, time, torchinfo = st.tabs(_TABS, key="trace_view", bind="query-params")
    if blocks.open:
        with blocks:
            _blocks(bp, choice)
    if ops.open:
        with ops:
            _ops(bp, choice)
    if time.open:
        with time:
            _time(bp, choice, trace)
    if torchinfo.open:
        with torchinfo:
            _torchinfo(bp, choice)


def _blocks(bp: Blueprint, choice: Choice) -> None:
    rows = trace_table.block_rows(bp)
    total = trace_table.total_row(rows)
    st.markdown(section("shape_trace", "blocks"))
    _download(trace_table.csv_text(rows), f"{choice.name}_blocks.csv")
    actions = [_OPEN] * len(rows)
    opened = st.query_params.get(_BLOCK)
    place = next((place for place, row in enumerate(rows) if row["path"] == opened), None)
    if place is not None:
        inside = trace_table.opened_rows(bp, bp.parts[place])
        rows[place + 1 : place + 1] = inside
        actions[place : place + 1] = [_CLOSE, *[_WALK] * len(inside)]
    table = trace_table.arrow_table([*rows, total], actions)
    _table(bp, table, [str(row["path"]) for row in rows], "trace_blocks")


def _ops(bp: Blueprint, choice: Choice) -> None:
    table, text = _every_op(choice.spec, choice.image_size)
    st.markdown(section("shape_trace", "ops"))
    _download(text, f"{choice.name}_ops.csv")
    _table(bp, table, [op.path for op in bp.ops], "trace_ops")


@lru_cache(maxsize=8)
def _every_op(spec: NetworkSpec, image_size: int) -> tuple[pa.Table, str]:
    """The table of all ops and the same as CSV: thousands of rows for the deepest networks."""
    bp = cache.blueprint_of(spec, image_size)
    rows = trace_table.op_rows(bp, dict(walk_in_words(bp)))
    shown = [*rows, trace_table.total_row(rows)]
    return trace_table.arrow_table(shown, [_WALK] * len(rows)), trace_table.csv_text(rows)


def _time(bp: Blueprint, choice: Choice, trace: Trace | None) -> None:
    if trace is None:
        st.info(section("shape_trace", "time pending"))
        return
    from explorer.views import trace_charts

    numbers = {"device": trace.device, "seconds": duration(trace.seconds)}
    st.markdown(section("shape_trace", "time", size=choice.image_size, **numbers))
    chart.show(
        trace_charts.time_per_block(bp, trace.seconds_by_part),
        "trace_time_blocks",
        alt="Measured time of each block, in milliseconds",
    )
    chart.show(
        trace_charts.time_per_kind(bp, {op.path: op.seconds for op in trace.ops}),
        "trace_time_kinds",
        alt="Measured time of each kind of op, in milliseconds",
    )


def _torchinfo(bp: Blueprint, choice: Choice) -> None:
    st.markdown(section("shape_trace", "torchinfo"))
    with st.spinner("torchinfo walks the network ...", show_time=True):
        found = _summary(choice.spec, choice.image_size)
    numbers = {
        "params": f"{found.params:,}",
        "mult_adds": f"{found.mult_adds:,}",
        "macs": f"{found.macs:,}",
        "our_params": f"{bp.params:,}",
    }
    if found.explained and found.params == bp.params:
        terms = {
            "batch norm's gamma and beta": found.batch_norm,
            "convolution biases, once per output value": found.conv_biases,
            "the classifier's biases": found.fc_biases,
        }
        said = " and ".join(f"{name} ({count:,})" for name, count in terms.items() if count)
        extra = f"{found.mult_adds - found.macs:,}"
        st.markdown(section("shape_trace", "torchinfo agrees", extra=extra, terms=said, **numbers))
    else:
        st.error(section("shape_trace", "torchinfo differs", **numbers))
    st.code(found.text, language=None, height=600)
    st.download_button(
        "Save as text", found.text, f"{choice.name}_torchinfo.txt", on_click="ignore"
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _summary(spec: NetworkSpec, image_size: int) -> Summary:
    from explorer.networks.torchinfo_summary import summary

    return summary(cache.blueprint_of(spec, image_size))


def _table(bp: Blueprint, table: pa.Table, paths: list[str], key: str) -> None:
    """Rows labelled with their stage's colour, with a button that acts on the row's path."""

    def act() -> None:
        click = st.session_state[f"{key}_click"]
        _act(click["label"], paths[click["row"]])

    button = st.column_config.ButtonColumn(
        "", type="secondary", pinned=True, on_click=act, key=f"{key}_click"
    )
    st.dataframe(
        table,
        key=key,
        hide_index=True,
        placeholder="",
        height="content" if len(paths) < 40 else 620,
        column_config=_columns(bp) | {"action": button},
    )


def _act(action: str, path: str) -> None:
    """What the button of a row does: open or close a block, or walk to an op."""
    if action == _WALK:
        go(path)
        st.rerun(PLAYER)
    elif action == _OPEN:
        st.query_params[_BLOCK] = path
    else:
        st.query_params.pop(_BLOCK, None)


def _columns(bp: Blueprint) -> dict[str, Any]:
    counts: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="localized", help=glossary(name))
        for name in ("parameters", "MACs", "activations", "output stride")
    }
    return counts | {
        "receptive field": st.column_config.NumberColumn(
            "field, px", format="localized", help=glossary("receptive field")
        ),
        "stage": st.column_config.MultiselectColumn(
            options=trace_table.stages_by_colour(bp), color="auto"
        ),
        "shortcut": st.column_config.TextColumn(help=glossary("shortcut line")),
        "in": st.column_config.TextColumn(help=glossary("shape")),
        "out": st.column_config.TextColumn(help=glossary("shape")),
        "kernels": st.column_config.TextColumn(width=205, help=glossary("kernels")),
        "block": st.column_config.TextColumn(width=115),
        "op": st.column_config.TextColumn(width=160),
        "path": st.column_config.TextColumn(width=160),
        "in words": st.column_config.TextColumn(width=800),
    }


def _download(text: str, name: str) -> None:
    st.download_button(
        "Save as CSV",
        text,
        name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
