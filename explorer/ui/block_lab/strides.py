"""Where a down-sampling bottleneck looks: v1, v1.5 and ResNet-D."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.architecture import blueprint, preset
from explorer.architecture.unit import UnitSpec
from explorer.lessons import block_numbers
from explorer.ui import chart
from explorer.ui.budget import kept
from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.experiments.coverage import Coverage


def draw(spec: UnitSpec) -> None:
    """Maps of the input positions that are read, and what reading them costs."""
    with st.spinner(label("unit_coverage.running")):
        from explorer.views import heat_maps

        maps = _coverage()
    if spec.block != "bottleneck" or spec.stride == 1:
        change, case = label("block_lab.change"), label("unit_case.halving")
        st.markdown(section("block_lab", "versions alike", change=change, case=case))
    positions = maps[0].whole.size
    st.markdown(section("block_lab", "coverage", positions=positions))
    rows = [
        (label("unit_coverage.main"), [found.main for found in maps]),
        (label("unit_coverage.shortcut"), [found.shortcut for found in maps]),
        (label("unit_coverage.whole"), [found.whole for found in maps]),
    ]
    networks = [blueprint(preset(name), 224) for name in ("resnet50_v1", "resnet50")]
    left, right = st.columns([2, 1], gap="medium")
    with left:
        chart.show(
            heat_maps.coverage(rows, [found.name for found in maps]),
            "unit_coverage",
            alt=section("block_lab", "coverage picture"),
        )
    with right:
        st.markdown(block_numbers.coverage_words(maps))
        st.markdown(block_numbers.stride_costs(spec, networks[0].macs, networks[1].macs))
    st.caption(section("block_lab", "coverage published"))


@kept
def _coverage() -> list[Coverage]:
    from explorer.experiments.coverage import coverage

    return coverage()
