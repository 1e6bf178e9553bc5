"""The four steps of batch norm on a handful of numbers: table and picture."""

from collections.abc import Sequence
from functools import partial
from math import nan

import pandas as pd
import plotly.graph_objects as go
from pandas.io.formats.style import Styler

from explorer.experiments.batch_norm.steps import Steps, moments
from explorer.views.chart_style import hover, styled
from explorer.views.numbers import fixed
from explorer.views.palette import BLUE, GREY, INDIGO, chart_colour
from explorer.words import label

COLUMNS = ("x", "x − μ", "x̂", "y")


def table(result: Steps, torch_outputs: Sequence[float] | None) -> Styler:
    """One row per value, then mean and variance of each column.

    torch's column is None while torch is being loaded, and empty where it refuses the batch.
    """
    columns = (result.values, result.centred, result.normalised, result.scaled)
    numbers: dict[str, Sequence[float | None]] = {
        name: [*column, *moments(column)] for name, column in zip(COLUMNS, columns, strict=True)
    }
    m = len(result.values)
    numbers[label("four_steps.torch")] = (
        [*torch_outputs, *moments(torch_outputs)] if torch_outputs else [nan] * (m + 2)
    )
    rows = [
        *(str(index + 1) for index in range(m)),
        label("four_steps.mean"),
        label("four_steps.variance"),
    ]
    frame = pd.DataFrame(numbers, index=pd.Index(rows, name=label("four_steps.value")))
    missing = "…" if torch_outputs is None else label("four_steps.refused")
    formats = {name: partial(fixed, digits=_decimals(column[:m])) for name, column in frame.items()}
    return frame.style.format(formats, na_rep=missing)


def _decimals(column: pd.Series) -> int:
    """So many that a column of large values does not push the others off the screen."""
    largest = column.abs().max()
    return 3 if not largest >= 100 else max(0, 5 - len(f"{largest:.0f}"))


def journey(result: Steps, row: int) -> go.Figure:
    """Each value's way through the four columns; the followed one stands out."""
    columns = (result.values, result.centred, result.normalised, result.scaled)
    ways: list[tuple[list[str | None], list[float | None]]] = []
    for others in (True, False):
        xs: list[str | None] = []
        ys: list[float | None] = []
        for index in range(len(result.values)):
            if (index != row) == others:
                xs += [*COLUMNS, None]
                ys += [*(column[index] for column in columns), None]
        ways.append((xs, ys))
    figure = go.Figure()
    for (xs, ys), slot, width in zip(ways, (GREY, INDIGO), (1.5, 4), strict=True):
        figure.add_scatter(
            x=xs,
            y=ys,
            mode="lines+markers",
            line={"color": chart_colour(slot), "width": width},
            marker={"size": 5 + width},
            name=label("four_steps.followed", n=row + 1)
            if slot == INDIGO
            else label("four_steps.others"),
            hovertemplate=hover("value", name="%{x}", value="%{y:,.4f}"),
        )
    figure.add_scatter(
        x=COLUMNS,
        y=[moments(column)[0] for column in columns],
        mode="markers",
        marker={"symbol": "line-ew-open", "size": 26, "color": chart_colour(BLUE),
                "line": {"width": 3}},
        name=label("series.mean"),
        hovertemplate=hover("mean_of", column="%{x}", value="%{y:,.4f}"),
    )  # fmt: skip
    return styled(figure, 250, y="value", legend="above", xaxis_range=[-0.25, 3.25])
