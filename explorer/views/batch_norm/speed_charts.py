"""Charts of the same network with and without batch norm: its loss, and what its layer reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, log10
from typing import Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from explorer.views.chart_style import FONT, hover, styled
from explorer.views.palette import INDIGO, SKY, VERMILION, chart_colour
from explorer.views.tables import markdown_row
from explorer.words import label

KINDS: Final = ("without", "with", "noisy")
_SLOTS: Final = {"without": VERMILION, "with": INDIGO, "noisy": SKY}
_DASHES: Final = {"without": "dash", "with": "solid", "noisy": "dot"}
_TICKS: Final = (0.01, 0.1, 1.0, 10.0)


def losses(
    kinds: Mapping[str, Sequence[float]], every: int, reached: float, steps: int
) -> go.Figure:
    """Training loss by step, up to `steps`, for each kind of network; the thin line is the loss to
    reach. Where nothing is trained yet, the place where the curves will be."""
    figure = go.Figure()
    for kind, values in kinds.items():
        figure.add_scatter(
            # Plotly names a line in the legend only if it has a point, if only an empty one.
            x=[every * (index + 1) for index in range(max(1, len(values)))],
            y=[value if isfinite(value) and value > 0 else None for value in values] or [None],
            name=label(f"bn_kind.{kind}"),
            mode="lines",
            line={"color": chart_colour(_SLOTS[kind]), "width": 3, "dash": _DASHES[kind]},
            hovertemplate=hover("step", step="%{x}", value="%{y:.3f}"),
        )
    figure.add_hline(y=reached, line_width=1, line_color=chart_colour(VERMILION))
    figure.add_annotation(
        text=label("bn_speed.reached", loss=f"{reached:g}"),
        xref="paper",
        x=1,
        xanchor="right",
        y=log10(reached),  # a note's place on a logarithmic axis is the exponent
        yanchor="bottom",
        showarrow=False,
    )
    figure.update_xaxes(range=[0, steps])
    figure.update_yaxes(
        type="log", range=[-2.3, 0.7], tickvals=_TICKS, ticktext=[f"{tick:g}" for tick in _TICKS]
    )
    return styled(figure, 360, "step", "training_loss", legend="above")


def distributions(
    kinds: Mapping[str, Sequence[Sequence[float]]], every: int, steps: int
) -> go.Figure:
    """What one unit's activation reads, by step: the median, and the 15th to 85th percentile.

    `kinds` by name, each a triple of lines, from the lowest percentile to the highest.
    """
    # In two lines: three stand beside each other on a telephone, too.
    names = [_in_two(label(f"bn_kind.{kind}")) for kind in kinds]
    figure = make_subplots(1, len(kinds), shared_yaxes=True, subplot_titles=names)
    for column, (kind, (low, median, high)) in enumerate(kinds.items(), start=1):
        colour = chart_colour(_SLOTS[kind])
        at = [every * index for index in range(len(median))]
        for line, fill in ((low, None), (high, "tonexty")):
            figure.add_scatter(
                x=at, y=list(line), mode="lines", line={"color": colour, "width": 1},
                fill=fill, hoverinfo="skip", row=1, col=column,
            )  # fmt: skip
        figure.add_scatter(
            x=at,
            y=list(median),
            mode="lines",
            line={"color": colour, "width": 3},
            hovertemplate=hover("step", step="%{x}", value="%{y:.2f}"),
            row=1,
            col=column,
        )
        figure.update_xaxes(
            title_text=label("axis.step"),
            tickvals=[0, steps // 2],
            range=[0, steps],
            row=1,
            col=column,
        )
    if not any(len(lines[0]) for lines in kinds.values()):  # no values, so no scale of values
        figure.update_yaxes(range=[-1, 1], showticklabels=False)
    figure.update_annotations(font=FONT)
    figure.update_yaxes(title_text=label("axis.activation_input"), row=1, col=1)
    return styled(figure, 360, showlegend=False, margin={"t": 64})


def _in_two(name: str) -> str:
    """Broken at the space that is nearest to its middle."""
    spaces = [at for at, sign in enumerate(name) if sign == " "]
    if not spaces:
        return name
    at = min(spaces, key=lambda space: abs(2 * space - len(name)))
    return f"{name[:at]}<br>{name[at + 1 :]}"


def table(kinds: Mapping[str, Sequence[int | None]], rates: Sequence[float], reached: float) -> str:
    """Steps until the loss is `reached`, a row for each rate, as Markdown."""
    heads = [label("bn_kind.head", reached=f"{reached:g}")]
    heads += [label(f"bn_kind.{kind}") for kind in kinds]
    rows = [
        [
            label("bn_kind.rate", rate=f"{rate:g}"),
            *(label("bn_kind.never") if steps[index] is None else f"{steps[index]:,}"
              for steps in kinds.values()),
        ]
        for index, rate in enumerate(rates)
    ]  # fmt: skip
    lines = [heads, ["---", *["--:"] * len(kinds)], *rows]
    return "\n".join(map(markdown_row, lines))
