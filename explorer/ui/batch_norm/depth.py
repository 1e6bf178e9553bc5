"""Section 4: what batch norm does to a deep network, with and without shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.ui import chart, controls
from explorer.ui.batch_norm import cached
from explorer.ui.cache import usable_device
from explorer.ui.picker import Choice
from explorer.views import depth_charts
from explorer.views.numbers import magnitude
from explorer.words import count, label, section

if TYPE_CHECKING:
    from explorer.experiments.signal import Signal

_DEPTHS: Final = ("20", "56", "110")
_IMAGES: Final = 64
"""In a batch; the reference run had as many."""


def draw(choice: Choice) -> None:
    """Compute the four networks of a depth one by one, with progress, and show them."""
    st.markdown(section("batch_norm", "Depth", batch=_IMAGES))
    depth = int(controls.choice("bn_depth", _DEPTHS, shown=str))
    found = compute(depth, usable_device(choice.device).id)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(section("batch_norm", "Forward"))
        chart.show(
            depth_charts.by_depth({net: signal.spread for net, signal in found.items()}, "spread"),
            "bn_spread",
            alt=label("bn_alt.spread"),
        )
    with right:
        st.markdown(section("batch_norm", "Back"))
        chart.show(
            depth_charts.by_depth(
                {net: signal.gradients for net, signal in found.items()}, "gradient"
            ),
            "bn_gradients",
            alt=label("bn_alt.gradients"),
        )
    st.markdown(
        section(
            "batch_norm",
            "Depth read",
            depth=depth,
            plain_ratio=magnitude(found[True, False].ratio),
            residual_ratio=magnitude(found[True, True].ratio),
            loss=magnitude(found[False, True].loss),
            expected=magnitude(found[False, True].guessing),
        )
    )
    from explorer.experiments.signal import REFERENCE

    reference = {net: REFERENCE[depth, *net] for net in found}
    st.markdown(depth_charts.table(found, reference))
    st.caption(section("batch_norm", "Depth table"))


def compute(depth: int, device: str) -> dict[tuple[bool, bool], Signal]:
    """(batch norm, shortcuts) -> signal of the four networks of this depth, with progress."""
    found = {}
    slot = st.empty()
    for index, net in enumerate(depth_charts.NETS):
        said = label(
            "bn_running.signal", layers=count(depth, "layer"), network=depth_charts.net_name(net)
        )
        slot.progress(index / len(depth_charts.NETS), said)
        found[net] = cached.signal(depth, *net, _IMAGES, device)
    slot.empty()
    return found
