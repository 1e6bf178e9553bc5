"""What a page found out is hidden until one has thought: in the address, undone by a button."""

from typing import Final

import streamlit as st

from explorer.ui import controls
from explorer.words import label

_RESULTS: Final = "results"


def hidden(key: str) -> bool:
    """Whether the address asks this page, by `KEY=results`, to hide what it found out."""
    return bool(controls.settled(key, (_RESULTS,)) == _RESULTS)


def offer_results(key: str) -> None:
    """In place of the results: the button that shows them."""
    st.button(
        label("lesson.show_results"),
        icon=":material/visibility:",
        on_click=controls.put,
        args=(key, None),
        key=f"{key}_button",
    )
