"""A raster picture with its caption; Streamlit's own would have no words for screen readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.ui.drawing import drawing

if TYPE_CHECKING:
    from PIL import Image


def picture(image: Image.Image, words: str, key: str) -> None:
    """Draw it; `words` is Markdown, and `key` unique on the page."""
    from explorer.views.inference_pictures import framed

    drawing(framed(image), key=key, label=words.replace("**", ""))
    st.caption(words)
