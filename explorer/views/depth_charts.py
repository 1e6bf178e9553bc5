"""Activations and gradients by depth: the table and the charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import plotly.graph_objects as go

from explorer.views.chart_style import styled
from explorer.views.numbers import magnitude
from explorer.views.palette import GREY, INDIGO, TEAL, VERMILION, chart_colour
from explorer.views.scales import powers

if TYPE_CHECKING:
    from explorer.experiments.signal import Reference, Signal

NETS: Final = {
    (True, False): ("plain, with BN", VERMILION),
    (True, True): ("residual, with BN", TEAL),
    (False, False): ("plain, without BN", GREY),
    (False, True): ("residual, without BN", INDIGO),
}
"""(batch norm, shortcuts) -> name and colour slot."""


def table(
    found: Mapping[tuple[bool, bool], Signal], reference: Mapping[tuple[bool, bool], Reference]
) -> str:
    """Markdown, one row per net: what was computed here beside the reference run."""
    rows = [
        f"| {NETS[net][0]} | {magnitude(signal.ratio)} | {_range(reference[net].ratio)} "
        f"| {magnitude(signal.loss)} | {_known(reference[net].loss)} |"
        for net, signal in found.items()
    ]
    head = "| | gradient, first / last block | reference | loss | reference |"
    return "\n".join([head, "|---|--:|--:|--:|--:|", *rows])


def _range(ends: tuple[float, float]) -> str:
    low, high = map(magnitude, ends)
    return low if low == high else f"{low} to {high}"


def _known(value: float | None) -> str:
    return "–" if value is None else magnitude(value)


def by_depth(lines: Mapping[tuple[bool, bool], Sequence[float]], title: str) -> go.Figure:
    """One line per net, block by block from the input to the output, on a logarithmic scale."""
    figure = go.Figure()
    for net, values in lines.items():
        name, slot = NETS[net]
        figure.add_scatter(
            x=list(range(1, len(values) + 1)), y=list(values), mode="lines", name=name,
            line={"color": chart_colour(slot), "width": 3},
            hovertemplate=f"{name}, block %{{x}}: %{{y:.3g}}<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(powers([value for values in lines.values() for value in values]))
    return styled(figure, 360, "block, from input to output", title, legend="above")
