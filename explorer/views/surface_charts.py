"""The loss around trained networks: squares beside each other, and lines through the centre."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, isfinite, log2
from typing import Any, Final, NamedTuple

from plotly import graph_objects as go

from explorer.views import palette
from explorer.views.chart_style import FONT, hover, styled
from explorer.views.scales import Scale, log_axis
from explorer.words import label

_HEIGHTS: Final = {1: 390, 2: 390}
_HEIGHT: Final = 350
"""In pixels, by how many stand beside each other: what is wide may be high."""
_BELOW: Final = 110
"""Pixels for what stands below a square: its axis, and the scale of the colours."""
_MOST: Final = 6
"""Losses beyond 2 to this power have one colour: there, nothing is learnt any more."""


class Square(NamedTuple):
    """A loss surface: `rows[i][j]` at `steps[i]` up and `steps[j]` to the right."""

    steps: Sequence[float]
    rows: Sequence[Sequence[float | None]]


class Line(NamedTuple):
    """Losses along one direction."""

    losses: Sequence[float | None]
    plain: bool
    depth: int


def squares(surfaces: Mapping[str, Square], guessing: float) -> dict[str, go.Figure]:
    """One chart per surface, all with the same colours and the same contours.

    From one contour to the next the loss doubles. The broken line is the loss of who guesses.
    """
    every = [
        value
        for square in surfaces.values()
        for row in square.rows
        for value in row
        if value is not None and value > 0 and isfinite(value)
    ]
    low = floor(log2(min(every, default=1.0)))
    high = max(low + 1, min(_MOST, ceil(log2(max(every, default=2.0)))))
    height = _HEIGHTS.get(len(surfaces), _HEIGHT)
    return {name: _square(square, low, high, guessing, height) for name, square in surfaces.items()}


def _square(square: Square, low: int, high: int, guessing: float, height: int) -> go.Figure:
    steps = list(square.steps)
    powers = {
        "x": steps,
        "y": steps,
        "z": [[_power(value, low, high) for value in row] for row in square.rows],
    }
    figure = go.Figure()
    figure.add_contour(
        **powers,
        zmin=low,
        zmax=high,
        colorscale=_dark_where_low(),
        contours={"start": low, "end": high, "size": 1},
        line={"width": 1, "color": palette.ON_COLOUR},
        customdata=[[_read(value) for value in row] for row in square.rows],
        hovertemplate=hover("loss_at", right="%{x:.2f}", up="%{y:.2f}", loss="%{customdata}"),
        colorbar=_scale_below(range(low, high + 1, 2)),
    )
    figure.add_contour(
        **powers,
        contours={"start": log2(guessing), "end": log2(guessing), "coloring": "none"},
        line={"width": 3, "dash": "dash", "color": palette.chart_colour(palette.VERMILION)},
        showscale=False,
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[0],
        y=[0],
        mode="markers",
        marker={"symbol": "cross-thin", "size": 12, "line": _line(palette.ORANGE, 3)},
        hoverinfo="skip",
        showlegend=False,
    )
    ends = {"range": [steps[0], steps[-1]], "tickvals": [steps[0], 0, steps[-1]]}
    axis = {**ends, "constrain": "domain", "showgrid": False, "zeroline": False}
    figure.update_xaxes(axis)
    figure.update_yaxes(axis, scaleanchor="x", showticklabels=False)
    return styled(
        figure,
        height,
        "first_direction",
        "second_direction",
        margin={"b": _BELOW},
        showlegend=False,
    )


def _scale_below(powers: Sequence[int]) -> dict[str, Any]:
    """The scale of the colours, with the losses that are these powers of 2."""
    return {
        "orientation": "h",
        "thickness": 12,
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "tickvals": list(powers),
        "ticktext": [f"{2.0**power:g}" for power in powers],
        "tickfont": FONT,
    }


def _dark_where_low() -> list[list[float | str]]:
    colours = [colour for _, colour in palette.chart_sequence()]
    last = len(colours) - 1
    return [[step / last, colour] for step, colour in enumerate(reversed(colours))]


def _line(slot: int, width: int) -> dict[str, Any]:
    return {"color": palette.chart_colour(slot), "width": width}


def _power(loss: float | None, low: int, high: int) -> float:
    """The loss as a power of two, within the colours; no number counts as the highest."""
    if loss is None or not isfinite(loss):
        return high
    return min(max(log2(loss), low), high) if loss > 0 else low


def _read(loss: float | None) -> str:
    return label("mark.no_number") if loss is None else f"{loss:.3g}"


def lines(steps: Sequence[float], runs: Mapping[str, Line], guessing: float) -> go.Figure:
    """The loss by step along one direction, on a logarithmic axis; plain is orange, the deepest
    lines are solid."""
    figure = go.Figure()
    deepest = max((run.depth for run in runs.values()), default=0)
    for name, run in runs.items():
        figure.add_scatter(
            x=list(steps),
            y=[value if value else None for value in run.losses],
            name=name,
            mode="lines",
            line={
                "color": palette.chart_colour(palette.network_slot(run.plain)),
                "width": 3,
                "dash": "solid" if run.depth == deepest else "dash",
            },
            hovertemplate=label("hover.loss_on_line", step="%{x:.2f}", loss="%{y:.3g}"),
        )
    found = [
        value for run in runs.values() for value in run.losses if value and isfinite(value)
    ] or [guessing]
    scale = Scale(0.8 * min(*found, guessing), 1.3 * max(*found, guessing), 260)
    figure.add_hline(
        y=guessing,
        line_dash="dot",
        line_color=palette.chart_colour(palette.GREY),
        annotation={"text": label("mark.guessing"), "font": FONT, "xanchor": "left", "x": 0},
    )
    figure.update_yaxes(**log_axis(scale))
    return styled(figure, 340, "steps_along", "loss_log", legend="above")


def squares_csv(surfaces: Mapping[str, Square]) -> str:
    """One line per place of each network's square."""
    lines_of_file = ["network,right,up,loss"]
    for name, square in surfaces.items():
        for up, row in zip(square.steps, square.rows, strict=True):
            for right, loss in zip(square.steps, row, strict=True):
                value = "" if loss is None else f"{loss:g}"
                lines_of_file.append(f"{name},{right:.4g},{up:.4g},{value}")
    return "\n".join(lines_of_file) + "\n"
