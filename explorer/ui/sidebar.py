"""The sidebar: the links to all pages, the link to this view, and the network's picker."""

import streamlit as st

from explorer.ui import controls, link, navigation, picker


def draw() -> list[str]:
    """Draw it, leave the choice of the run, and return what was wrong with it, in sentences."""
    inputs = (controls.page(), controls.address_held(), picker.follows_from())
    with st.sidebar:
        complaints = controls.drawn_again("sidebar", inputs, _draw)
    link.show_code()
    return complaints


def _draw() -> list[str]:
    # Each is a part of its own, too: a click changes one of them.
    above = st.container()
    link.share()
    complaints = picker.draw()
    controls.choose_language()
    # Last, because they carry on what the controls have just read from the address.
    with above:
        navigation.links()
    return complaints
