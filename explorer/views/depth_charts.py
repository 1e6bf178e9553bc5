"""Activations and gradients by depth: the table and the charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import plotly.graph_objects as go

from explorer.views.chart_style import hover, styled
from explorer.views.numbers import from_to, magnitude
from explorer.views.palette import chart_colour, network_slot
from explorer.views.scales import powers
from explorer.views.tables import heading, markdown_row
from explorer.words import label

if TYPE_CHECKING:
    from explorer.experiments.signal import Reference, Signal

NETS: Final = {
    (True, False): "plain_bn",
    (True, True): "residual_bn",
    (False, False): "plain_no_bn",
    (False, True): "residual_no_bn",
}
"""(batch norm, shortcuts) -> id."""


def net_name(net: tuple[bool, bool]) -> str:
    """What the network with or without (batch norm, shortcuts) is called."""
    return label(f"bn_net.{NETS[net]}")


def told(lines: Mapping[tuple[bool, bool], Sequence[float]]) -> str:
    """What `by_depth` says, for a screen reader: each network's first and last value."""
    return from_to({net_name(net): values for net, values in lines.items()})


def table(
    found: Mapping[tuple[bool, bool], Signal], reference: Mapping[tuple[bool, bool], Reference]
) -> str:
    """Markdown, one row per net: what was computed here beside the reference run."""
    rows = [
        (
            net_name(net),
            magnitude(signal.ratio),
            _range(reference[net].ratio),
            magnitude(signal.loss),
            _known(reference[net].loss),
        )
        for net, signal in found.items()
    ]
    columns = ("ratio", "reference", "loss", "reference")
    head = [heading("depth_table", column) for column in ("net", *columns)]
    return "\n".join([markdown_row(head), "|---|--:|--:|--:|--:|", *map(markdown_row, rows)])


def _range(ends: tuple[float, float]) -> str:
    low, high = map(magnitude, ends)
    return low if low == high else label("depth_table.range", low=low, high=high)


def _known(value: float | None) -> str:
    return "–" if value is None else magnitude(value)


def by_depth(lines: Mapping[tuple[bool, bool], Sequence[float]], y: str) -> go.Figure:
    """One line per net, block by block from the input to the output, on a logarithmic scale.

    `y` is the entry of the labels [axis] that says what is measured.
    """
    figure = go.Figure()
    for net, values in lines.items():
        name, (normed, residual) = net_name(net), net
        figure.add_scatter(
            x=list(range(1, len(values) + 1)), y=list(values), mode="lines", name=name,
            line={
                "color": chart_colour(network_slot(not residual)),
                "width": 3,
                "dash": "solid" if normed else "dot",
            },
            hovertemplate=hover("value_of_block", name=name, block="%{x}", value="%{y:.3g}"),
        )  # fmt: skip
    figure.update_yaxes(powers([value for values in lines.values() for value in values]))
    return styled(figure, 360, "block_from_input", y, legend="above")
