"""Which picture: a bundled sample, an upload, or the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.experiments.samples import Sample, samples
from explorer.ui.asking_for_files import camera_input, file_uploader
from explorer.ui.drawing import drawing
from explorer.ui.inference import cache
from explorer.ui.kept import held
from explorer.words import glossary

if TYPE_CHECKING:
    from explorer.experiments.images import DecodedPicture

_FROM: Final = ("sample", "upload", "camera")
_UPLOADS: Final = "infer_uploads"
MOST_MB: Final = 20
_PHOTO: Final = "infer_photo"
_MOST: Final = 12
TYPES: Final = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"]


@dataclass(frozen=True)
class Chosen:
    """A decoded picture, its key, its name, and the sample it is, if it is one."""

    key: str
    name: str
    picture: DecodedPicture
    sample: Sample | None = None


def choose() -> Chosen:
    """Draw the controls; the chosen picture, or the sample while a choice is still open."""
    origin = st.segmented_control(
        "Picture",
        _FROM,
        default="sample",
        required=True,
        key="infer_from",
        bind="query-params",
        help=glossary("sample picture"),
    )
    if origin == "upload":
        chosen = _upload()
    elif origin == "camera":
        chosen = _camera()
    else:
        chosen = _sample()
    return chosen or _of_sample(_wanted())


def uploaded() -> list[tuple[str, bytes]]:
    """Name and content of this visit's uploads; they live as long as the visit."""
    kept: list[tuple[str, bytes]] = st.session_state.get(_UPLOADS, [])
    return kept


def decoded(name: str, data: bytes) -> Chosen:
    """A file as a picture.

    Raises:
        PictureError: it is none, or too large.
    """
    key = cache.digest(data)
    return Chosen(key, name, cache.decoded(key, name, data))


def _wanted() -> Sample:
    known = samples()
    return known.get(held("infer_sample"), known["cat"])


def _of_sample(sample: Sample) -> Chosen:
    found = decoded(sample.name, _bytes_of(sample.name))
    return Chosen(found.key, sample.name, found.picture, sample)


@st.cache_data(show_spinner=False)
def _bytes_of(name: str) -> bytes:
    return samples()[name].data


@st.cache_data(show_spinner=False)
def _gallery() -> str:
    from PIL import ImageOps

    from explorer.views.inference_pictures import data_url, gallery

    tiles = []
    for sample in samples().values():
        image = decoded(sample.name, sample.data).picture.image
        tiles.append((sample.name, sample.shows, data_url(ImageOps.fit(image, (160, 160)), "JPEG")))
    return gallery(tiles)


def _sample() -> Chosen:
    clicked = drawing(
        _gallery(),
        key="infer_gallery",
        label="Sample pictures; choose one",
        choosable=True,
        selected=_wanted().name,
        min_width=340,
    )
    if clicked in samples() and clicked != _wanted().name:
        st.session_state["infer_sample"] = clicked
        st.rerun()
    st.selectbox(
        "Sample",
        list(samples()),
        key="infer_sample",
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
    )
    sample = _wanted()
    st.caption(f"{sample.shows}. {sample.author}, {sample.licence}; from {sample.source}.")
    return _of_sample(sample)


def _upload() -> Chosen | None:
    files: Any = file_uploader(
        f"A picture, at most {MOST_MB} MB; it stays in this server's memory and is never stored",
        type=TYPES,
        accept_multiple_files=True,
        key="infer_file",
        max_upload_size=MOST_MB,
    )
    if files:
        # An upload is lost when the page is left; its bytes in the session are not.
        st.session_state[_UPLOADS] = [(file.name, file.getvalue()) for file in files][-_MOST:]
    kept = uploaded()
    if not kept:
        st.info("Until you upload one, the sample is shown.", icon=":material/image:")
        return None
    if len(files) > _MOST:
        st.caption(f"The last {_MOST} of {len(files)} pictures are kept.")
    names = [f"{index + 1}. {name}" for index, (name, _) in enumerate(kept)]
    which = names[-1]
    if len(names) > 1:
        which = st.selectbox("Of your pictures", names, index=len(names) - 1) or names[-1]
    if not files:
        st.caption("Kept from your last upload.")
    return _shown(*kept[names.index(which)])


def _camera() -> Chosen | None:
    photo = camera_input("Take a photograph", key="infer_camera")
    if photo is not None:
        st.session_state[_PHOTO] = photo.getvalue()
    data = st.session_state.get(_PHOTO)
    if data is None:
        st.info("Until you take one, the sample is shown.", icon=":material/photo_camera:")
        return None
    return _shown("Your photograph", data)


def _shown(name: str, data: bytes) -> Chosen | None:
    from explorer.experiments.images import PictureError

    try:
        chosen = decoded(name, data)
    except PictureError as error:
        st.error(f"{error} The sample is shown instead.", icon=":material/broken_image:")
        return None
    for note in chosen.picture.notes:
        st.caption(note)
    return chosen
