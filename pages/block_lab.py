"""A laboratory for one residual block, and the chosen network as source code."""

import streamlit as st

from explorer.architecture.unit import unit
from explorer.lessons import section
from explorer.ui import picker
from explorer.ui.block_lab import code, composer, diagram, dialects, numbers, strides

choice = picker.current()
st.title("Residual block")
st.markdown(section("block_lab", "introduction"))
composer.case_buttons()
block, real, versions, four, source = st.tabs(
    ["Block", "Real numbers", "v1 and v1.5", "Four dialects", "Code"],
    key="unit_view",
    bind="query-params",
)
# Only the open tab runs, and draws the controls beside it, so that the URL keeps them.
if block.open:
    with block:
        main, spec = composer.beside()
        with main:
            diagram.draw(unit(spec))
if real.open:
    with real:
        main, spec = composer.beside()
        with main:
            numbers.draw(spec)
if versions.open:
    with versions:
        main, spec = composer.beside()
        with main:
            strides.draw(spec)
if four.open:
    with four:
        main, spec = composer.beside()
        with main:
            name = dialects.draw(spec)
        dialects.source(name, spec)
if source.open:
    with source:
        code.draw(choice)
        with st.expander("The composed block"):
            composer.composer()
