"""Charts of stacks of layers at their beginning: how alike gradients are, and learning y = x."""

from collections.abc import Mapping, Sequence

from plotly import graph_objects as go

from explorer.views import palette
from explorer.views.chart_style import styled
from explorer.words import label


def likeness(
    depths: Sequence[int],
    measured: Mapping[str, Sequence[float]],
    theory: Mapping[str, Sequence[float | None]],
) -> go.Figure:
    """Correlation of gradients by depth: measured as marks and lines, theory thin and grey.

    Both by kind of stack of layers, as explorer.experiments.shattered names them.
    """
    figure = go.Figure()
    for kind, values in measured.items():
        name = stack_name(kind)
        dash = "longdash" if kind.endswith("with_bn") else "longdashdot"
        colour = palette.chart_colour(palette.network_slot(kind.startswith("plain")))
        figure.add_scatter(
            x=list(depths),
            y=[value if value > 1e-3 else None for value in values],
            name=name,
            mode="lines+markers",
            line={
                "color": colour,
                "width": 3,
                "dash": "solid" if kind.endswith("with_bn") else "dot",
            },
            marker={"size": 8},
            hovertemplate=label("hover.layers", layers="%{x}", value="%{y:.4f}"),
        )
        if kind in theory:
            figure.add_scatter(
                x=list(depths),
                y=[value if value and value > 1e-3 else None for value in theory[kind]],
                name=label("series.theory", name=name),
                mode="lines",
                line={"color": palette.chart_colour(palette.GREY), "width": 1.5, "dash": dash},
                hovertemplate=label("hover.theory", value="%{y:.4f}"),
            )
    figure.update_xaxes(type="log", tickvals=list(depths))
    figure.update_yaxes(type="log", range=[-3, 0.05])
    return styled(figure, 440, "layers_or_blocks", "likeness", legend="below")


def stack_name(kind: str) -> str:
    """What a kind of stack of layers is called."""
    return label(f"why_stack.{kind}")


def identity(depths: Sequence[int], errors: Mapping[str, Sequence[float]]) -> go.Figure:
    """Relative error of learning y = x by depth, one group of bars per depth.

    `errors` by kind of stack, as explorer.experiments.learning_identity names them.
    """
    figure = go.Figure()
    for kind, values in errors.items():
        slot = palette.network_slot(kind.startswith("plain"))
        figure.add_bar(
            x=[str(depth) for depth in depths],
            y=list(values),
            name=stack_name(kind),
            marker={
                "color": palette.chart_colour(slot),
                "pattern": {"shape": "/" if kind.endswith("linear") else ""},
            },
            text=[f"{value:.2f}" for value in values],
            textposition="outside",
            hovertemplate=label("hover.layers", layers="%{x}", value="%{y:.3f}"),
        )
    figure.add_hline(y=1, line_dash="dot", line_color=palette.chart_colour(palette.GREY))
    figure.update_xaxes(type="category")
    return styled(figure, 400, "layers", "relative_error", legend="below")
