"""Where one network's parameters, MACs and activations are."""

from __future__ import annotations

from typing import Final

import plotly.graph_objects as go

from explorer.architecture import Blueprint
from explorer.architecture.costs import MEASURES, WHOLE, Measure, Part, amount, by_part, tree
from explorer.views.chart_style import FONT, hover, styled
from explorer.views.palette import INK, SELECTED, chart_colour, slot_of, written_on
from explorer.views.titles import part_title
from explorer.words import label

_LEGIBLE = {"minsize": 14, "mode": "hide"}
_ROWS: Final = MEASURES[::-1]
"""Plotly stacks rows upwards."""


def treemap(bp: Blueprint, measure: Measure) -> go.Figure:
    """Stages, their blocks, and after a click the blocks' ops, each as large as its share.

    A mark's id is the part's name (explorer.architecture.costs).
    """
    parts = tree(bp, measure)
    figure = go.Figure(
        go.Treemap(
            ids=[part.name for part in parts],
            labels=[_title(part) for part in parts],
            parents=[part.parent for part in parts],
            values=[part.value for part in parts],
            branchvalues="total",
            # Op names repeat from block to block, so the network's own order is kept.
            sort=False,
            maxdepth=3,
            marker={
                "colors": [_colour(part) for part in parts],
                "pad": {"t": 26, "l": 4, "r": 4, "b": 4},
                "line": {"width": 1.5},
            },
            texttemplate="%{label}<br>%{value:,}<br>%{percentRoot:.1%}",
            hovertemplate=hover(
                "part",
                part="%{label}",
                amount="%{value:,}",
                measure=label(f"measure.{measure}"),
                share="%{percentRoot:.2%}",
            ),
            textfont={**FONT, "color": [_ink(part) for part in parts]},
            pathbar={"textfont": FONT, "thickness": 28},
            tiling={"packing": "squarify", "pad": 1},
        ),
    )
    return styled(figure, 440, margin={"r": 0}, uniformtext=_LEGIBLE)


def shares(bp: Blueprint, measure: Measure, chosen: str) -> go.Figure:
    """Stem, stages and head as parts of the whole: one bar per measure.

    Args:
        bp: the network.
        measure: what the page is about; its name is bold.
        chosen: name of a part; it is framed.
    """
    split = {each: by_part(bp, each) for each in _ROWS}
    wholes = [max(1, amount(bp, each)) for each in _ROWS]
    figure = go.Figure()
    for name in split[measure]:
        amounts = [split[each][name] for each in _ROWS]
        parts = [value / whole for value, whole in zip(amounts, wholes, strict=True)]
        figure.add_trace(_bar(name, _slot(bp, name), amounts, parts, name == chosen))
    words = {each: label(f"measure.{each}") for each in _ROWS}
    titles = [
        f"<b>{word}</b>  " if each == measure else f"{word}  " for each, word in words.items()
    ]
    figure.update_yaxes(fixedrange=True, tickvals=_ROWS, ticktext=titles)
    figure.update_xaxes(fixedrange=True, tickformat=".0%", range=[0, 1])
    figure.update_layout(legend_traceorder="normal")
    return styled(
        figure,
        290,
        "share",
        legend="above",
        margin={"r": 28},
        barmode="stack",
        uniformtext=_LEGIBLE,
    )


def _bar(name: str, slot: int, amounts: list[int], shares: list[float], framed: bool) -> go.Bar:
    """One part of the network: `amounts` of each measure, and its `shares` of the whole."""
    title = part_title(name)
    return go.Bar(
        name=title,
        orientation="h",
        y=_ROWS,
        x=shares,
        text=[f"{title} {share:.0%}" if share >= 0.07 else "" for share in shares],
        customdata=[[name, value] for value in amounts],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={**FONT, "color": written_on(slot)},
        marker={
            "color": chart_colour(slot),
            "line": {"width": 4 if framed else 0, "color": chart_colour(SELECTED)},
        },
        # What is chosen is framed; nothing is dimmed.
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        hovertemplate=[
            hover(
                "share",
                part=title,
                amount="%{customdata[1]:,}",
                measure=label(f"measure.{each}"),
                share="%{x:.2%}",
            )
            for each in _ROWS
        ],
    )


def _title(part: Part) -> str:
    name = part_title(part.name)
    if part.op is not None:
        name = part.op.name
        if part.op.on_shortcut and part.op.kind != "pad":
            name = label("cost_part.projection" if part.op.kind == "conv" else "cost_part.norm")
    others = part.equal - 1
    return label("cost_part.equal", part=name, others=others) if others else name


def _colour(part: Part) -> str:
    return "rgba(0,0,0,0)" if part.name == WHOLE else chart_colour(slot_of(part.path))


def _ink(part: Part) -> str:
    # The whole has no colour of its own: its name stands on the page.
    return INK if part.name == WHOLE else written_on(slot_of(part.path))


def _slot(bp: Blueprint, title: str) -> int:
    return slot_of(next((s.path for s in bp.stages if s.title == title), title))
