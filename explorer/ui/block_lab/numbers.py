"""Real numbers: a small tensor goes through the block's real module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.architecture.unit import UnitSpec
from explorer.lessons import block_numbers
from explorer.ui import chart, controls
from explorer.ui.budget import kept
from explorer.views import block_tables
from explorer.views.numbers import magnitude
from explorer.words import glossary, label, section

if TYPE_CHECKING:
    from explorer.experiments.block_lab import Passage
    from explorer.experiments.identity import IdentityLayer

_WEIGHTS: Final = ("random", "zero", "dirac", "ones")
_SCALES: Final = ("shared", "own")


def draw(spec: UnitSpec) -> None:
    """Choose weights, see every tensor of the block as heat maps, and what is exact."""
    weights, scale, signed = _controls()
    with st.spinner(label("unit_weights.running")):
        from explorer.views import heat_maps

        passage = _passage(spec, weights, signed)
        layers, changes = _identity()
    rows = block_tables.tensors(passage)
    left, right = st.columns([2, 1], gap="medium")
    with left:
        chart.show(
            heat_maps.tensors(rows, shared=scale == "shared"),
            "unit_heat_maps",
            alt=section(
                "block_lab",
                "heat maps",
                tensors=label("list.comma").join(name for name, _ in rows),
            ),
        )
    with right:
        st.markdown(block_numbers.what_happened(passage, weights))
        if passage.complaint:
            complaint = section("block_lab", "failed for real", complaint=passage.complaint)
            st.error(complaint, icon=":material/link_off:")
        st.caption(block_numbers.what_runs(spec, passage.spec, signed))
    st.header(label("block_lab.one_layer"))
    st.markdown(block_numbers.one_layer(layers))
    st.table(block_tables.one_layer(layers), hide_index=True)
    st.markdown(section("block_lab", "extended", **changes | {"ones": magnitude(changes["ones"])}))


def _controls() -> tuple[str, str, bool]:
    first, second, third = st.columns([1.5, 1, 1], vertical_alignment="bottom")
    with first:
        weights: str = controls.choice(
            "unit_weights", _WEIGHTS, kind="radio", horizontal=True, help=glossary("unit weights")
        )
    with second:
        scale: str = controls.choice(
            "unit_scale", _SCALES, kind="radio", horizontal=True, help=glossary("unit scale")
        )
    signed = third.toggle(
        label("unit_negative.label"),
        key="unit_negative",
        help=glossary("unit negative"),
        **controls.BOUND,
    )
    return weights, scale, signed


@kept
def _passage(spec: UnitSpec, weights: str, signed: bool) -> Passage:
    from explorer.experiments.block_lab import send_through, small

    return send_through(small(spec), weights, signed)  # type: ignore[arg-type]


@kept
def _identity() -> tuple[list[IdentityLayer], dict[str, float]]:
    from explorer.experiments.identity import extended_plain, one_layer

    changes = {weights: extended_plain(weights) for weights in ("zero", "dirac", "ones")}
    return one_layer(), dict(changes)
