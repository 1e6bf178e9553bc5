"""Many networks on one chart: what they cost, and what they reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import plotly.graph_objects as go

from explorer.architecture import PRESETS
from explorer.architecture.catalogue import Entry, Result
from explorer.views import labels
from explorer.views.chart_style import hover, plainly, styled
from explorer.views.palette import (
    BLUE,
    GREEN,
    OLIVE,
    ORANGE,
    PURPLE,
    SELECTED,
    SKY,
    chart_colour,
)
from explorer.views.scales import Scale, around, log_axis
from explorer.words import label

Axis = Literal["macs", "params"]

_WIDTH, _HEIGHT = 850, 380
"""Of the plotting area, in pixels, about: names are placed for it."""
_HIGHER: Final = 440
"""Of accuracies, of which several lie close together."""
_BESIDE_TWO_DIGITS: Final = 290
"""Width on a telephone, where the numbers of the upright axis have no decimals (measured)."""
_WHOLE_STEPS: Final = 10
"""Points of accuracy on an axis, from which on its steps are whole ones."""
_FAMILY: Final = {
    "imagenet": (BLUE, "circle", 9),
    "imagenet_v1": (SKY, "circle-open", 16),
    "imagenet_more": (BLUE, "square-open", 13),
    "cifar": (GREEN, "circle", 9),
    "cifar_both": (GREEN, "circle-open", 16),
    "cifar_more": (GREEN, "square-open", 13),
    "preactivation": (PURPLE, "diamond-open", 20),
    "plain": (ORANGE, "x-thin-open", 12),
    "teaching": (OLIVE, "triangle-up-open", 22),
    "chosen": (SELECTED, "circle-open", 30),
}
"""Family -> its colour, its symbol and that one's size in pixels: where networks of several
families cost the same, each symbol still shows around the smaller ones."""
_RING: Final = "chosen"
_NAMED: Final = (
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("resnet20", "resnet32", "resnet44", "resnet56", "resnet110", "resnet1202"),
    *("preact_resnet200", "preact_resnet1001"),
)
"""The papers' series and the deepest of each; all others are named by the pointer."""


class Chosen(NamedTuple):
    """The network that the page is about: it is ringed."""

    title: str
    params: int
    macs: int
    image_size: str


class _Mark(NamedTuple):
    """A point of a chart: its family decides its look, the rest is for the hover."""

    family: str
    x: float
    y: float
    label: str
    details: tuple[str | int, ...]


def cost_map(entries: Sequence[Entry], chosen: Chosen | None) -> go.Figure:
    """Parameters against MACs, both logarithmic, one mark per preset.

    Args:
        entries: the presets.
        chosen: the network to ring, if it belongs on this chart.
    """
    extremes = [most(entries, key=lambda entry: entry.params) for most in (min, max)]
    marks = [
        _Mark(
            entry.preset.family,
            entry.params,
            entry.macs,
            _short(entry.preset.title) if entry.preset.name in _NAMED or entry in extremes else "",
            (entry.preset.title, _named(entry.preset.family), entry.preset.image_size),
        )
        for entry in entries
    ]
    if chosen:
        title = plainly(chosen.title)
        details = (title, _named(_RING), chosen.image_size)
        ring = _Mark(_RING, chosen.params, chosen.macs, _short(title), details)
        marks = _ringed([ring], marks)
    x = around([mark.x for mark in marks], _WIDTH)
    y = around([mark.y for mark in marks], _HEIGHT)
    reads = hover(
        "cost_map",
        title="%{customdata[0]}",
        family="%{customdata[1]}",
        params="%{x:,}",
        macs="%{y:,}",
        size="%{customdata[2]}",
    )
    figure = go.Figure()
    _scatter(figure, marks, x, y, reads)
    figure.update_yaxes(log_axis(y))
    return _arrange(figure, x, "parameters", "macs_image")


def accuracy_chart(results: Sequence[Result], axis: Axis, chosen: str | None) -> go.Figure:
    """Top-1 accuracy against cost, for the figures of one protocol.

    Args:
        results: of one protocol.
        axis: which cost.
        chosen: name of the preset to ring; None rings none.
    """
    marks = [
        _Mark(
            _family(result),
            result.params if axis == "params" else result.macs,
            result.figure.top1_accuracy,
            _short(result.figure.title),
            _details(result),
        )
        for result in results
    ]
    rings = [
        mark._replace(family=_RING)
        for mark, result in zip(marks, results, strict=True)
        if result.figure.preset == chosen and result.figure.variant is None
    ]
    marks = _ringed(rings, marks)
    x = around([mark.x for mark in marks], _WIDTH)
    reached = [mark.y for mark in marks]
    room = max(0.3, 0.15 * (max(reached) - min(reached)))
    y = Scale(min(reached) - room, max(reached) + room, _HIGHER, log=False)
    reads = hover(
        "accuracy",
        title="%{customdata[4]}",
        top1="%{y:.3~f}",
        printed="%{customdata[2]}",
        params="%{customdata[0]:,}",
        macs="%{customdata[1]:,}",
        note="%{customdata[3]}",
    )
    figure = go.Figure()
    whole = y.high - y.low > _WHOLE_STEPS
    _scatter(figure, marks, x, y, reads, _BESIDE_TWO_DIGITS if whole else labels.TELEPHONE)
    figure.update_yaxes(range=[y.low, y.high])
    cost = "parameters" if axis == "params" else "macs_pass"
    return _arrange(figure, x, cost, "top1", _HIGHER)


def _scatter(
    figure: go.Figure,
    marks: Sequence[_Mark],
    x: Scale,
    y: Scale,
    reads: str,
    telephone: float = labels.TELEPHONE,
) -> None:
    """Add one trace per family; `telephone`: how wide the plotting area is there, in pixels."""
    families = list(dict.fromkeys(mark.family for mark in marks))
    places = labels.places(
        [(x.at(mark.x), y.pixels - y.at(mark.y)) for mark in marks],
        [mark.label for mark in marks],
        [_FAMILY[mark.family][2] for mark in marks],
        x.pixels,
        y.pixels,
        len(families),
        telephone,
    )
    for family in families:
        slot, symbol, size = _FAMILY[family]
        members = [index for index, mark in enumerate(marks) if mark.family == family]
        colour = chart_colour(slot)
        figure.add_scatter(
            name=_named(family),
            mode="markers+text",
            x=[marks[index].x for index in members],
            y=[marks[index].y for index in members],
            text=[marks[index].label if places[index] else "" for index in members],
            textposition=[places[index] or "middle right" for index in members],
            textfont={"size": labels.FONT_SIZE, "color": colour},
            customdata=[marks[index].details for index in members],
            hovertemplate=reads,
            cliponaxis=False,
            marker={
                "size": size,
                "symbol": symbol,
                "color": colour,
                "line": {"width": 4 if family == _RING else 2, "color": colour},
            },
            selected={"marker": {"opacity": 1}, "textfont": {"color": colour}},
            unselected={"marker": {"opacity": 1}, "textfont": {"color": colour}},
        )


def _ringed(rings: list[_Mark], marks: list[_Mark]) -> list[_Mark]:
    """The rings, then the marks; what a ring names is not named again."""
    named = {(ring.x, ring.y) for ring in rings}
    return rings + [
        mark._replace(label="") if (mark.x, mark.y) in named else mark for mark in marks
    ]


def _arrange(
    figure: go.Figure, x: Scale, x_title: str, y_title: str, high: int = _HEIGHT
) -> go.Figure:
    figure.update_xaxes(log_axis(x))
    legend = {"y": -0.2, "itemsizing": "trace"}
    styled(figure, high + 152, x_title, y_title, legend="below")
    return figure.update_layout(legend=legend)


def _short(title: str) -> str:
    """Beside a mark, for a telephone's width: *Wide ResNet-50-2* is *Wide 50-2*; the pointer reads
    the whole name."""
    return title.replace(" ResNet-", " ")


def _family(result: Result) -> str:
    family = PRESETS[result.figure.preset].family
    post = result.figure.spec.activation_order == "post"
    # A pre-activation network's post-activation twin is what its authors had before: v1.
    return "imagenet_v1" if family == "preactivation" and post else family


def _named(family: str) -> str:
    """As the legend calls it."""
    return label(f"family.{family}")


def _details(result: Result) -> tuple[str | int, ...]:
    figure = result.figure
    return (
        result.params,
        result.macs,
        label("mark.printed", value=f"{figure.top1:g}", metric=label(f"metric.{figure.metric}")),
        figure.note,
        figure.title,
    )
