"""Which picture: a bundled sample, an upload, or the camera."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from explorer.experiments.samples import Sample, samples
from explorer.ui import controls, uploads
from explorer.ui.asking_for_files import camera_input, file_uploader, keep
from explorer.ui.budget import kept
from explorer.ui.cache import decoded, digest
from explorer.ui.drawing import drawing
from explorer.ui.inference.scene import Chosen
from explorer.ui.uploads import MOST_MB, MOST_PICTURES, File
from explorer.words import glossary, label, section

FROM: Final = ("sample", "upload", "camera")
PHOTO: Final = "photograph"
FIRST: Final = "cat"
"""The sample with which every visit begins."""


def origin() -> str:
    """Draw where the picture comes from."""
    found: str = controls.choice("infer_from", FROM, help=glossary("sample picture"))
    return found


def choose(origin: str) -> Chosen:
    """Draw the controls; the chosen picture, or the sample while a choice is still open."""
    if origin == "upload":
        chosen = _upload()
    elif origin == "camera":
        chosen = _camera()
    else:
        chosen = _sample()
    return chosen or of_sample(_wanted())


def uploaded() -> list[File]:
    """This visit's pictures; they live as long as the visit."""
    return uploads.kept(uploads.PICTURES)


def of_sample(sample: Sample) -> Chosen:
    """A sample as a picture."""
    key, data = _bytes_of(sample.name)
    return Chosen(key, sample.name, decoded(key, sample.name, data), sample)


def of_file(file: File) -> Chosen:
    """A visitor's file as a picture.

    Raises:
        PictureError: it is none, or too large.
    """
    key, picture = uploads.picture(file)
    return Chosen(key, file.name, picture)


def _wanted() -> Sample:
    known = samples()
    return known[controls.settled("infer_sample", list(known), FIRST)]


@kept
def _bytes_of(name: str) -> tuple[str, bytes]:
    data = samples()[name].data
    return digest(data), data


@kept(worded=True)
def _gallery() -> str:
    from PIL import ImageOps

    from explorer.views.inference_pictures import gallery
    from explorer.views.rasters import data_url

    tiles = []
    for sample in samples().values():
        image = of_sample(sample).picture.image
        tiles.append((sample.name, sample.shows, data_url(ImageOps.fit(image, (160, 160)), "JPEG")))
    return gallery(tiles, columns=len(tiles))


def _sample() -> Chosen:
    drawing(
        _gallery(),
        key="infer_gallery",
        label=label("infer_sample.gallery"),
        choosable=True,
        selected=_wanted().name,
        min_width=900,
        on_choose=_take,
    )
    return of_sample(_wanted())


def _take(name: str) -> None:
    if name in samples():
        controls.put("infer_sample", name, FIRST)


def credits(chosen: Chosen) -> None:
    """What a sample shows, and whose it is."""
    sample = chosen.sample
    if sample is not None:
        st.caption(
            section(
                "inference",
                "sample",
                shows=sample.shows,
                author=sample.author,
                licence=sample.licence,
                source=sample.source,
            )
        )


def _upload() -> Chosen | None:
    files: Any = file_uploader(
        section("inference", "picture to upload", limit=MOST_MB),
        accept_multiple_files=True,
        key="infer_file",
        max_upload_size=MOST_MB,
    )
    if files:
        # An upload is lost when the page is left; what is kept for the visit is not.
        keep(uploads.PICTURES, files[-MOST_PICTURES:])
    mine = uploaded()
    if not mine:
        st.info(section("inference", "nothing uploaded"), icon=":material/image:")
        return None
    if len(files) > MOST_PICTURES:
        words = section("inference", "last pictures", kept=MOST_PICTURES, given=len(files))
        st.caption(words)
    which = len(mine) - 1
    if len(mine) > 1:
        which = st.selectbox(
            label("infer_own.label"),
            range(len(mine)),
            index=which,
            format_func=lambda index: f"{index + 1}. {mine[index].name}",
        )
    if not files:
        st.caption(section("inference", "from the last upload"))
    return _shown(mine[which])


def _camera() -> Chosen | None:
    photo = camera_input(label("infer_camera.label"), key="infer_camera")
    if photo is not None:
        keep(PHOTO, [photo])
    mine = uploads.kept(PHOTO)
    if not mine:
        st.info(section("inference", "no photograph"), icon=":material/photo_camera:")
        return None
    return _shown(mine[-1])


def _shown(file: File) -> Chosen | None:
    from explorer.experiments.images import PictureError

    try:
        chosen = of_file(file)
    except PictureError as error:
        words = section("inference", "sample instead", problem=error)
        st.error(words, icon=":material/broken_image:")
        return None
    for note in chosen.picture.notes:
        st.caption(note)
    return chosen
