"""How quick engines are: bars for one image, lines over batches, a table, and a file of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from plotly import graph_objects as go

from explorer.views import palette
from explorer.views.chart_style import FONT, hover, styled
from explorer.views.numbers import magnitude
from explorer.views.tables import csv_text
from explorer.words import label

if TYPE_CHECKING:
    from explorer.experiments.speed import Speed

TABLE: Final = "speed_table"
_COLOURS: Final = {
    "eager": palette.GREY,
    "channels_last": palette.BLUE,
    "folded": palette.TEAL,
    "fused": palette.VERMILION,
    "bfloat16": palette.PURPLE,
    "onnxruntime": palette.ORANGE,
    "openvino": palette.GREEN,
}
_GIGA: Final = 1e9


def milliseconds(speed: Speed) -> go.Figure:
    """A bar per engine for this batch, the quickest on top; whiskers hold the middle half."""
    names = sorted(speed.times, key=lambda name: speed.times[name].median)
    times = [speed.times[name] for name in names]
    middle = [1e3 * one.median for one in times]
    low, high = zip(*(one.quartiles for one in times), strict=True)
    figure = go.Figure(
        go.Bar(
            x=middle,
            # Beside the bar: within a short one there is no room.
            y=[
                f"{label(f'engine.{name}')}  <b>{magnitude(value)} ms</b>"
                for name, value in zip(names, middle, strict=True)
            ],
            orientation="h",
            marker_color=[palette.chart_colour(_COLOURS[name]) for name in names],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [1e3 * end - mid for end, mid in zip(high, middle, strict=True)],
                "arrayminus": [mid - 1e3 * end for end, mid in zip(low, middle, strict=True)],
                "color": palette.INK,
            },
            hovertemplate=hover("value", name="%{customdata}", value="%{x:.2f} ms"),
            customdata=[label(f"engine.{name}") for name in names],
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(rangemode="tozero")
    styled(figure, 80 + 35 * len(names), "milliseconds", bargap=0.25, showlegend=False)
    return figure.update_yaxes(tickfont={**FONT, "size": 18})


def rates(speeds: Sequence[Speed]) -> go.Figure:
    """Answers per second over the size of the batch, a line per engine."""
    figure = go.Figure()
    for name in dict.fromkeys(name for speed in speeds for name in speed.times):
        measured = [speed for speed in speeds if name in speed.times]
        figure.add_scatter(
            x=[str(speed.images) for speed in measured],
            y=[speed.images / speed.times[name].median for speed in measured],
            mode="lines+markers",
            name=label(f"engine.{name}"),
            line={"color": palette.chart_colour(_COLOURS[name]), "width": 3},
            marker={"size": 9},
            hovertemplate=hover("value", name=label(f"engine.{name}"), value="%{y:.1f}"),
        )
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(type="category")
    return styled(figure, 320, "images_at_once", "answers_per_second", legend="above")


def rows(speed: Speed, macs: int) -> list[dict[str, Any]]:
    """A row per engine, in their order; columns are entries of the labels [speed_table]."""
    found = []
    for name, one in speed.times.items():
        low, high = one.quartiles
        agreement = speed.agreements[name]
        found.append(
            {
                "engine": label(f"engine.{name}"),
                "images": speed.images,
                "median": round(1e3 * one.median, 2),
                "low": round(1e3 * low, 2),
                "high": round(1e3 * high, 2),
                "rate": round(speed.images / one.median, 1),
                "gmacs": round(speed.images * macs / one.median / _GIGA, 1),
                "share": round(100 * speed.share(name, macs), 1),
                "apart": agreement.apart,
                "same": label("speed_table.yes" if agreement.same else "speed_table.no"),
            }
        )
    return found


def file(speeds: Sequence[Speed], macs: int, facts: Mapping[str, str]) -> str:
    """All rows as CSV, every time of them; `facts` are columns that are alike in all rows."""
    return csv_text([{**row, **facts} for speed in speeds for row in rows(speed, macs)], TABLE)
