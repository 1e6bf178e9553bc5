"""Charts of batch norm: histograms, running statistics, agreement of two batches, sigmoid."""

from collections.abc import Mapping, Sequence
from typing import Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from explorer.experiments.batch_norm.claims import Histogram, Running, SigmoidInputs
from explorer.views.chart_style import FONT, hover, plainly, styled
from explorer.views.numbers import plain
from explorer.views.palette import GREY, INDIGO, SKY, TEAL, VERMILION, chart_colour
from explorer.words import label

_STEPS: Final = (GREY, SKY, INDIGO, TEAL)


def histograms(rows: Sequence[Histogram], height: int = 460) -> go.Figure:
    """One below the other, on one axis."""
    titles = [
        # Rounded: a mean of 1e-17 is float64's way of writing 0.
        label(
            "histogram.moments",
            name=label(f"histogram.{row.name}"),
            mean=plain(round(row.mean, 9)),
            variance=plain(row.variance),
        )
        for row in rows
    ]
    figure = make_subplots(
        len(rows), 1, shared_xaxes="all", subplot_titles=titles,
        vertical_spacing=0.36 / len(rows),
    )  # fmt: skip
    for index, (row, slot) in enumerate(zip(rows, _STEPS, strict=False), start=1):
        width = float(row.edges[1] - row.edges[0])
        figure.add_bar(
            x=(row.edges[:-1] + row.edges[1:]) / 2,
            y=row.counts,
            width=width,
            marker={"color": chart_colour(slot), "line": {"width": 0}},
            hovertemplate=hover("histogram", count="%{y:,}", width=plain(width), value="%{x:,.4f}"),
            row=index,
            col=1,
        )
    # Small enough for both numbers beside the axis of a telephone.
    figure.update_annotations(font=FONT | {"size": 13}, x=0, xanchor="left")
    figure.update_yaxes(nticks=3, tickformat=",", title_text=label("axis.values"))
    figure.update_xaxes(title_text=label("axis.value"), row=len(rows), col=1)
    return styled(figure, height, showlegend=False, bargap=0)


def running(found: Running, mean: float, variance: float) -> go.Figure:
    """Mean and variance of each batch as dots, what the layer keeps of them as lines."""
    batches = list(range(1, len(found.means) + 1))
    figure = go.Figure()
    for name, dots, line, slot, truth in (
        ("mean", found.means, found.running_means, INDIGO, mean),
        ("variance", found.variances, found.running_variances, SKY, variance),
    ):
        figure.add_scatter(
            x=batches, y=dots, mode="markers", name=label(f"series.batch_{name}"),
            marker={"color": chart_colour(slot), "size": 5, "opacity": 0.85},
            hovertemplate=hover(
                "in_batch", batch="%{x}", name=label(f"layer_channels.{name}"), value="%{y:.4f}"
            ),
        )  # fmt: skip
        figure.add_scatter(
            x=[0, *batches], y=[0.0 if name == "mean" else 1.0, *line], mode="lines",
            name=label(f"series.running_{name}"), line={"color": chart_colour(slot), "width": 3},
            hovertemplate=hover(
                "after_batch", batch="%{x}", name=label(f"series.running_{name}"), value="%{y:.4f}"
            ),
        )  # fmt: skip
        figure.add_hline(truth, line={"color": chart_colour(slot), "width": 1})
    return styled(figure, 440, "batches", "value", legend="above")


def agreement(pairs: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> go.Figure:
    """Each logit of one image in batch A and in batch B: on the diagonal where they agree."""
    figure = go.Figure()
    every = [value for pair in pairs.values() for side in pair for value in side]
    ends = [min(every), max(every)]
    figure.add_scatter(
        x=ends,
        y=ends,
        mode="lines",
        name=label("series.equal"),
        line={"color": chart_colour(GREY), "width": 1},
    )
    for (name, (first, second)), slot, size in zip(
        pairs.items(), (VERMILION, SKY), (7, 5), strict=False
    ):
        figure.add_scatter(
            x=first, y=second, mode="markers", name=plainly(name),
            marker={"color": chart_colour(slot), "size": size, "opacity": 0.8},
            hovertemplate=hover("logits", one="%{x:.4f}", other="%{y:.4f}"),
        )  # fmt: skip
    return styled(figure, 330, "logit_a", "logit_b", legend="above")


def sigmoid(found: SigmoidInputs) -> go.Figure:
    """The sigmoid's slope, and where its inputs lie before and after batch norm."""
    figure = go.Figure()
    for name, y, slot, fill in (
        ("inputs_before", found.before, GREY, "tozeroy"),
        ("inputs_after", found.after, INDIGO, "tozeroy"),
        ("sigmoid_slope", found.slope, VERMILION, None),
    ):
        figure.add_scatter(
            x=found.x, y=y, mode="lines", name=label(f"series.{name}"), fill=fill,
            line={"color": chart_colour(slot), "width": 3 if fill is None else 1.5},
            hovertemplate=hover(
                "value_at", name=label(f"series.{name}"), value="%{y:.4f}", place="%{x:.2f}"
            ),
        )  # fmt: skip
    return styled(figure, 300, "sigmoid_input", "slope", legend="above")
