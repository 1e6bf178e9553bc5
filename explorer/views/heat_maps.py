"""Tensors as heat maps: what a small image becomes inside a block, and which pixels are read."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from plotly.graph_objects import Figure, Heatmap
from plotly.subplots import make_subplots

from explorer.views.palette import GREY, chart_colour, chart_diverging, chart_sequence

Array = NDArray[Any]
_FONT: Final = 14
_GAP: Final = 1


def tensors(rows: Sequence[tuple[str, Array]], shared: bool, channels: int = 4) -> Figure:
    """One row of pictures per tensor (C, H, W), one picture per channel.

    Args:
        rows: name and values of each tensor, from top to bottom.
        shared: one colour scale for all rows, so that they compare; otherwise each row has its
            own, whose largest value is in the row's name.
        channels: how many of the first ones are shown.
    """
    figure = _rows(len(rows))
    largest = [float(np.abs(values).max()) or 1.0 for _, values in rows]
    limit = max(largest)
    for index, ((name, values), own) in enumerate(zip(rows, largest, strict=True), start=1):
        bound = limit if shared else own
        strip, text = _strip(list(values[:channels]), lambda channel: f"channel {channel}")
        figure.add_trace(
            Heatmap(
                z=strip,
                customdata=text,
                zmin=-bound,
                zmax=bound,
                colorscale=chart_diverging(),
                showscale=shared and index == 1,
                colorbar={"title": {"text": "value"}, "thickness": 14},
                hovertemplate="%{customdata}: %{z:.4g}<extra>" + name + "</extra>",
            ),
            row=index,
            col=1,
        )
        note = "" if shared else f"<br>up to ±{own:.3g}"
        figure.update_yaxes(title_text=f"{name}{note}", row=index, col=1)
    return figure.update_layout(height=150 * len(rows))


def coverage(rows: Sequence[tuple[str, Sequence[Array]]], columns: Sequence[str]) -> Figure:
    """Input positions by how many output positions read them; grey ones are read by none.

    Args:
        rows: name of a way through the block, and its counts (H, W) for each column.
        columns: names of the blocks that are compared.
    """
    figure = _rows(len(rows))
    most = max(int(counts.max()) for _, maps in rows for counts in maps)
    scale = chart_sequence()
    steps: list[list[float | str]] = [[0.0, chart_colour(GREY)], [0.5 / most, chart_colour(GREY)]]
    for count in range(1, most + 1):
        colour = scale[2 + round(7 * (count - 1) / max(1, most - 1))][1]
        steps += [[(count - 0.5) / most, colour], [min(1.0, (count + 0.5) / most), colour]]
    for index, (name, maps) in enumerate(rows, start=1):
        strip, text = _strip(maps, lambda column: columns[column])
        figure.add_trace(
            Heatmap(
                z=strip,
                customdata=text,
                zmin=0,
                zmax=most,
                colorscale=steps,
                showscale=index == 1,
                colorbar={"title": {"text": "read by"}, "thickness": 14, "dtick": 1},
                xgap=1,
                ygap=1,
                hovertemplate="%{customdata}: read by %{z} output positions"
                "<extra>" + name + "</extra>",
            ),
            row=index,
            col=1,
        )
        figure.update_yaxes(title_text=name, row=index, col=1)
    width = rows[0][1][0].shape[1] + _GAP
    middles = [column * width + (width - _GAP - 1) / 2 for column in range(len(columns))]
    figure.update_xaxes(
        showticklabels=True, tickvals=middles, ticktext=list(columns), side="top", row=1, col=1
    )
    return figure.update_layout(height=190 * len(rows) + 30, margin={"t": 40})


def _rows(count: int) -> Figure:
    figure = make_subplots(rows=count, cols=1, vertical_spacing=0.03)
    figure.update_xaxes(showgrid=False, zeroline=False, showticklabels=False, constrain="domain")
    figure.update_yaxes(
        showgrid=False,
        zeroline=False,
        showticklabels=False,
        autorange="reversed",
        constrain="domain",
        scaleratio=1,
    )
    for index in range(1, count + 1):
        axis = "x" if index == 1 else f"x{index}"
        figure.update_yaxes(scaleanchor=axis, row=index, col=1)
    return figure.update_layout(
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        font={"size": _FONT},
        hoverlabel={"font": {"size": _FONT}},
        plot_bgcolor="rgba(0,0,0,0)",
    )


def _strip(pictures: Sequence[Array], named: Any) -> tuple[Array, list[list[str]]]:
    """Pictures side by side with gaps between them, and what the pointer reads on each pixel."""
    height, width = pictures[0].shape
    strip = np.full((height, len(pictures) * (width + _GAP) - _GAP), np.nan)
    text = [["" for _ in range(strip.shape[1])] for _ in range(height)]
    for index, picture in enumerate(pictures):
        left = index * (width + _GAP)
        strip[:, left : left + width] = picture
        for row in range(height):
            for column in range(width):
                text[row][left + column] = f"{named(index)}, row {row}, column {column}"
    return strip, text
