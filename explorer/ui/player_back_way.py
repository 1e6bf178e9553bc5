"""The whole way back at once: each block's share, the gradient's length, and where to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.ui import chart, controls, navigation
from explorer.ui.inference import upload
from explorer.ui.inference.scene import Chosen
from explorer.words import label, section

if TYPE_CHECKING:
    from collections.abc import Callable

    from explorer.architecture import Blueprint, Op
    from explorer.experiments.origin.gradient import Backward


def draw(bp: Blueprint, found: Backward, here: str, go: Callable[[str], None]) -> None:
    """A bar for each block's share, and the gradient's length at each block, to choose from."""
    from explorer.views import gradient_charts

    titles = {block.path: block.title for block in bp.blocks}
    last = {block.path: block.ops[-1].path for block in bp.blocks}
    added = {
        block.path: next((op.path for op in block.ops if op.kind == "add"), last[block.path])
        for block in bp.blocks
    }

    def choose(points: list[chart.Point]) -> None:
        path = chart.name_of(points[0]) if points else None
        if path in titles:
            go(added[path])

    left, right = st.columns(2, gap="medium")
    if found.splits:
        with left:
            chart.show(
                chart.drawn(gradient_charts.shares, found.splits, titles, here),
                f"trace_shares_{here}",
                alt=section("gradient", "alt of shares"),
                choosable=True,
                on_choose=choose,
            )
            st.caption(section("gradient", "share help"))
    with right if found.splits else left:
        norms = {path: found.norms[op] for path, op in last.items()}
        residual, plain = (norms, None) if found.splits else ({}, norms)
        chart.show(
            chart.drawn(gradient_charts.norms, residual, plain, titles),
            f"trace_norms_{here}",
            alt=section("gradient", "alt of norms"),
            choosable=True,
            on_choose=choose,
        )


def further(bp: Blueprint, op: Op, chosen: Chosen, target: int) -> None:
    """To the same block beside its plain twin, at initialisation, with the derivation."""
    query: dict[str, str | list[str]] = {"infer_view": "gradient", "gradient_class": str(target)}
    block = bp.block(op.path)
    if block.shortcut is not None:
        query["gradient_block"] = block.path
    if chosen.sample is not None and chosen.sample.name != upload.FIRST:
        query["infer_sample"] = chosen.sample.name
    st.page_link(
        navigation.page_of("inference"),
        label=label("gradient.from_walk"),
        icon=":material/undo:",
        query_params={**controls.carried("inference"), **query},
    )
