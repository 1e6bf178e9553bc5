"""Charts of predictions: bars per class, per deleted block, per epoch."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from textwrap import wrap
from typing import Final

import plotly.graph_objects as go

from explorer.views import palette
from explorer.views.chart_style import FONT, SMALL, hover, plainly, styled
from explorer.words import label

_NUMBER: Final = 56
"""Pixels beside a bar for its per cent."""
_MODE: Final = 20
"""Characters of a mode's name on a line."""
_UPRIGHT: Final = 10
"""Bars that leave each of them room for upright words."""
_NAMED: Final = 24
"""Bars that leave each of them room for its block's name; of more, each stage's first has one."""


def top_bars(
    names: Sequence[str], probabilities: Sequence[float], first_slot: int = palette.BLUE
) -> go.Figure:
    """The likeliest classes, likeliest on top; probabilities between 0 and 1."""
    shown = [plainly(name if len(name) < 26 else f"{name[:24]}…") for name in names]
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
            constraintext="none",
            customdata=[plainly(name) for name in names],
            hovertemplate=hover("value", name="%{customdata}", value="%{x:.3f}%"),
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(range=[0, max(4.0, 102 * max(probabilities, default=0))])
    height = 72 + 22 * max(4, len(names))  # lower, the axis lies on its own title
    # Numbers stand in the margin, whose width is theirs on any screen.
    room = {"r": _NUMBER}
    return styled(figure, height, "probability", margin=room, bargap=0.3, showlegend=False)


def deletion_bars(
    titles: Sequence[str],
    paths: Sequence[str],
    probabilities: Sequence[float | None],
    answers: Sequence[str],
    whole: float,
    best: str = "",
    *,
    narrow: bool = False,
) -> go.Figure:
    """What each deletion leaves of a class's probability; another answer stands over its bar.

    Args:
        titles, paths: of the deleted blocks; the colour is that of the path's stage.
        probabilities: after the deletion, 0 to 1; None where the block cannot be deleted.
        answers: the likeliest class after the deletion.
        whole: the probability without any deletion, drawn as a line.
        best: the likeliest class without any deletion.
        narrow: where the chart has half of the page, conv2_1 is called 2_1.
    """
    names = [f"{title}  {path}" for title, path in zip(titles, paths, strict=True)]
    few = len(names) <= _UPRIGHT
    other = [
        bool(best) and value is not None and answer != best
        for value, answer in zip(probabilities, answers, strict=True)
    ]
    figure = go.Figure(
        go.Bar(
            x=names,
            y=[100 * (value or 0.0) for value in probabilities],
            marker_color=[palette.chart_colour(palette.slot_of(path)) for path in paths],
            marker_line={
                "color": palette.INK,
                "width": [3 if changed else 0 for changed in other],
            },
            text=[
                plainly(answer) if changed else ""
                for answer, changed in zip(answers, other, strict=True)
            ],
            textposition="outside",
            textangle=0 if few else -90,
            textfont=FONT,
            customdata=[plainly(answer) for answer in answers],
            hovertemplate=hover(
                "deleted_answer", block="%{x}", share="%{y:.1f}", answer="%{customdata}"
            ),
        )
    )
    for name, value in zip(names, probabilities, strict=True):
        if value is None:
            _say_it_cannot_be(figure, name)
    _draw_whole(figure, whole)
    figure.update_yaxes(range=[0, 112])
    shown = _named_ones(paths)
    figure.update_xaxes(
        # Plotly turns them where they would not fit.
        tickangle=(0 if narrow else None) if few or len(names) > _NAMED else -90,
        ticktext=[titles[i].removeprefix("conv") if narrow else titles[i] for i in shown],
        tickvals=[names[i] for i in shown],
    )
    across = "deleted_block_of_stage" if narrow else "deleted_block"
    # Two beside each other end above a projector's fold, their blocks' names included.
    height = 320 if narrow else 400
    styled(figure, height, across, "probability", margin={"r": 75}, showlegend=False)
    # Nine short names below the bars of a telephone do not touch each other.
    return figure.update_xaxes(tickfont=SMALL) if narrow else figure


def _say_it_cannot_be(figure: go.Figure, name: str) -> None:
    """Words where a bar would stand, for a block that cannot be deleted."""
    figure.add_annotation(
        x=name,
        y=2,
        text=label("mark.cannot_be_deleted"),
        textangle=-90,
        yanchor="bottom",
        showarrow=False,
        font=FONT,
    )


def _draw_whole(figure: go.Figure, whole: float) -> None:
    """The line of the whole network, with its per cent in the margin."""
    figure.add_hline(
        y=100 * whole,
        line_dash="dot",
        line_color=palette.chart_colour(palette.GREY),
        annotation={
            "text": label("mark.whole", share=f"{whole:.1%}"),
            "x": 1,
            "xanchor": "left",
            "font": FONT,
        },
    )


def _named_ones(paths: Sequence[str]) -> list[int]:
    """Which bars have a name below them: all, or of many each stage's first."""
    stages = [palette.slot_of(path) for path in paths]
    if len(paths) <= _NAMED:
        return list(range(len(paths)))
    return [index for index, stage in enumerate(stages) if stage not in stages[:index]]


def mode_bars(
    modes: Sequence[str],
    probabilities: Sequence[float | None],
    answers: Sequence[str],
    best: str,
) -> go.Figure:
    """What one class gets in each of several modes; where another wins, its name stands behind.

    Args:
        modes: their names, the first on top.
        probabilities: of `best`, 0 to 1; None where the network overflowed.
        answers: the likeliest class in each mode.
        best: the class that the first mode names.
    """
    other = [answer != best for answer in answers]
    said = [
        _said(value, answer, changed)
        for value, answer, changed in zip(probabilities, answers, other, strict=True)
    ]
    figure = go.Figure(
        go.Bar(
            x=[100 * (value or 0.0) for value in probabilities],
            y=["<br>".join(wrap(plainly(name), _MODE)) for name in modes],
            orientation="h",
            marker_color=[
                palette.chart_colour(palette.GREY if changed else palette.BLUE) for changed in other
            ],
            text=said,
            textposition="outside",
            textfont=FONT,
            cliponaxis=False,
            constraintext="none",
            hovertemplate=hover("value", name="%{y}", value="%{x:.3f}%"),
        )
    )
    figure.update_yaxes(autorange="reversed")
    # Beside the longest bar its number has room, and beside a short one its answer.
    figure.update_xaxes(
        range=[0, 130],
        tickvals=[0, 25, 50, 75, 100],
        title_text=label("infer_modes.axis", answer=plainly(best)),
    )
    return styled(figure, 90 + 54 * len(modes), bargap=0.45, showlegend=False)


def _said(probability: float | None, answer: str, changed: bool) -> str:
    if probability is None:
        return plainly(answer)
    share = f"{probability:.1%}"
    if not changed:
        return share
    return label("infer_modes.other", share=share, answer=plainly(answer))


def training_curves(curves: dict[str, list[float]]) -> go.Figure:
    """Accuracy per epoch on augmented training images and on held-out ones, in per cent."""
    figure = go.Figure()
    for column, name, slot, dash in (
        ("training_accuracy", "training_images", palette.GREY, "dot"),
        ("held_out_accuracy", "held_out", palette.BLUE, "solid"),
    ):
        # Of a short run parts of an epoch have a row; what was not measured there is NaN.
        pairs = zip(curves["epoch"], curves[column], strict=True)
        points = [(epoch, value) for epoch, value in pairs if not isnan(value)]
        figure.add_scatter(
            x=[epoch for epoch, _ in points],
            y=[100 * value for _, value in points],
            name=label(f"series.{name}"),
            line={"color": palette.chart_colour(slot), "width": 3, "dash": dash},
            hovertemplate=label("hover.epoch", epoch="%{x}", share="%{y:.2f}"),
        )
    return styled(figure, 350, "epoch", "accuracy", legend="above", hovermode="x unified")


def remembered_curves(
    names: Sequence[str], paths: Sequence[Sequence[str]], distances: Sequence[Sequence[float]]
) -> go.Figure:
    """How far the statistics of pictures are from those stored, layer by layer, one line for each
    reading.

    Args:
        names: of the readings.
        paths: of each one's batch norms, in order.
        distances: in stored standard deviations.
    """
    figure = go.Figure()
    slots = (palette.BLUE, palette.VERMILION, palette.TEAL)
    for name, layers, values, slot in zip(names, paths, distances, slots, strict=False):
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=list(values),
            mode="lines+markers",
            name=plainly(name),
            line={"color": palette.chart_colour(slot), "width": 2},
            customdata=[plainly(path) for path in layers],
            hovertemplate=hover("value", name="%{customdata}", value="%{y:.3f}"),
        )
    figure.update_yaxes(rangemode="tozero")
    return styled(figure, 320, "batch_norm_layer", "distance", legend="above")
