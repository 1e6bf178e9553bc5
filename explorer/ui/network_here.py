"""The network in the page itself, for telephones: there the sidebar with its picker is closed."""

from typing import Final

import streamlit as st

from explorer.architecture import PRESETS
from explorer.ui import controls, picker
from explorer.words import label, section

_PAGES: Final = frozenset(("", "shape_trace", "shortcuts", "compare", "parameters", "inference"))
"""Pages about the chosen network; the first page's path is empty."""


def draw() -> None:
    """Which network this is, and the others of its family to choose; styles hide it elsewhere."""
    if controls.page() in _PAGES:
        controls.drawn_again("network_here", (picker.current(),), _draw)


def _draw() -> None:
    choice = picker.current()
    with st.container(key="network_here"):
        others = st.popover(
            label("network_here.open", title=choice.title),
            icon=":material/tune:",
            key="network_here_open",
            on_change="rerun",
        )
    if not others.open:
        return
    family = picker.entry_of(choice.name).family
    with others, st.container(horizontal=True, gap="small"):
        for name, entry in PRESETS.items():
            if entry.family == family:
                st.button(
                    entry.title,
                    key=f"network_here_{name}",
                    type="primary" if name == choice.name else "secondary",
                    on_click=picker.switch_to,
                    args=(name,),
                )
    with others:
        st.caption(section("frame", "more networks"))
