"""Measured time as charts."""

from plotly import graph_objects as go

from explorer.architecture import Blueprint
from explorer.views.palette import chart_colour, slot_of

FONT_SIZE = 15


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
            hovertemplate="<b>%{x}</b> (%{customdata[0]})<br>%{y:,.2f} ms, "
            "%{customdata[1]:.1%} of the pass<br>%{customdata[2]:,} MACs<extra></extra>",
        )
    )
    _style(figure, "block", len(parts))
    return figure


def time_per_kind(bp: Blueprint, seconds: dict[str, float]) -> go.Figure:
    """One bar per kind of op, the slowest first; `seconds` by path of op."""
    kinds: dict[str, list[str]] = {}
    for op in bp.ops:
        kinds.setdefault(op.kind, []).append(op.path)
    sums = {kind: sum(seconds[path] for path in paths) for kind, paths in kinds.items()}
    order = sorted(sums, key=lambda kind: -sums[kind])
    figure = go.Figure(
        go.Bar(
            x=[kind.replace("_", " ") for kind in order],
            y=[1e3 * sums[kind] for kind in order],
            marker={"color": chart_colour(0), "line_width": 0},
            customdata=[[len(kinds[kind]), sums[kind] / sum(sums.values())] for kind in order],
            hovertemplate="<b>%{x}</b>, %{customdata[0]:,} ops<br>%{y:,.2f} ms, "
            "%{customdata[1]:.1%} of the pass<extra></extra>",
        )
    )
    _style(figure, "kind of op", len(order))
    return figure


def _style(figure: go.Figure, axis: str, bars: int) -> None:
    figure.update_layout(
        height=380,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        font={"size": FONT_SIZE},
        bargap=0.15 if bars < 100 else 0,
        xaxis={"title": {"text": axis}, "type": "category", "automargin": True, "nticks": 30},
        yaxis={"title": {"text": "time, ms"}, "tickformat": ",", "automargin": True},
        hoverlabel={"font": {"size": FONT_SIZE}},
    )
