"""Shortcuts: the whole network, one block of it, its dashed blocks, and v1 against v1.5."""

import streamlit as st

from explorer.ui import cache, picker
from explorer.ui.shortcuts import block, dashed, network, strides

choice = picker.current()
bp = cache.blueprint_of(choice.spec, choice.image_size)

st.title(f"Shortcuts of {choice.title}")
st.markdown(network.lead(bp))
view = network.controls(bp)
network.show(bp, choice, view)

st.subheader(view.block.title)
st.caption(block.breadcrumb(bp, choice, view.block))
block.show(bp, choice, view.block)

st.subheader("Dashed blocks")
dashed.show(bp)

st.subheader("v1 and v1.5: where the stride sits")
strides.show(choice, view.block.path)
