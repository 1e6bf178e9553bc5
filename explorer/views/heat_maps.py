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
_GAP: Final = 0.08


def tensors(rows: Sequence[tuple[str, Array]], shared: bool, channels: int = 4) -> Figure:
    """One row of pictures per tensor (C, H, W), one picture per channel.

    Args:
        rows: name and values of each tensor, from top to bottom.
        shared: one colour scale for all rows, so that they compare; otherwise each row has its
            own, whose end is in the row's name.
        channels: how many of the first ones are shown.
    """
    figure = _rows(len(rows), gap=0.12)
    largest = [float(np.abs(values).max()) or 1.0 for _, values in rows]
    for index, ((name, values), own) in enumerate(zip(rows, largest, strict=True), start=1):
        bound = max(largest) if shared else own
        shown = list(values[:channels])
        numbers = [str(channel) for channel in range(len(shown))]
        names = [f"channel {number}" for number in numbers]
        heat = _strip(shown, names, "%{customdata}: %{z:.4g}<extra>" + name + "</extra>")
        heat.update(
            zmin=-bound,
            zmax=bound,
            colorscale=chart_diverging(),
            showscale=shared and index == 1,
            colorbar=_bar("value"),
        )
        figure.add_trace(heat, row=index, col=1)
        above = [f"channel {name}" if name == "0" else name for name in numbers]
        above = above if index == 1 else [""] * len(shown)
        _label(figure, index, name if shared else f"{name}<br>±{own:.3g}", above)
    return figure.update_layout(height=132 * len(rows) + (100 if shared else 40))


def coverage(rows: Sequence[tuple[str, Sequence[Array]]], columns: Sequence[str]) -> Figure:
    """Input positions by how many output positions read them; grey ones are read by none.

    Args:
        rows: name of a way through the block, and its counts (H, W) for each column.
        columns: names of the blocks that are compared.
    """
    figure = _rows(len(rows), gap=0.33)
    most = max(int(counts.max()) for _, maps in rows for counts in maps)
    for index, (name, maps) in enumerate(rows, start=1):
        read = "%{customdata}: read by %{z} output positions<extra>" + name + "</extra>"
        heat = _strip(maps, columns, read)
        heat.update(
            zmin=0,
            zmax=most,
            colorscale=_counts(most),
            showscale=index == 1,
            colorbar=_bar("output positions that read it") | {"dtick": 1},
            xgap=1,
            ygap=1,
        )
        figure.add_trace(heat, row=index, col=1)
        shares = [
            f"{column}<br>{float((counts > 0).mean()):.0%}"
            for column, counts in zip(columns, maps, strict=True)
        ]
        _label(figure, index, name.replace(" ", "<br>"), shares)
    return figure.update_layout(height=225 * len(rows) + 60)


def _counts(most: int) -> list[list[float | str]]:
    """One flat colour per count: grey for 0, then the theme's sequence."""
    scale, steps = chart_sequence(), []
    for count in range(most + 1):
        part = 2 + round(7 * (count - 1) / max(1, most - 1))
        colour = scale[part][1] if count else chart_colour(GREY)
        below, above = max(0.0, (count - 0.5) / most), min(1.0, (count + 0.5) / most)
        steps += [[below, colour], [above, colour]]
    return steps


def _bar(title: str) -> dict[str, Any]:
    """Below the pictures, so that they keep their width on a telephone."""
    return {
        "title": {"text": title, "side": "bottom", "font": {"size": _FONT}},
        "orientation": "h",
        "thickness": 14,
        "tickfont": {"size": _FONT},
        "y": 0,
        "yanchor": "top",
    }


def _rows(count: int, gap: float) -> Figure:
    figure = make_subplots(rows=count, cols=1, vertical_spacing=gap / count)
    hidden = {"showgrid": False, "zeroline": False, "ticks": "", "automargin": True}
    figure.update_xaxes(side="top", tickangle=0, tickfont={"size": _FONT}, **hidden)
    figure.update_yaxes(autorange="reversed", tickfont={"size": _FONT + 1}, **hidden)
    return figure.update_layout(
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        font={"size": _FONT},
        hoverlabel={"font": {"size": _FONT}},
        plot_bgcolor="rgba(0,0,0,0)",
    )


def _label(figure: Figure, row: int, name: str, names: Sequence[str]) -> None:
    """The row's name on the left, and a name above each picture."""
    middles = [0.5 + index * (1 + _GAP) for index in range(len(names))]
    figure.update_xaxes(tickvals=middles, ticktext=list(names), row=row, col=1)
    figure.update_yaxes(tickvals=[0.5], ticktext=[name], row=row, col=1)


def _strip(pictures: Sequence[Array], names: Sequence[str], hover: str) -> Heatmap:
    """Pictures side by side, each 1 wide and high whatever its pixels, with gaps between them."""
    height, width = pictures[0].shape
    strip = np.full((height, len(pictures) * (width + 1) - 1), np.nan)
    text = [["" for _ in range(strip.shape[1])] for _ in range(height)]
    edges: list[float] = []
    for index, (name, picture) in enumerate(zip(names, pictures, strict=True)):
        left = index * (width + 1)
        strip[:, left : left + width] = picture
        edges += [index * (1 + _GAP) + column / width for column in range(width + 1)]
        for row in range(height):
            for column in range(width):
                text[row][left + column] = f"{name}, row {row}, column {column}"
    return Heatmap(
        x=edges,
        y=[row / height for row in range(height + 1)],
        z=strip,
        customdata=text,
        hovertemplate=hover,
        hoverongaps=False,
    )
