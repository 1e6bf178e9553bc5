"""Many pictures through one network, as a table."""

from __future__ import annotations

import streamlit as st

from explorer.experiments.samples import samples
from explorer.ui.inference import cache, upload
from explorer.ui.inference.cache import Scene
from explorer.words import section


def draw(scene: Scene) -> None:
    """All samples and this visit's uploads through the same network."""
    import pandas as pd
    from PIL import ImageOps

    from explorer.experiments.images import PictureError
    from explorer.views.inference_pictures import data_url

    st.write(section("inference", "many"))
    files = [(name, sample.data) for name, sample in samples().items()] + upload.uploaded()
    rows = []
    progress = st.progress(0.0, "Running the pictures ...")
    for count, (name, data) in enumerate(files, start=1):
        try:
            chosen = upload.decoded(name, data)
        except PictureError as error:
            st.caption(str(error))
            continue
        one = scene.on(chosen.key, chosen.picture)
        answer = cache.prediction(one.key, one)
        first, *rest = answer.top(2)
        rows.append(
            {
                "picture": data_url(ImageOps.fit(chosen.picture.image, (96, 96)), "JPEG"),
                "name": name,
                "answer": first.name if answer.finite else "overflow",
                "probability, %": 100 * first.probability,
                "second": rest[0].name if rest else "",
                "margin, points": 100 * answer.margin,
                "forward, ms": 1000 * answer.seconds,
            }
        )
        progress.progress(count / len(files), f"{count} of {len(files)} pictures")
    progress.empty()
    number = st.column_config.NumberColumn(format="%.1f")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        height="content",
        row_height=56,
        column_config={
            "picture": st.column_config.ImageColumn("picture", width="small"),
            "probability, %": number,
            "margin, points": number,
            "forward, ms": number,
        },
    )
    st.caption(section("inference", "softmax", classes=len(scene.classes)))
