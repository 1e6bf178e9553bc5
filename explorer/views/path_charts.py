"""Charts of a network as many paths: what is left without a block, and how long paths are."""

from collections.abc import Sequence
from typing import Final

from plotly import graph_objects as go

from explorer.architecture.paths import Paths
from explorer.views import palette
from explorer.views.chart_style import FONT, SMALL, hover, styled
from explorer.words import label

_NARROW: Final = 14
"""The most names of a chart that has half of the page."""


def deletions(
    titles: Sequence[str],
    paths: Sequence[str],
    accuracy: Sequence[float | None],
    whole: float,
    most_names: int = 30,
) -> go.Figure:
    """Test accuracy after deleting each block in turn, in per cent; where there are more than
    `most_names`, each stage's first block is named below its bar. Where few have room, the chart
    has half of the page, and conv2_1 is called 2_1."""
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
    slots = [palette.slot_of(path) for path in paths]
    named = [
        title
        for index, title in enumerate(titles)
        if len(titles) <= most_names or slots[index] not in slots[:index]
    ]
    short = len(titles) <= most_names <= _NARROW
    figure.update_yaxes(range=[0, 112])
    across = "deleted_block_of_stage" if short else "deleted_block"
    styled(figure, 360, across, "test_accuracy", margin={"r": 75})
    figure.update_xaxes(
        type="category",
        tickvals=named,
        ticktext=[name.removeprefix("conv") for name in named] if short else named,
    )
    return figure.update_xaxes(tickangle=0, tickfont=SMALL) if short else figure


def path_lengths(paths: Paths, shortest: int, longest: int) -> go.Figure:
    """How many paths have each length, as shares; the chosen range stands out."""
    lengths = list(range(paths.blocks + 1))
    figure = go.Figure(
        go.Bar(
            x=lengths,
            y=[100 * paths.share(length, length) for length in lengths],
            marker_color=[
                palette.chart_colour(
                    palette.BLUE if shortest <= length <= longest else palette.GREY
                )
                for length in lengths
            ],
            customdata=[f"{paths.of_length(length):,}" for length in lengths],
            hovertemplate=hover("paths", length="%{x}", count="%{customdata}", share="%{y:.4f}"),
        )
    )
    # A share of half a per cent has no height that one could see.
    figure.add_vrect(
        x0=shortest - 0.5,
        x1=min(longest, paths.blocks) + 0.5,
        fillcolor=palette.chart_colour(palette.BLUE),
        opacity=0.15,
        line_width=0,
        annotation={
            "text": f"{100 * paths.share(shortest, longest):.2f} %",
            "font": FONT,
            "yanchor": "top",
        },
        annotation_position="top left",
    )
    return styled(figure, 380, "path_length", "path_share", bargap=0.05)
