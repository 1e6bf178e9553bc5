"""What training keeps: bars, tables and sizes."""

from __future__ import annotations

from typing import Final

import plotly.graph_objects as go

from explorer.architecture import Blueprint
from explorer.architecture.saved_tensors import Device, Kept, Precision, kept
from explorer.architecture.training_memory import Memory
from explorer.views import tables
from explorer.views.chart_style import hover, styled
from explorer.views.palette import BLUE, GREEN, GREY, OLIVE, ORANGE, PURPLE, SKY, chart_colour
from explorer.words import label, listed

Row = dict[str, str | int]
_SLOTS: Final = {
    "weights": BLUE,
    "gradients": SKY,
    "optimiser": PURPLE,
    "halves": OLIVE,
    "activations": ORANGE,
    "recomputed": GREEN,
    "working": GREY,
}


def size(bytes_there: float) -> str:
    """In MiB, or in GiB from one GiB on.

    >>> size(3 * 2**29), size(2**20)
    ('1.5 GiB', '1 MiB')
    """
    if bytes_there >= 2**30:
        return f"{bytes_there / 2**30:,.3g} GiB"
    mib = bytes_there / 2**20
    return f"{mib:,.0f} MiB" if mib >= 100 else f"{mib:,.3g} MiB"


def parts(found: Memory) -> go.Figure:
    """One bar of all that a step takes, in GiB."""
    figure = go.Figure()
    for name, value in found.parts.items():
        if value:
            figure.add_bar(
                x=[value / 2**30],
                y=[""],
                name=label(f"memory_part.{name}"),
                orientation="h",
                width=0.6,
                marker={"color": chart_colour(_SLOTS[name])},
                hovertemplate=hover(
                    "memory_part", part=label(f"memory_part.{name}"), size=size(value)
                ),
            )
    # High enough for a legend of one line each, as on a telephone.
    room = {"l": 10}  # else the axis would not say its 0
    figure = styled(figure, 275, "gibibytes", None, legend="above", margin=room, barmode="stack")
    # Plotly turns the order of horizontal bars around.
    return figure.update_layout(legend_traceorder="normal")


def part_rows(found: Memory) -> list[Row]:
    """A row per part of the sum, and the sum."""
    rows: list[Row] = [
        {"part": label(f"memory_part.{name}"), "bytes": value, "size": size(value)}
        for name, value in found.parts.items()
    ]
    total: Row = {
        "part": label("memory_part.total"),
        "bytes": found.total,
        "size": size(found.total),
    }
    return [*rows, total]


def op_rows(bp: Blueprint, precision: Precision, on: Device = "cpu") -> list[Row]:
    """A row per op: what it keeps of one image, and what was kept before it already."""
    return [
        {
            "op": entry.op.path,
            "keeps": _keeps(entry),
            "shared": listed([_written(path) for path in entry.shared]),
            "bytes": entry.bytes(precision),
        }
        for entry in kept(bp, precision, on)
    ]


def _keeps(entry: Kept) -> str:
    names = [_written(path) for path in entry.tensors]
    if entry.indices:
        names.append(label("memory.indices"))
    return listed(names)


def _written(path: str) -> str:
    return label("memory.image") if path == "input" else label("memory.output_of", path=path)


def csv_text(rows: list[Row]) -> str:
    """The rows as a file."""
    return tables.csv_text(rows, "memory_table")
