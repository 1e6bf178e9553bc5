"""Curves of trainings beside each other, each named at its end, in a place that stays."""

from collections.abc import Mapping, Sequence
from math import isfinite, log10
from typing import Any, Final, Literal, NamedTuple

from plotly import graph_objects as go

from explorer.views import palette
from explorer.views.chart_style import FONT, MARGIN, plainly, styled
from explorer.words import label, width

Reported = Literal["loss", "accuracy", "error"]

_HEIGHT: Final = 320
_PLOT: Final = _HEIGHT - MARGIN["t"] - 50
"""Height in pixels of what lies between the axes, about."""
_LINE: Final = 18
"""Pixels from one name to the next."""
_LONGEST: Final = 24
"""Characters of a name at the end of its curve; the pointer reads all of it."""
_START: Final[dict[Reported, float]] = {"loss": 2.303, "accuracy": 0.1, "error": 90.0}
"""Where ten classes begin, before anything is learnt: names wait there for their curves."""

_READ: Final = {"step": "step", "epoch": "epoch_value"}
"""What the pointer reads: entries of the labels [hover]."""
_TICKS: Final = tuple(factor * 10.0**power for power in range(-8, 4) for factor in (1, 2, 5))
"""Written out: Plotly's own 2 and 5 between powers of ten read as two and five."""


class Run(NamedTuple):
    """A training: what it reported, and what decides its line."""

    points: Sequence[Mapping[str, Any]]
    plain: bool
    depth: int
    batch_norm: bool = True


def training(
    runs: Mapping[str, Run],
    what: Reported,
    steps: int = 300,
    least: float = 0.005,
    every: Literal["step", "epoch"] = "step",
) -> go.Figure:
    """What trainings reported by step, or by epoch; plain is orange, the deepest lines are solid.

    The loss is on a logarithmic axis, so that late progress shows too. The axes' ends are known
    before the first step, so that curves grow and nothing else moves.

    Args:
        runs: name, with a visitor's words, -> run.
        what: the number of each point to draw.
        steps: where the longest of them ends.
        least: loss down to which the axis reaches at least.
        every: what `step` of each point counts.
    """
    figure = go.Figure()
    found = [
        value for run in runs.values() for point in run.points if _drawn(value := point[what], what)
    ]
    low = min([least, *(0.8 * value for value in found)]) if what == "loss" else 0.0
    high = _highest(found, what, every)
    deepest = max((run.depth for run in runs.values()), default=0)
    for name, run in runs.items():
        figure.add_scatter(
            x=[point["step"] for point in run.points],
            y=[point[what] for point in run.points],
            name=plainly(name),
            mode="lines",
            line=_line(run, deepest),
            hovertemplate=label(f"hover.{_READ[every]}", step="%{x}", value="%{y:.3f}"),
        )
    ends = [(name, *_end(run, what), run) for name, run in runs.items()]
    _name(figure, ends, low, high, what)
    figure.update_xaxes(range=[0, steps])
    figure.update_yaxes(_height_axis(what, low, high))
    longest = max((width(_short(name), 14) for name in runs), default=0)
    return styled(
        figure,
        _HEIGHT,
        every,
        "held_out_error" if what == "error" else f"training_{what}",
        margin={"r": 14 + round(longest)},
        showlegend=False,
        uirevision="training",
    )


def _line(run: Run, deepest: int) -> dict[str, Any]:
    dash = "dot" if not run.batch_norm else "solid" if run.depth == deepest else "dash"
    return {"color": _colour(run), "width": 3, "dash": dash}


def _end(run: Run, what: Reported) -> tuple[int, float]:
    """The last point that is drawn; before the first, where it will start."""
    seen = [point for point in run.points if _drawn(point[what], what)]
    return (seen[-1]["step"], seen[-1][what]) if seen else (0, _START[what])


def _height_axis(what: Reported, low: float, high: float) -> dict[str, Any]:
    if what != "loss":
        return {"type": "linear", "range": [0, 1.02 * high]}
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    return {
        "type": "log",
        "range": [log10(low), log10(high)],
        "tickvals": ticks,
        "ticktext": [f"{tick:g}" for tick in ticks],
    }


def _highest(found: Sequence[float], what: Reported, every: str) -> float:
    """Where the axis ends: known before the first step where a run is being watched."""
    if every == "epoch":
        return 1.05 * max(found, default=_START[what])
    return max([4.0, *found]) if what == "loss" else 1.0


def _drawn(value: float | None, what: Reported) -> bool:
    return value is not None and isfinite(value) and (what != "loss" or value > 0)


def _colour(run: Run) -> str:
    return palette.chart_colour(palette.network_slot(run.plain))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _name(
    figure: go.Figure,
    ends: Sequence[tuple[str, int, float, Run]],
    low: float,
    high: float,
    what: Reported,
) -> None:
    """Write each name where its curve ends, in its colour; names close together move apart."""

    def share(value: float) -> float:
        if what == "loss":
            return log10(value / low) / log10(high / low)
        return value / high

    order = sorted(ends, key=lambda end: share(end[2]))
    heights: list[float] = []
    for _, _, value, _ in order:
        wanted = share(value) * _PLOT
        heights.append(max(wanted, heights[-1] + _LINE) if heights else wanted)
    # What was pushed out at the top comes back, and pushes those below it.
    limit = float(_PLOT)
    for index in range(len(heights) - 1, -1, -1):
        heights[index] = min(heights[index], limit)
        limit = heights[index] - _LINE
    for (name, step, value, run), height in zip(order, heights, strict=True):
        figure.add_annotation(
            x=step,
            y=log10(value) if what == "loss" else value,
            text=plainly(_short(name)),
            showarrow=False,
            xanchor="left",
            xshift=6,
            yshift=height - share(value) * _PLOT,
            font={**FONT, "size": 14, "color": _colour(run)},
        )
