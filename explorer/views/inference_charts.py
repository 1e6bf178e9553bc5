"""Charts of predictions: bars per class, per deleted block, per epoch."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from explorer.views import palette

_FONT = {"size": 15}


def top_bars(
    names: Sequence[str], probabilities: Sequence[float], first_slot: int = palette.BLUE
) -> go.Figure:
    """The likeliest classes, likeliest on top; probabilities between 0 and 1."""
    shown = [name if len(name) < 26 else f"{name[:24]}…" for name in names]
    # Two classes may share a name, and Plotly would put them on one bar.
    unique = [f"{name}{chr(8203) * index}" for index, name in enumerate(shown)]
    colours = [palette.chart_colour(first_slot)] + [palette.chart_colour(palette.GREY)] * len(names)
    figure = go.Figure(
        go.Bar(
            x=[100 * value for value in probabilities],
            y=unique,
            orientation="h",
            marker_color=colours[: len(names)],
            text=[f"{value:.1%}" for value in probabilities],
            textposition="outside",
            cliponaxis=False,
            customdata=list(names),
            hovertemplate="%{customdata}: %{x:.3f}%<extra></extra>",
        )
    )
    figure.update_layout(
        height=60 + 38 * max(2, len(names)),
        margin={"l": 0, "r": 10, "t": 5, "b": 0},
        font=_FONT,
        bargap=0.3,
        showlegend=False,
    )
    figure.update_yaxes(autorange="reversed", automargin=True, tickfont=_FONT)
    figure.update_xaxes(
        range=[0, max(4.0, 116 * max(probabilities, default=0))],
        title="probability, %",
        automargin=True,
        title_font=_FONT,
        tickfont=_FONT,
    )
    return figure


def lesion_bars(
    titles: Sequence[str],
    paths: Sequence[str],
    probabilities: Sequence[float | None],
    answers: Sequence[str],
    whole: float,
) -> go.Figure:
    """What each deletion leaves of a class's probability.

    Args:
        titles, paths: of the deleted blocks; the colour is that of the path's stage.
        probabilities: after the deletion, 0 to 1; None where the block cannot be deleted.
        answers: the likeliest class after the deletion.
        whole: the probability without any deletion, drawn as a line.
    """
    names = [f"{title}  {path}" for title, path in zip(titles, paths, strict=True)]
    impossible = [value is None for value in probabilities]
    figure = go.Figure(
        go.Bar(
            x=names,
            y=[100 * (value or 0.0) for value in probabilities],
            marker_color=[palette.chart_colour(palette.slot_of(path)) for path in paths],
            text=["cannot be deleted" if no else "" for no in impossible],
            textposition="outside",
            textangle=-90,
            customdata=list(answers),
            hovertemplate="without %{x}: %{y:.1f}%<br>answer: %{customdata}<extra></extra>",
        )
    )
    figure.add_hline(
        y=100 * whole,
        line_dash="dot",
        line_color=palette.chart_colour(palette.GREY),
        annotation={"text": f"whole:<br>{whole:.1%}", "x": 1, "xanchor": "left", "font": _FONT},
    )
    figure.update_layout(
        height=380, margin={"l": 0, "r": 70, "t": 10, "b": 0}, font=_FONT, showlegend=False
    )
    figure.update_yaxes(range=[0, 112], title="probability, %", title_font=_FONT, tickfont=_FONT)
    many = len(names) > 24
    figure.update_xaxes(
        title="deleted block",
        title_font=_FONT,
        tickfont=_FONT,
        tickangle=-90 if len(names) > 6 else 0,
        showticklabels=not many,
        ticktext=list(titles),
        tickvals=names,
    )
    return figure


def training_curves(curves: dict[str, list[float]]) -> go.Figure:
    """Accuracy per epoch on augmented training images and on held-out ones, in per cent."""
    figure = go.Figure()
    for column, name, slot in (
        ("training_accuracy", "training images, augmented", palette.BLUE),
        ("held_out_accuracy", "held-out images", palette.ORANGE),
    ):
        figure.add_scatter(
            x=curves["epoch"],
            y=[100 * value for value in curves[column]],
            name=name,
            line={"color": palette.chart_colour(slot), "width": 3},
            hovertemplate="epoch %{x}: %{y:.2f}%",
        )
    figure.update_layout(
        height=340,
        margin={"l": 0, "r": 10, "t": 5, "b": 0},
        font=_FONT,
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.12},
    )
    figure.update_xaxes(title="epoch", title_font=_FONT, tickfont=_FONT)
    figure.update_yaxes(title="accuracy, %", title_font=_FONT, tickfont=_FONT)
    return figure
