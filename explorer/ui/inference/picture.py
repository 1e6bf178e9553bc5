"""A raster picture with its caption; Streamlit's own would have no words for screen readers."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import streamlit as st

from explorer.ui.budget import kept
from explorer.ui.drawing import drawing

if TYPE_CHECKING:
    from PIL import Image

    from explorer.ui.inference.scene import Scene


def picture(scene: Scene, image: Image.Image, words: str, key: str) -> None:
    """Draw what became of a picture; `words` is Markdown, and `key` unique on the page."""
    pixels = blake2b(image.tobytes(), digest_size=16).hexdigest()
    drawing(
        _framed(scene.key, pixels, image), key=key, label=words.replace("**", ""), for_all=False
    )
    st.caption(words)


@kept
def _framed(scene: str, pixels: str, _image: Image.Image) -> str:
    """Encoding takes 30 ms and telling by pixels one; the scene's key goes with its visitor."""
    from explorer.views.inference_pictures import framed

    return framed(_image)
