"""Tensors as heat maps: what a small image becomes inside a block, and which pixels are read."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from plotly.graph_objects import Figure

from explorer.views.chart_style import FONT, MARGIN
from explorer.views.palette import WRONG, chart_colour, chart_diverging, chart_sequence
from explorer.words import label

Array = NDArray[Any]
_GAP: Final = 0.08


class _Row(NamedTuple):
    """Pictures side by side: the row's name, the pictures', and how values become colours."""

    name: str
    pictures: Sequence[Array]
    names: Sequence[str]
    above: Sequence[str]
    colours: dict[str, Any]
    reads: str


def tensors(rows: Sequence[tuple[str, Array]], shared: bool, channels: int = 4) -> Figure:
    """One row of pictures per tensor (C, H, W), one picture per channel.

    Args:
        rows: name and values of each tensor, from top to bottom.
        shared: one colour scale for all rows, so that they compare; otherwise each row has its
            own, whose end is in the row's name.
        channels: how many of the first ones are shown.
    """
    largest = [float(np.abs(values).max()) or 1.0 for _, values in rows]
    drawn = []
    for index, ((name, values), own) in enumerate(zip(rows, largest, strict=True)):
        bound = max(largest) if shared else own
        shown = list(values[:channels])
        names = [label("heat.channel", n=channel) for channel in range(len(shown))]
        above = [names[0], *map(str, range(1, len(shown)))] if index == 0 else [""] * len(shown)
        colours = {"zmin": -bound, "zmax": bound, "colorscale": chart_diverging()}
        title = name if shared else f"{name}<br>±{own:.3g}"
        drawn.append(
            _Row(
                title,
                shown,
                names,
                above,
                colours,
                label("heat.reads", cell="%{customdata}", value="%{z:.4g}"),
            )
        )
    bar = {"title": label("heat.bar")} if shared else None
    return _figure(drawn, gap=0.12, height=132 * len(rows) + (100 if shared else 40), bar=bar)


def coverage(rows: Sequence[tuple[str, Sequence[Array]]], columns: Sequence[str]) -> Figure:
    """Input positions by how many output positions read them; red ones are read by none.

    Args:
        rows: name of a way through the block, and its counts (H, W) for each column.
        columns: names of the blocks that are compared.
    """
    most = max(int(counts.max()) for _, maps in rows for counts in maps)
    colours = {"zmin": 0, "zmax": most, "colorscale": _counts(most), "xgap": 1, "ygap": 1}
    drawn = []
    reads = label("heat.read_by", cell="%{customdata}", count="%{z}")
    for name, maps in rows:
        shares = [
            f"{column}<br>{float((counts > 0).mean()):.0%}"
            for column, counts in zip(columns, maps, strict=True)
        ]
        title = name.replace(" ", "<br>")
        drawn.append(_Row(title, maps, columns, shares, colours, reads))
    bar = {"title": label("heat.bar_reads"), "dtick": 1}
    return _figure(drawn, gap=0.33, height=225 * len(rows) + 60, bar=bar)


def _counts(most: int) -> list[list[float | str]]:
    """One flat colour per count: red for 0, then the theme's sequence."""
    scale, steps = chart_sequence(), []
    for count in range(most + 1):
        part = 2 + round(7 * (count - 1) / max(1, most - 1))
        colour = scale[part][1] if count else chart_colour(WRONG)
        below, above = max(0.0, (count - 0.5) / most), min(1.0, (count + 0.5) / most)
        steps += [[below, colour], [above, colour]]
    return steps


def _figure(rows: Sequence[_Row], gap: float, height: int, bar: dict[str, Any] | None) -> Figure:
    """Rows below each other with `gap` of their height between them; built in one go: quick."""
    layout: dict[str, Any] = {
        "height": height,
        "margin": MARGIN | {"l": 10, "b": 10},
        "font": FONT,
        "hoverlabel": {"font": FONT},
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
    step = 1 / (len(rows) - gap)
    traces = []
    for index, row in enumerate(rows):
        top = 1 - index * step
        axis = "" if index == 0 else str(index + 1)
        layout[f"xaxis{axis}"] = _axis(row.above, len(row.pictures)) | {
            "anchor": f"y{axis}",
            "side": "top",
            "tickangle": 0,
        }
        layout[f"yaxis{axis}"] = _axis([row.name], 1) | {
            "anchor": f"x{axis}",
            "domain": [max(0.0, top - step * (1 - gap)), top],
            "autorange": "reversed",
        }
        shown = {"showscale": bar is not None and index == 0, "colorbar": _bar(bar or {})}
        place = {"type": "heatmap", "xaxis": f"x{axis}", "yaxis": f"y{axis}"}
        traces.append(_strip(row) | row.colours | shown | place)
    return Figure({"data": traces, "layout": layout})


def _axis(names: Sequence[str], pictures: int) -> dict[str, Any]:
    return {
        "tickvals": [0.5 + index * (1 + _GAP) for index in range(pictures)],
        "ticktext": list(names),
        "tickfont": FONT,
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
    }


def _bar(settings: dict[str, Any]) -> dict[str, Any]:
    """Below the pictures, so that they keep their width on a telephone."""
    title = {"text": settings.get("title", ""), "side": "bottom", "font": FONT}
    return settings | {
        "title": title,
        "orientation": "h",
        "thickness": 14,
        "tickfont": FONT,
        "y": 0,
        "yanchor": "top",
    }


def _strip(row: _Row) -> dict[str, Any]:
    """Each picture 1 wide and high, whatever its pixels; the pointer reads name and place."""
    height, width = row.pictures[0].shape
    values = np.full((height, len(row.pictures) * (width + 1) - 1), np.nan)
    text = [["" for _ in range(values.shape[1])] for _ in range(height)]
    edges: list[float] = []
    for index, (name, picture) in enumerate(zip(row.names, row.pictures, strict=True)):
        left = index * (width + 1)
        values[:, left : left + width] = picture
        edges += [index * (1 + _GAP) + column / width for column in range(width + 1)]
        for y in range(height):
            for x in range(width):
                text[y][left + x] = label("heat.cell", name=name, row=y, column=x)
    return {
        "x": edges,
        "y": [y / height for y in range(height + 1)],
        "z": values,
        "customdata": text,
        "hovertemplate": f"{row.reads}<extra>{row.name}</extra>",
        "hoverongaps": False,
    }
