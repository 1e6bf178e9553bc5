"""The part of a page that a click on it runs again: all but the sidebar and the lesson's line."""

from collections.abc import Callable

import streamlit as st

from explorer.ui import controls, navigation, picker


def body(draw: Callable[[picker.Choice], None]) -> None:
    """Draw a page. Its clicks then cost what the page costs, without the frame around it.

    Where one of them changes the sidebar (another network), everything runs again.

    Args:
        draw: the page; it is given what the visitor looks at.
    """
    # Starts app.py where the page was opened without it.
    picker.current()
    _body(draw)


@st.fragment
def _body(draw: Callable[[picker.Choice], None]) -> None:
    if controls.frame_is_old():
        st.rerun()
    navigation.own_link()
    draw(picker.current())
    navigation.own_link(renew=True)
