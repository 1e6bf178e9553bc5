"""A laboratory for one residual block, and the chosen network as source code."""

import streamlit as st

from explorer.ui import picker
from explorer.ui.block_lab import code, composer, diagram, dialects, numbers, strides
from explorer.words import section

choice = picker.current()
st.title("Residual block")
st.markdown(section("block_lab", "introduction"))
composer.case_buttons()
block, real, versions, four, source = st.tabs(
    ["Block", "Real numbers", "v1 and v1.5", "Four dialects", "Code"],
    key="unit_view",
    bind="query-params",
)
# Only the open tab runs. Each draws the controls, so that the URL keeps them.
if block.open:
    with block:
        diagram.draw()
if real.open:
    with real:
        numbers.draw(composer.folded())
if versions.open:
    with versions:
        strides.draw(composer.folded())
if four.open:
    with four:
        dialects.draw(composer.folded())
if source.open:
    with source:
        code.draw(choice)
        composer.folded()
