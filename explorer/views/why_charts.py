"""Charts of why residual networks train: gradients, likeness, identity, training, paths."""

from collections.abc import Mapping, Sequence
from html import escape
from math import comb
from typing import Any

from plotly import graph_objects as go

from explorer.architecture.paths import Paths
from explorer.architecture.studies import Study
from explorer.views import palette

_FONT = {"size": 15}
_SLOTS = (palette.ORANGE, palette.BLUE, palette.PURPLE, palette.GREEN, palette.SKY)
_DASHES = ("solid", "dash", "dot", "dashdot")


def study_chart(study: Study) -> go.Figure:
    """A published table: bars per choice, or lines where the columns are depths."""
    figure = go.Figure()
    single = len(study.columns) == 1
    for index, (choice, errors) in enumerate(study.rows.items()):
        colour = palette.chart_colour(_SLOTS[index % len(_SLOTS)])
        if study.numeric:
            figure.add_scatter(
                x=[int(column) for column in study.columns],
                y=list(errors),
                name=choice,
                mode="lines+markers+text",
                text=["" if error is None else f"{error:.2f}" for error in errors],
                textposition="top center" if index == 0 else "bottom center",
                line={"color": colour, "width": 3, "dash": _DASHES[index]},
                marker={"size": 10},
                connectgaps=True,
                cliponaxis=False,
                hovertemplate="%{x} layers: %{y:.2f}%",
            )
        elif not single:
            figure.add_bar(
                x=list(study.columns),
                y=list(errors),
                name=choice,
                marker_color=colour,
                text=["" if error is None else f"{error:.2f}" for error in errors],
                textposition="outside",
                hovertemplate="%{x}: %{y:.2f}%",
            )
    if single:
        names, alone = list(study.rows), [row[0] for row in study.rows.values()]
        figure.add_bar(
            x=alone,
            y=names,
            orientation="h",
            marker_color=palette.chart_colour(palette.BLUE),
            text=["fail" if error is None else f"{error:.2f}" for error in alone],
            textposition="outside",
            showlegend=False,
            hovertemplate="%{y}: %{x:.2f}%<extra></extra>",
        )
        for name, error in zip(names, alone, strict=True):
            if error is None:
                figure.add_annotation(
                    x=0, y=name, text="above 20%", showarrow=False, xanchor="left", font=_FONT
                )
        figure.update_yaxes(autorange="reversed", automargin=True)
    _style(figure, 400)
    figure.update_layout(bargap=0.25)
    if study.numeric:
        figure.update_xaxes(type="log", title="layers (log scale)", tickvals=_depths(study))
    axis = figure.update_xaxes if single else figure.update_yaxes
    axis(title=study.metric, rangemode="tozero" if not study.numeric else "normal")
    return figure


def _depths(study: Study) -> list[int]:
    return [int(column) for column in study.columns if column not in ("44", "1001")]


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
            hovertemplate="%{x} layers: %{y:.4f}",
        )
        if name in theory:
            figure.add_scatter(
                x=list(depths),
                y=[value if value and value > 1e-3 else None for value in theory[name]],
                name=f"{name}, theory",
                mode="lines",
                line={"color": colour, "width": 2, "dash": "dot"},
                hovertemplate="theory: %{y:.4f}",
            )
    _style(figure, 440)
    figure.update_xaxes(title="layers or blocks (log scale)", type="log", tickvals=list(depths))
    figure.update_yaxes(title="mean correlation of two gradients", type="log", range=[-3, 0.05])
    return figure


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
            hovertemplate="%{x} layers: %{y:.3f}",
        )
    figure.add_hline(y=1, line_dash="dot", line_color=palette.chart_colour(palette.GREY))
    _style(figure, 400)
    figure.update_xaxes(title="layers", type="category")
    figure.update_yaxes(title="error / error of always saying the mean")
    return figure


def training(
    runs: Mapping[str, Sequence[Mapping[str, Any]]], what: str, title: str, log: bool
) -> go.Figure:
    """What a training reported by step, one line per run."""
    figure = go.Figure()
    for index, (name, points) in enumerate(runs.items()):
        figure.add_scatter(
            x=[point["step"] for point in points],
            y=[point[what] for point in points],
            name=escape(name),
            mode="lines",
            line=_line(index),
            hovertemplate="step %{x}: %{y:.3f}",
        )
    _style(figure, 340 + 24 * len(runs))
    figure.update_layout(uirevision="training")
    figure.update_xaxes(title="step")
    figure.update_yaxes(title=title, type="log" if log else "linear")
    return figure


def deletions(
    titles: Sequence[str], paths: Sequence[str], accuracy: Sequence[float | None], whole: float
) -> go.Figure:
    """Test accuracy after deleting each block in turn, in per cent."""
    figure = go.Figure(
        go.Bar(
            x=list(titles),
            y=[None if value is None else 100 * value for value in accuracy],
            marker_color=[palette.chart_colour(palette.slot_of(path)) for path in paths],
            hovertemplate="without %{x}: %{y:.1f}%<extra></extra>",
        )
    )
    lines = ((100 * whole, f"whole:<br>{whole:.2%}", "bottom"), (10.0, "chance:<br>10%", "top"))
    for y, text, side in lines:
        figure.add_hline(
            y=y,
            line_dash="dot",
            line_color=palette.chart_colour(palette.GREY),
            annotation={"text": text, "x": 1, "xanchor": "left", "yanchor": side, "font": _FONT},
        )
    _style(figure, 360)
    figure.update_layout(margin_r=75)
    figure.update_xaxes(title="deleted block", type="category", nticks=30)
    figure.update_yaxes(title="test accuracy, %", range=[0, 112])
    return figure


def path_lengths(paths: Paths, shortest: int, longest: int) -> go.Figure:
    """How many paths have each length, as shares; the chosen range stands out."""
    lengths = list(range(paths.blocks + 1))
    figure = go.Figure(
        go.Bar(
            x=lengths,
            y=[100 * (comb(paths.blocks, length) / paths.count) for length in lengths],
            marker_color=[
                palette.chart_colour(
                    palette.ORANGE if shortest <= length <= longest else palette.GREY
                )
                for length in lengths
            ],
            customdata=[f"{comb(paths.blocks, length):,}" for length in lengths],
            hovertemplate="%{x} blocks: %{customdata} paths, %{y:.4f}%<extra></extra>",
        )
    )
    _style(figure, 380)
    figure.update_layout(bargap=0.05)
    figure.update_xaxes(title="length of a path, blocks")
    figure.update_yaxes(title="share of all paths, %")
    return figure


def _line(index: int) -> dict[str, Any]:
    return {
        "color": palette.chart_colour(_SLOTS[index % len(_SLOTS)]),
        "width": 3,
        "dash": _DASHES[(index // len(_SLOTS)) % len(_DASHES)],
    }


def _style(figure: go.Figure, height: int) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 10, "t": 30, "b": 0},
        font=_FONT,
        hoverlabel={"font": _FONT},
        legend={"orientation": "h", "y": -0.25, "font": _FONT},
    )
    figure.update_xaxes(title_font=_FONT, tickfont=_FONT, automargin=True)
    figure.update_yaxes(title_font=_FONT, tickfont=_FONT, automargin=True)
