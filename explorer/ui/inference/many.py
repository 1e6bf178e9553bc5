"""Many pictures through one network, as a table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from explorer.experiments.samples import samples
from explorer.ui.inference import cache, upload
from explorer.ui.inference.scene import Chosen, Scene
from explorer.words import labels, section


def draw(scene: Scene) -> None:
    """All samples and this visit's uploads through the same network."""
    from PIL import ImageOps

    from explorer.experiments.images import PictureError
    from explorer.views.inference_tables import picture_row
    from explorer.views.rasters import data_url

    st.write(section("inference", "many"))
    wanted: list[Callable[[], Chosen]] = [
        *(partial(upload.of_sample, sample) for sample in samples().values()),
        *(partial(upload.of_file, file) for file in upload.uploaded()),
    ]
    rows = []
    progress = st.progress(0.0, section("inference", "running the pictures"))
    for done, read in enumerate(wanted, start=1):
        try:
            chosen = read()
        except PictureError as error:
            st.caption(str(error))
            continue
        answer = cache.prediction(scene.of(chosen.key, chosen.picture))
        small = data_url(ImageOps.fit(chosen.picture.image, (96, 96)), "JPEG")
        rows.append(picture_row(chosen.name, small, answer))
        words = section("inference", "pictures run", done=done, todo=len(wanted))
        progress.progress(done / len(wanted), words)
    progress.empty()
    names = labels("infer_many")
    numbers = {
        name: st.column_config.NumberColumn(names.pop(name), format="%.1f")
        for name in ("probability", "margin", "forward")
    }
    picture = st.column_config.ImageColumn(names.pop("picture"), width="small")
    st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        height="content",
        row_height=56,
        column_config={"picture": picture, **names, **numbers},
    )
    st.caption(section("inference", "softmax", classes=len(scene.classes)))
