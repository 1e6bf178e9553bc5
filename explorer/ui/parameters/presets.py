"""All named networks: what they cost, what they reach, and what sources print about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.architecture import PRESETS, Blueprint
from explorer.architecture.catalogue import (
    IMAGENET_SIZE,
    Result,
    entries,
    near,
    protocols,
    results,
)
from explorer.architecture.image_size import short_text
from explorer.architecture.published import figures_of
from explorer.architecture.published_costs import PUBLISHED_COSTS
from explorer.ui import chart, controls, picker
from explorer.ui.drawn_once import drawn_once
from explorer.views import cost_tables, network_charts
from explorer.words import glossary, label, section

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_AXES: Final = ("params", "macs")
_PROTOCOL: Final = "params_protocol"


def draw(choice: picker.Choice, bp: Blueprint) -> None:
    """Show the section; the network in the sidebar is ringed."""
    st.markdown(section("parameters", "map"))
    _maps(choice, bp)
    st.caption(section("parameters", "one map"))
    st.header(label("parameters.accuracy"), anchor="accuracy")
    _accuracy(choice)
    _printed()


def _maps(choice: picker.Choice, bp: Blueprint) -> None:
    chosen = network_charts.Chosen(choice.title, bp.params, bp.macs, short_text(bp.image_size))
    # A customised network belongs where networks of its kind are drawn.
    on_imagenet = PRESETS.get(choice.name, PRESETS["resnet18"]).image_size == IMAGENET_SIZE
    picked = []
    # The chart with the ring comes first.
    for imagenet in (on_imagenet, not on_imagenet):
        name = "imagenet" if imagenet else "cifar"
        kind = label(f"params_map.{name}")
        figure = chart.drawn(_map, imagenet, chosen if imagenet == on_imagenet else None)
        st.header(kind)
        alt = section("parameters", "alt of the map", kind=kind)
        picked += chart.show(figure, f"params_map_{name}", alt=alt, choosable=True)
    _offer(picked, choice)


def _map(imagenet: bool, chosen: network_charts.Chosen | None) -> Figure:
    shown = [e for e in entries() if (e.preset.image_size == IMAGENET_SIZE) == imagenet]
    return network_charts.cost_map(shown, chosen)


def _accuracies(protocol: str, axis: network_charts.Axis, ringed: str | None) -> Figure:
    return network_charts.accuracy_chart(_of(protocol), axis, ringed)


def _of(protocol: str) -> list[Result]:
    return [result for result in results() if result.figure.protocol == protocol]


@drawn_once
def _printed() -> None:
    with st.expander(label("parameters.printed")):
        st.markdown(section("parameters", "printed costs"))
        with st.container(key="params_printed"):
            st.table(cost_tables.printed_table(PUBLISHED_COSTS, entries()), hide_index=True)


def _offer(picked: list[chart.Point], choice: picker.Choice) -> None:
    """A button for each network whose mark was chosen, or lies under a chosen one."""
    titles = {entry.preset.title: entry.preset.name for entry in entries()}
    chosen = map(chart.name_of, picked)
    offered = {
        e.preset.name: e.preset.title for t in chosen if t in titles for e in near(titles[t])
    }
    with st.container(horizontal=True):
        for name, title in offered.items():
            if name != choice.name or choice.customised:
                go = label("parameters.go", title=title)
                key = f"params_go_{name}"
                st.button(go, key=key, on_click=picker.switch_to, args=(name,))


def _accuracy(choice: picker.Choice) -> None:
    st.markdown(section("parameters", "accuracy"))
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        protocol: str = controls.choice(
            _PROTOCOL, protocols(), kind="select", shown=_worded, help=glossary("protocol")
        )
    with right:
        axis: network_charts.Axis = controls.choice(
            "params_against", _AXES, default="macs", shown=_measure
        )
    if choice.customised and choice.name in PRESETS:
        st.caption(section("parameters", "customised", title=PRESETS[choice.name].title))
    _elsewhere(choice, protocol)
    _figures(protocol, axis, None if choice.customised else choice.name)


# Kept as they are drawn: pandas takes 10 ms for the format of a table.
@drawn_once
def _figures(protocol: str, axis: network_charts.Axis, ringed: str | None) -> None:
    shown = _of(protocol)
    alt = section(
        "parameters", "alt of the accuracies", measure=_measure(axis), protocol=_worded(protocol)
    )
    chart.show(chart.drawn(_accuracies, protocol, axis, ringed), "params_accuracy", alt=alt)
    source = shown[0].figure.source
    st.markdown(
        section(
            "parameters",
            "source",
            source=f"[{source.name}]({source.url})",
            size=shown[0].image_size,
        )
    )
    with st.container(key="params_figures"):
        st.table(cost_tables.figures_table(shown), hide_index=True)


def _worded(protocol: str) -> str:
    return label(f"protocol.{protocol}")


def _measure(axis: str) -> str:
    return label(f"measure.{axis}")


def _elsewhere(choice: picker.Choice, protocol: str) -> None:
    published = list(dict.fromkeys(figure.protocol for figure in figures_of(choice.name)))
    if protocol in published or choice.name not in PRESETS:
        return
    title = PRESETS[choice.name].title
    if not published:
        st.info(section("parameters", "no figures", title=title))
        return
    st.info(section("parameters", "figures elsewhere", title=title))
    with st.container(horizontal=True):
        for other in published:
            st.button(
                _worded(other), key=f"params_protocol_{other}", on_click=_compare, args=(other,)
            )


def _compare(protocol: str) -> None:
    controls.put(_PROTOCOL, protocol, protocols()[0])
