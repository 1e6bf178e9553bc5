"""What Streamlit's theme cannot say of the page around the pages."""

from pathlib import Path
from typing import Final

import streamlit as st

_STYLES: Final = Path(__file__).with_name("frame.css")


def dress() -> None:
    """Draw the styles; they take no place on the page."""
    st.html(_STYLES)
