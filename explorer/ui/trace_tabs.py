"""Below the player: the trace as tables, its time as charts, torchinfo's summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.architecture import Blueprint, NetworkSpec
from explorer.lessons import glossary, section
from explorer.lessons.sentences import walk_in_words
from explorer.ui import cache, chart
from explorer.ui.picker import Choice
from explorer.ui.player import go
from explorer.ui.tracing import duration
from explorer.views import trace_table

if TYPE_CHECKING:
    from explorer.networks import Trace
    from explorer.networks.torchinfo_summary import Summary

_TABS: Final = ("Blocks", "Every op", "Time", "torchinfo")
_BLOCK: Final = "trace_block"


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
    paths = [part.path for part in bp.parts]
    table = f"trace_rows_{choice.name}_{len(rows)}"

    def open_row() -> None:
        chosen = st.session_state[table]["selection"]["rows"]
        st.session_state[_BLOCK] = paths[chosen[0]] if chosen and chosen[0] < len(paths) else None

    st.markdown(section("shape_trace", "blocks"))
    _table(bp, rows, key=table, on_select=open_row, selection_mode="single-row")
    _download(rows, f"{choice.name}_blocks.csv")
    path = st.selectbox(
        "Block to open",
        paths,
        index=None,
        key=_BLOCK,
        bind="query-params",
        placeholder="none: choose one here, or click its row above",
    )
    if path is not None:
        block = bp.block(path)
        _table(bp, trace_table.op_rows(bp, block), key="trace_opened")
        if st.button(f"Walk through {block.title}", on_click=go, args=(block.ops[0].path,)):
            st.rerun()


def _ops(bp: Blueprint, choice: Choice) -> None:
    rows = trace_table.op_rows(bp, words=dict(walk_in_words(bp)))
    st.markdown(section("shape_trace", "ops"))
    _table(bp, rows, key="trace_ops")
    _download(rows, f"{choice.name}_ops.csv")


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


def _table(bp: Blueprint, rows: list[trace_table.Row], key: str, **selection: Any) -> None:
    """The rows and their sums, each row labelled with its stage's colour."""
    total = trace_table.total_row(rows)
    shown = [{**row, "stage": [row["stage"]]} for row in (*rows, total)]
    st.dataframe(
        shown,
        key=key,
        hide_index=True,
        placeholder="",
        height="content" if len(shown) < 30 else 620,
        column_config=_columns(bp),
        **selection,
    )


def _columns(bp: Blueprint) -> dict[str, Any]:
    counts: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="localized", help=glossary(name))
        for name in ("parameters", "MACs", "activations", "receptive field", "output stride")
    }
    return counts | {
        "stage": st.column_config.MultiselectColumn(
            options=trace_table.stages_by_colour(bp), color="auto"
        ),
        "shortcut": st.column_config.TextColumn(help=glossary("shortcut line")),
        "in": st.column_config.TextColumn(help=glossary("shape")),
        "out": st.column_config.TextColumn(help=glossary("shape")),
        "kernels": st.column_config.TextColumn(help=glossary("kernels")),
        "in words": st.column_config.TextColumn(width="large"),
    }


def _download(rows: list[trace_table.Row], name: str) -> None:
    st.download_button(
        "Save as CSV",
        trace_table.csv_text(rows),
        name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
