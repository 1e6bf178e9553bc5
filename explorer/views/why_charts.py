"""Charts of why residual networks train: gradients, likeness, identity, training, paths.

Training runs are also a file.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
from plotly import graph_objects as go

from explorer.architecture.paths import Paths
from explorer.architecture.studies import Study
from explorer.views import palette
from explorer.views.chart_style import FONT, hover, plainly, styled
from explorer.words import label

Reported = Literal["loss", "accuracy"]

_SLOTS = (palette.ORANGE, palette.BLUE, palette.PURPLE, palette.GREEN, palette.SKY)
_CLOSEST = 1.3
"""Ratio of two depths whose labels just fit side by side."""
_DASHES = ("solid", "dash", "dot", "dashdot")


def study_chart(study: Study) -> go.Figure:
    """A published table: bars per choice, or lines where the columns are depths."""
    figure = go.Figure()
    single = len(study.columns) == 1
    for index, (choice, errors) in enumerate(study.choices.items()):
        colour = palette.chart_colour(_SLOTS[index % len(_SLOTS)])
        if study.numeric:
            figure.add_scatter(
                x=list(study.columns),
                y=list(errors),
                name=choice,
                mode="lines+markers+text",
                text=["" if error is None else f"{error:.2f}" for error in errors],
                textposition="top center" if index == 0 else "bottom center",
                line={"color": colour, "width": 3, "dash": _DASHES[index]},
                marker={"size": 10},
                connectgaps=True,
                cliponaxis=False,
                hovertemplate=label("hover.layers", layers="%{x}", value="%{y:.2f}%"),
            )
        elif not single:
            figure.add_bar(
                x=list(study.column_titles),
                y=list(errors),
                name=choice,
                marker_color=colour,
                text=["" if error is None else f"{error:.2f}" for error in errors],
                textposition="outside",
                hovertemplate=label("hover.value", name="%{x}", value="%{y:.2f}%"),
            )
    if single:
        names, alone = list(study.choices), [row[0] for row in study.rows.values()]
        figure.add_bar(
            x=alone,
            y=names,
            orientation="h",
            marker_color=palette.chart_colour(palette.BLUE),
            text=[label("mark.fail") if error is None else f"{error:.2f}" for error in alone],
            textposition="outside",
            showlegend=False,
            hovertemplate=hover("value", name="%{y}", value="%{x:.2f}%"),
        )
        for name, error in zip(names, alone, strict=True):
            if error is None:
                figure.add_annotation(
                    x=0,
                    y=name,
                    text=label("mark.above_20"),
                    showarrow=False,
                    xanchor="left",
                    font=FONT,
                )
        figure.update_yaxes(autorange="reversed")
    if study.numeric:
        figure.update_xaxes(type="log", tickvals=_apart([int(column) for column in study.columns]))
    (figure.update_xaxes if single else figure.update_yaxes)(
        rangemode="normal" if study.numeric else "tozero"
    )
    styled(figure, 400, "layers_log" if study.numeric else None, legend="below", bargap=0.25)
    (figure.update_xaxes if single else figure.update_yaxes)(title_text=study.metric)
    return figure


def _apart(depths: Sequence[int]) -> list[int]:
    """Those whose labels fit side by side on a logarithmic axis; the largest is always kept."""
    kept: list[int] = []
    for depth in sorted(depths, reverse=True):
        if not kept or kept[-1] / depth >= _CLOSEST:
            kept.append(depth)
    return kept[::-1]


def likeness(
    depths: Sequence[int],
    measured: Mapping[str, Sequence[float]],
    theory: Mapping[str, Sequence[float | None]],
) -> go.Figure:
    """Correlation of gradients by depth: measured as marks and lines, theory dotted."""
    figure = go.Figure()
    for index, (name, values) in enumerate(measured.items()):
        colour = palette.chart_colour(_SLOTS[index % len(_SLOTS)])
        figure.add_scatter(
            x=list(depths),
            y=[value if value > 1e-3 else None for value in values],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 3},
            marker={"size": 8},
            hovertemplate=label("hover.layers", layers="%{x}", value="%{y:.4f}"),
        )
        if name in theory:
            figure.add_scatter(
                x=list(depths),
                y=[value if value and value > 1e-3 else None for value in theory[name]],
                name=label("series.theory", name=name),
                mode="lines",
                line={"color": colour, "width": 2, "dash": "dot"},
                hovertemplate=label("hover.theory", value="%{y:.4f}"),
            )
    figure.update_xaxes(type="log", tickvals=list(depths))
    figure.update_yaxes(type="log", range=[-3, 0.05])
    return styled(figure, 440, "layers_or_blocks", "likeness", legend="below")


def identity(depths: Sequence[int], errors: Mapping[str, Sequence[float]]) -> go.Figure:
    """Relative error of learning y = x by depth, one group of bars per depth."""
    figure = go.Figure()
    for index, (name, values) in enumerate(errors.items()):
        figure.add_bar(
            x=[str(depth) for depth in depths],
            y=list(values),
            name=name,
            marker_color=palette.chart_colour(_SLOTS[index]),
            text=[f"{value:.2f}" for value in values],
            textposition="outside",
            hovertemplate=label("hover.layers", layers="%{x}", value="%{y:.3f}"),
        )
    figure.add_hline(y=1, line_dash="dot", line_color=palette.chart_colour(palette.GREY))
    figure.update_xaxes(type="category")
    return styled(figure, 400, "layers", "relative_error", legend="below")


def training(runs: Mapping[str, Sequence[Mapping[str, Any]]], what: Reported) -> go.Figure:
    """What a training reported by step, one line per run.

    The loss is on a logarithmic axis, so that late progress shows too.

    Args:
        runs: name, a visitor's words, -> points.
        what: the number of each point to draw.
    """
    figure = go.Figure()
    for index, (name, points) in enumerate(runs.items()):
        figure.add_scatter(
            x=[point["step"] for point in points],
            y=[point[what] for point in points],
            name=plainly(name),
            mode="lines",
            line=_line(index),
            hovertemplate=label("hover.step", step="%{x}", value="%{y:.3f}"),
        )
    figure.update_yaxes(type="log" if what == "loss" else "linear")
    height = 340 + 24 * len(runs)
    return styled(figure, height, "step", f"training_{what}", legend="below", uirevision="training")


def deletions(
    titles: Sequence[str], paths: Sequence[str], accuracy: Sequence[float | None], whole: float
) -> go.Figure:
    """Test accuracy after deleting each block in turn, in per cent."""
    figure = go.Figure(
        go.Bar(
            x=list(titles),
            y=[None if value is None else 100 * value for value in accuracy],
            marker_color=[palette.chart_colour(palette.slot_of(path)) for path in paths],
            hovertemplate=hover("deleted", block="%{x}", share="%{y:.1f}"),
        )
    )
    lines = (
        (100 * whole, label("mark.whole", share=f"{whole:.2%}"), "bottom"),
        (10.0, label("mark.chance", share="10%"), "top"),
    )
    for y, text, side in lines:
        figure.add_hline(
            y=y,
            line_dash="dot",
            line_color=palette.chart_colour(palette.GREY),
            annotation={"text": text, "x": 1, "xanchor": "left", "yanchor": side, "font": FONT},
        )
    figure.update_xaxes(type="category", nticks=30)
    figure.update_yaxes(range=[0, 112])
    return styled(figure, 360, "deleted_block", "test_accuracy", margin={"r": 75})


def path_lengths(paths: Paths, shortest: int, longest: int) -> go.Figure:
    """How many paths have each length, as shares; the chosen range stands out."""
    lengths = list(range(paths.blocks + 1))
    figure = go.Figure(
        go.Bar(
            x=lengths,
            y=[100 * paths.share(length, length) for length in lengths],
            marker_color=[
                palette.chart_colour(
                    palette.ORANGE if shortest <= length <= longest else palette.GREY
                )
                for length in lengths
            ],
            customdata=[f"{paths.of_length(length):,}" for length in lengths],
            hovertemplate=hover("paths", length="%{x}", count="%{customdata}", share="%{y:.4f}"),
        )
    )
    return styled(figure, 380, "path_length", "path_share", bargap=0.05)


def curves_csv(runs: Mapping[str, tuple[str, Sequence[Mapping[str, Any]]]]) -> str:
    """One line per reported step of each run; `runs` maps an id to (network, points)."""
    rows = [
        {"run": run, "network": network, **point}
        for run, (network, points) in runs.items()
        for point in points
    ]
    columns = ["run", "network", "step", "loss", "accuracy"]
    return str(pd.DataFrame(rows, columns=columns).to_csv(index=False))


def _line(index: int) -> dict[str, Any]:
    return {
        "color": palette.chart_colour(_SLOTS[index % len(_SLOTS)]),
        "width": 3,
        "dash": _DASHES[(index // len(_SLOTS)) % len(_DASHES)],
    }
