"""Which pictures feed a batch norm layer: the app's samples, or the visitor's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.ui import controls, uploads
from explorer.ui.asking_for_files import file_uploader, keep
from explorer.words import label, section

if TYPE_CHECKING:
    from PIL.Image import Image

_KEPT_FILES: Final = "bn_files"


@dataclass(frozen=True, eq=False)
class Pictures:
    """Decoded pictures and a key for each; both empty for the app's samples."""

    keys: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()


def source() -> str:
    """Draw the control; "samples" or "yours"."""
    chosen: str = controls.choice("bn_from", ("samples", "yours"))
    return chosen


def own(most: int) -> Pictures:
    """Draw the upload; the visitor's first `most` pictures, or none while there are none."""
    from explorer.experiments.images import PictureError

    files: Any = file_uploader(
        label("bn_files.label", most=most),
        accept_multiple_files=True,
        key="bn_files",
        max_upload_size=uploads.MOST_MB,
    )
    if files:
        # An upload is lost when the page is left; what is kept for the visit is not.
        keep(_KEPT_FILES, files[:most])
    keys, images = [], []
    for file in (uploads.kept(_KEPT_FILES) or uploads.kept(uploads.PICTURES))[:most]:
        try:
            found = uploads.picture(file)
        except PictureError as problem:
            st.error(str(problem), icon=":material/broken_image:")
            continue
        keys.append(found.key)
        images.append(found.picture.image)
    if not keys:
        st.info(section("batch_norm", "no upload yet"), icon=":material/image:")
    return Pictures(tuple(keys), tuple(images))
