"""Measured time as charts."""

from plotly import graph_objects as go

from explorer.architecture import Blueprint
from explorer.views.chart_style import hover, styled
from explorer.views.palette import OLIVE, chart_colour, slot_of
from explorer.words import label

MOST_LABELS = 24
_NUMBER = 55
"""Pixels for a share beside the longest bar."""


def time_per_block(bp: Blueprint, seconds: dict[str, float]) -> go.Figure:
    """One bar per block in its stage's colour; `seconds` by path of stem, blocks and head."""
    total = sum(seconds.values())
    parts = bp.parts
    figure = go.Figure(
        go.Bar(
            x=[part.title for part in parts],
            y=[1e3 * seconds[part.path] for part in parts],
            marker={"color": [chart_colour(slot_of(part.path)) for part in parts], "line_width": 0},
            customdata=[[part.path, seconds[part.path] / total, part.macs] for part in parts],
            hovertemplate=hover(
                "block_time",
                block="%{x}",
                path="%{customdata[0]}",
                time="%{y:,.2f}",
                share="%{customdata[1]:.1%}",
                macs="%{customdata[2]:,}",
            ),
        )
    )
    _bars(figure, "block")
    if len(parts) > MOST_LABELS:
        _label_stages(figure, bp)
        figure.update_layout(bargap=0)
    return figure


def time_per_kind(bp: Blueprint, seconds: dict[str, float]) -> go.Figure:
    """One bar per kind of op, the slowest first, with its share; `seconds` by path of op."""
    kinds: dict[str, list[str]] = {}
    for op in bp.ops:
        kinds.setdefault(op.kind, []).append(op.path)
    sums = {kind: sum(seconds[path] for path in paths) for kind, paths in kinds.items()}
    order = sorted(sums, key=lambda kind: -sums[kind])
    shares = [sums[kind] / sum(sums.values()) for kind in order]
    figure = go.Figure(
        go.Bar(
            x=[1e3 * sums[kind] for kind in order],
            y=[label(f"op.{kind}") for kind in order],
            orientation="h",
            # Of no stage, and so in no stage's colour.
            marker={"color": chart_colour(OLIVE), "line_width": 0},
            text=[f"{share:.1%}" for share in shares],
            textposition="outside",
            cliponaxis=False,
            constraintext="none",
            customdata=[[len(kinds[k]), share] for k, share in zip(order, shares, strict=True)],
            hovertemplate=hover(
                "kind_time",
                kind="%{y}",
                count="%{customdata[0]:,}",
                time="%{x:,.2f}",
                share="%{customdata[1]:.1%}",
            ),
        )
    )
    figure.update_yaxes(type="category", autorange="reversed")
    figure.update_xaxes(tickformat=",")
    height = 72 + 26 * len(order)
    return styled(figure, height, "time", "op_kind", margin={"r": _NUMBER}, bargap=0.2)


def _label_stages(figure: go.Figure, bp: Blueprint) -> None:
    """Of many bars, name the first of each stage only."""
    titles = {stage.blocks[0].title: stage.title for stage in bp.stages}
    figure.update_xaxes(tickmode="array", tickvals=list(titles), ticktext=list(titles.values()))


def _bars(figure: go.Figure, axis: str) -> go.Figure:
    figure.update_xaxes(type="category")
    figure.update_yaxes(tickformat=",")
    return styled(figure, 400, axis, "time", bargap=0.15)
