"""Shortcuts: the whole network, one block of it, its dashed blocks, and v1 against v1.5."""

import streamlit as st

from explorer.architecture import blueprint
from explorer.ui import frame, hiding
from explorer.ui.body import body
from explorer.ui.compare_link import compare_link
from explorer.ui.picker import Choice
from explorer.ui.shortcuts import block, network, strides
from explorer.words import label


def draw(choice: Choice) -> None:
    bp = blueprint(choice.spec, choice.image_size)

    frame.title(label("shortcuts.title", title=choice.title))
    if hidden := hiding.hidden(network.HIDE):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(network.lead(bp), width="content")
            hiding.offer_results(network.HIDE)
    else:
        network.said_of(bp)
    with st.container(key="shortcuts_beside"):
        # On small screens the styles put what chooses below what is chosen from.
        with st.container(key="shortcuts_drawn"):
            view = network.choose_view(bp)
            with st.container(key="shortcuts_line"):
                network.detail(bp, view.block.path if view.open else None)
            network.show(bp, choice, view)
            compare_link(choice)
        if view.open:
            with st.container():
                block.show(bp, choice, view.block)

    if not hidden:
        network.list_dashed(bp)

    strides.show(choice, view.block.path)


body(draw)
