"""Section 4: what batch norm does to a deep network, with and without shortcuts."""

from __future__ import annotations

import streamlit as st

from explorer.ui import chart, controls, signals
from explorer.ui.cache import usable_device
from explorer.ui.picker import Choice
from explorer.views import depth_charts
from explorer.views.numbers import magnitude
from explorer.words import label, section


def draw(choice: Choice) -> None:
    """Compute the four networks of a depth one by one, with progress, and show them."""
    st.markdown(section("batch_norm", "depth", batch=signals.IMAGES))
    depth = int(controls.choice("bn_depth", signals.DEPTHS, shown=str))
    found = signals.of_depth(depth, usable_device(choice.device).id)
    if found is None:
        return
    spread = {net: signal.spread for net, signal in found.items()}
    gradients = {net: signal.gradients for net, signal in found.items()}
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(section("batch_norm", "forward"))
        chart.show(
            chart.drawn(
                depth_charts.by_depth,
                spread,
                "spread",
            ),
            "bn_spread",
            alt=label("bn_alt.spread", ends=depth_charts.told(spread)),
        )
    with right:
        st.markdown(section("batch_norm", "back"))
        chart.show(
            chart.drawn(
                depth_charts.by_depth,
                gradients,
                "gradient",
            ),
            "bn_gradients",
            alt=label("bn_alt.gradients", ends=depth_charts.told(gradients)),
        )
    st.markdown(
        section(
            "batch_norm",
            "depth read",
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
    st.caption(section("batch_norm", "depth table"))
