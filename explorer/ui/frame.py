"""What Streamlit's theme cannot say of the page around the pages."""

import re
from pathlib import Path
from typing import Final

import streamlit as st

_STYLES: Final = Path(__file__).with_name("frame.css")


def dress() -> None:
    """Draw the styles; they take no place on the page."""
    st.html(_STYLES)


def title(text: str) -> None:
    """The page's title. A name with a hyphen stays on one line: its bold type, in a heading that
    is bold anyway, is what the styles know it by."""
    st.title(re.sub(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+", r"**\g<0>**", text))


def keys(sentence: str, page: str) -> None:
    """Which keys a page knows; styles hide it where there is no keyboard."""
    with st.container(key=f"keys_{page}"):
        st.caption(sentence)
