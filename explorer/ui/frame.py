"""What Streamlit's theme cannot say of the page around the pages."""

from pathlib import Path
from typing import Final

import streamlit as st

_STYLES: Final = Path(__file__).with_name("frame.css")


def dress() -> None:
    """Draw the styles; they take no place on the page."""
    st.html(_STYLES)


def keys(sentence: str, page: str) -> None:
    """Which keys a page knows; styles hide it where there is no keyboard."""
    with st.container(key=f"keys_{page}"):
        st.caption(sentence)
