"""Gradients on their way back: shares by the shortcut, norms by block, and one block drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import plotly.graph_objects as go

from explorer.experiments.origin.shares import Split
from explorer.views import svg
from explorer.views.chart_style import SMALL, hover, styled
from explorer.views.numbers import magnitude
from explorer.views.palette import BLUE, LIGHT, ORANGE, TEXT, chart_colour, network_slot
from explorer.views.scales import powers
from explorer.views.svg import text
from explorer.words import label

_BOX: Final = 130
_UPRIGHT: Final = 10
"""Names that fit below a chart that has half of the page."""


def shares(splits: Sequence[Split], titles: Mapping[str, str], chosen: str) -> go.Figure:
    """A bar per block: the share of its gradient that came by the shortcut, in per cent."""
    figure = go.Figure()
    names = [titles[one.block] for one in splits]
    # Where nothing is left of both parts there is nothing to share out: no bar, not a bar of 0.
    values = [None if one.silence in ("both", "cancelled") else 100 * one.share for one in splits]
    figure.add_bar(
        x=names,
        y=values,
        customdata=[one.block for one in splits],
        marker={
            "color": chart_colour(BLUE),
            "opacity": [1.0 if one.block == chosen else 0.55 for one in splits],
        },
        text=["" if value is None else f"{value:.0f}" for value in values]
        if len(values) <= 24
        else None,
        textposition="outside",
        cliponaxis=False,
        hovertemplate=hover("share_of_block", block="%{x}", share="%{y:.1f}"),
    )
    figure.add_hline(y=100, line={"dash": "dot", "width": 1})
    return _named(styled(figure, 280, "block_to_output", "shortcut_share"), names)


def norms(
    residual: Mapping[str, float], plain: Mapping[str, float] | None, titles: Mapping[str, str]
) -> go.Figure:
    """The gradient's norm at each block's output, with shortcuts and without, from the input on."""
    figure = go.Figure()
    everything: list[float] = []
    for name, found in (("residual", residual), ("plain", plain)):
        if found is None:
            continue
        everything += list(found.values())
        figure.add_scatter(
            x=[titles[path] for path in found],
            y=list(found.values()),
            customdata=list(found),
            mode="lines+markers",
            name=label(f"gradient_net.{name}"),
            line={"color": chart_colour(network_slot(name == "plain")), "width": 3},
            hovertemplate=hover("norm_of_block", block="%{x}", norm="%{y:.3g}"),
        )
    figure.update_yaxes(powers(everything))
    names = [titles[path] for path in residual]
    return _named(styled(figure, 280, "block_to_output", "gradient_norm", legend="above"), names)


def _named(figure: go.Figure, names: Sequence[str]) -> go.Figure:
    """Few blocks have upright names: two charts share the page, and conv2_1 is called 2_1."""
    if len(names) > _UPRIGHT:
        return figure
    return figure.update_xaxes(
        title_text=label("axis.short_block_to_output"),
        tickvals=list(names),
        ticktext=[name.removeprefix("conv") for name in names],
        tickangle=0,
        tickfont=SMALL,
    )


def block(split: Split, kind: str, plain: float | None) -> str:
    """One addition from right to left: what arrives goes two ways and adds up at the input.

    Args:
        split: the two parts.
        kind: of the shortcut: "identity", "projection" or "padding".
        plain: the norm at the same block's input in the plain twin, which has no second way.
    """
    wide, high = 620, 38
    most = max(split.arriving, split.main, split.skip, split.whole) or 1.0

    def box(x: float, y: float, name: str, value: float, slot: int = BLUE) -> str:
        strength = 0.1 + 0.5 * min(1.0, value / most)
        return (
            text(x, y - 7, name, anchor="start", bold=True)
            + f'<rect x="{x}" y="{y}" width="{_BOX}" height="{high}" fill="{LIGHT[slot]}" '
            f'fill-opacity="{strength:.2f}"/>'
            + text(x + _BOX / 2, y + high / 2 + 6, magnitude(value), size=18)
        )

    right, middle = wide - _BOX - 4, 250
    parts = [
        box(right, 76, label("gradient_part.arriving"), split.arriving),
        box(middle, 26, label("gradient_part.main"), split.main),
        box(middle, 126, label(f"gradient_part.{kind}"), split.skip),
        box(4, 76, label("gradient_part.whole"), split.whole),
        _back(right - 6, 95, middle + _BOX + 8, 45),
        _back(right - 6, 95, middle + _BOX + 8, 145),
        _back(middle - 6, 45, 178, 90),
        _back(middle - 6, 145, 178, 100),
        f'<circle cx="160" cy="95" r="15" fill="none" stroke="{TEXT}" stroke-width="2"/>',
        text(160, 102, "+", size=22, bold=True),
        _back(144, 95, _BOX + 8, 95),
    ]
    if plain is None:
        return svg.document(wide, 180, parts)
    parts += [
        f'<path d="M0,184 H{wide}" stroke="{TEXT}" stroke-opacity="0.3"/>',
        box(4, 220, label("gradient_part.plain"), plain, ORANGE),
        text(middle + _BOX / 2, 264, label("gradient_part.missing")),
        _back(right - 6, 239, _BOX + 8, 239),
    ]
    return svg.document(wide, 280, parts)


def _back(x: float, y: float, to_x: float, to_y: float) -> str:
    """An arrow to the left."""
    slope = (to_y - y) / (x - to_x)
    tip = f"{to_x:.1f},{to_y:.1f}"
    return (
        f'<path d="M{x:.1f},{y:.1f} L{tip} M{to_x + 9:.1f},{to_y - 9 * slope - 5:.1f} L{tip} '
        f'L{to_x + 9:.1f},{to_y - 9 * slope + 5:.1f}" fill="none" stroke="{TEXT}" '
        f'stroke-width="1.8"/>'
    )
