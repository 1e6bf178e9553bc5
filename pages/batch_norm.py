"""Batch norm: the four steps, a real layer, its two modes, deep networks, and claims tried out."""

import streamlit as st

from explorer.ui import picker
from explorer.ui.batch_norm import claims, depth, layer, modes, steps
from explorer.words import section

choice = picker.current()
st.title("Batch norm")
st.write(section("batch_norm", "Lead"))
in_steps, in_layer, in_modes, in_depth, in_claims = st.tabs(
    ["Four steps", "Real layer", "Train and eval", "Deep network", "Claims"],
    key="bn_section",
    bind="query-params",
)
# Only the open section runs.
if in_steps.open:
    with in_steps:
        steps.draw()
if in_layer.open:
    with in_layer:
        layer.draw(choice)
if in_modes.open:
    with in_modes:
        modes.draw(choice)
if in_depth.open:
    with in_depth:
        depth.draw(choice)
if in_claims.open:
    with in_claims:
        claims.draw(choice)
