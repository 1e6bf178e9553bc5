"""Below the player: the trace as tables, its time as charts, torchinfo's summary."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import streamlit as st

from explorer.architecture import Blueprint, NetworkSpec, blueprint
from explorer.architecture.image_size import ImageSize, size_text
from explorer.lessons.sentences import walk_in_words
from explorer.ui import chart, controls, navigation, saving, tracing
from explorer.ui.picker import Choice
from explorer.ui.player import PLAYER, go
from explorer.views import trace_table
from explorer.views.numbers import duration
from explorer.views.tables import heading, headings
from explorer.words import glossary, label, language, listed, section

if TYPE_CHECKING:
    import pyarrow as pa

    from explorer.networks import Trace
    from explorer.networks.torchinfo_summary import Summary

Action = Literal["open", "close", "walk"]
"""What the button of a row does."""
if TYPE_CHECKING:  # a type in a text would be taken for words
    Shown: TypeAlias = tuple[pa.Table, list[tuple[Action, str]], str]
    """A table, what the buttons of its rows do, and the same as CSV."""
_BLOCK: Final = "trace_block"
"""Of the URL: path of the block that is open."""
_OF_BLOCKS: Final = ("block", "stage", "shortcut", "out", "kernels", "params", "millions")
_OF_OPS: Final = ("op", "in", "out", "kernel", "stride", "params", "macs")


@st.fragment
def tabs(bp: Blueprint, choice: Choice, trace: Trace | None) -> None:
    """Draw the sections; only the open one is computed."""
    navigation.own_link()
    controls.sections(
        "trace_view",
        {
            "blocks": partial(_blocks, bp, choice),
            "ops": partial(_ops, bp, choice),
            "time": partial(_time, bp, choice, trace),
            "torchinfo": partial(_torchinfo, bp, choice),
        },
    )
    navigation.own_link(renew=True)


def _blocks(bp: Blueprint, choice: Choice) -> None:
    opened = st.query_params.get(_BLOCK)
    known = opened if opened in {part.path for part in bp.parts} else None
    shown = _every_block(choice.spec, choice.image_size, known, language())
    _rows(bp, choice, "blocks", shown, _OF_BLOCKS)


@lru_cache(maxsize=32)
def _every_block(
    spec: NetworkSpec, image_size: ImageSize, opened: str | None, _language: str
) -> Shown:
    """The table of all blocks, of which one may be open."""
    bp = blueprint(spec, image_size)
    rows = trace_table.block_rows(bp)
    total = trace_table.total_row(rows)
    text = trace_table.csv_text(rows)
    actions: list[Action] = ["open"] * len(rows)
    place = next((place for place, row in enumerate(rows) if row["path"] == opened), None)
    if place is not None:
        inside = trace_table.opened_rows(bp, bp.parts[place])
        rows[place + 1 : place + 1] = inside
        walks: list[Action] = ["walk"] * len(inside)
        actions[place : place + 1] = ["close", *walks]
    table = trace_table.arrow_table(
        [trace_table.abbreviated(row) for row in (*rows, total)],
        [label(f"trace_row.{action}") for action in actions],
    )
    acts = [(action, str(row["path"])) for action, row in zip(actions, rows, strict=True)]
    return table, acts, text


def _ops(bp: Blueprint, choice: Choice) -> None:
    _rows(bp, choice, "ops", _every_op(choice.spec, choice.image_size, language()), _OF_OPS)


@lru_cache(maxsize=8)
def _every_op(spec: NetworkSpec, image_size: ImageSize, _language: str) -> Shown:
    """The table of all ops: thousands of rows for the deepest networks."""
    bp = blueprint(spec, image_size)
    rows = trace_table.op_rows(bp, dict(walk_in_words(bp)))
    shown = [*rows, trace_table.total_row(rows)]
    table = trace_table.arrow_table(shown, [label("trace_row.walk")] * len(rows))
    return table, [("walk", op.path) for op in bp.ops], trace_table.csv_text(rows)


def _time(bp: Blueprint, choice: Choice, trace: Trace | None) -> None:
    if trace is None:
        refused = tracing.refusal(choice)
        st.info(section("shape_trace", "time refused" if refused else "time pending"))
        return
    from explorer.views import trace_charts

    numbers = {"device": trace.device, "seconds": duration(trace.seconds)}
    st.markdown(section("shape_trace", "time", size=size_text(choice.image_size), **numbers))
    chart.show(
        chart.drawn(trace_charts.time_per_block, bp, trace.seconds_by_part),
        "trace_time_blocks",
        alt=section("shape_trace", "alt of the time of blocks"),
    )
    chart.show(
        chart.drawn(trace_charts.time_per_kind, bp, {op.path: op.seconds for op in trace.ops}),
        "trace_time_kinds",
        alt=section("shape_trace", "alt of the time of kinds"),
    )


def _torchinfo(bp: Blueprint, choice: Choice) -> None:
    st.markdown(section("shape_trace", "torchinfo"))
    with st.spinner(section("shape_trace", "torchinfo runs"), show_time=True):
        found = _summary(choice.spec, choice.image_size)
    numbers = {
        "params": f"{found.params:,}",
        "mult_adds": f"{found.mult_adds:,}",
        "macs": f"{found.macs:,}",
        "our_params": f"{bp.params:,}",
    }
    if found.explained and found.params == bp.params:
        terms = {
            "batch_norm": found.batch_norm,
            "conv_biases": found.conv_biases,
            "fc_biases": found.fc_biases,
        }
        said = listed(
            [label(f"torchinfo.{name}", count=f"{n:,}") for name, n in terms.items() if n]
        )
        extra = f"{found.mult_adds - found.macs:,}"
        st.markdown(section("shape_trace", "torchinfo agrees", extra=extra, terms=said, **numbers))
    else:
        st.error(section("shape_trace", "torchinfo differs", **numbers))
    st.code(found.text, language=None, height=600)
    saving.save({f"{choice.name}_torchinfo.txt": found.text})


@st.cache_data(max_entries=8, show_spinner=False)
def _summary(spec: NetworkSpec, image_size: ImageSize) -> Summary:
    from explorer.networks.torchinfo_summary import summary

    return summary(blueprint(spec, image_size))


def _rows(bp: Blueprint, choice: Choice, what: str, shown: Shown, order: tuple[str, ...]) -> None:
    table, acts, text = shown

    def draw() -> None:
        st.markdown(section("shape_trace", what))
        _table(bp, table, acts, f"trace_{what}", order)
        saving.save({f"{choice.name}_{what}.csv": text})

    controls.drawn_again(f"trace_{what}", (choice.spec, choice.image_size, choice.name, acts), draw)


def _table(
    bp: Blueprint, table: pa.Table, acts: list[tuple[Action, str]], key: str, order: tuple[str, ...]
) -> None:
    """Rows labelled with their stage's colour, with a button that acts on the row's path.

    `order` names the columns that a projector has room for; the table's own menu has the others.
    """

    def act() -> None:
        _act(*acts[st.session_state[f"{key}_click"]["row"]])

    button = st.column_config.ButtonColumn(
        label("trace_row.column"),
        type="secondary",
        width=65,
        pinned=True,
        on_click=act,
        key=f"{key}_click",
    )

    st.dataframe(
        table,
        key=key,
        hide_index=True,
        placeholder="",
        height="content" if len(acts) < 40 else 620,
        column_order=("action", *order),
        column_config=_columns(tuple(trace_table.stages_by_colour(bp)), language())
        | {"action": button},
    )


def _act(action: Action, path: str) -> None:
    """What the button of a row does: open or close a block, or walk to an op."""
    if action == "walk":
        go(path)
        st.rerun(PLAYER)
    elif action == "open":
        st.query_params[_BLOCK] = path
    else:
        st.query_params.pop(_BLOCK, None)


@lru_cache(maxsize=32)
def _columns(stages: tuple[str, ...], _language: str) -> dict[str, Any]:
    """For all tables alike, but for the stages in the colours that they have in all drawings."""

    def named(column: str) -> str:
        return heading(trace_table.TABLE, column)

    terms = {"params": "parameters", "macs": "MACs", "output_stride": "output stride"}
    columns: dict[str, Any] = dict(headings(trace_table.TABLE, trace_table.COLUMNS))
    for column in (*trace_table.SUMMED, "output_stride"):
        columns[column] = st.column_config.NumberColumn(
            named(column),
            format="localized",
            # As wide as ten digits, with a separator after each three.
            width=118 if column == "macs" else 90,
            help=glossary(terms.get(column, column)),
        )
    columns["receptive_field"] = st.column_config.NumberColumn(
        label("trace.field"), format="localized", help=glossary("receptive field")
    )
    columns["stage"] = st.column_config.MultiselectColumn(
        named("stage"), width=85, options=list(stages), color="auto"
    )
    shown = (("shortcut", "shortcut line", 75), ("in", "shape", 108), ("out", "shape", 108))
    for column, term, width in shown:
        columns[column] = st.column_config.TextColumn(
            named(column), width=width, help=glossary(term)
        )
    for column in ("kernel", "stride"):
        columns[column] = st.column_config.Column(named(column), width=70)
    columns["kernels"] = st.column_config.TextColumn(
        named("kernels"), width=205, help=glossary("kernels")
    )
    columns["millions"] = st.column_config.NumberColumn(
        named("millions"), format="%.1f", width=80, help=glossary("MACs")
    )
    for column, width in (("block", 98), ("op", 165)):
        columns[column] = st.column_config.TextColumn(named(column), width=width, pinned=True)
    for column, width in (("path", 160), ("in_words", 800)):
        columns[column] = st.column_config.TextColumn(named(column), width=width)
    return columns
