"""Grad-CAM at every stage."""

from __future__ import annotations

import re
from typing import Final

import streamlit as st

from explorer.ui import controls
from explorer.ui.inference import cache
from explorer.ui.inference.answer import overflow
from explorer.ui.inference.scene import Scene
from explorer.words import glossary, label, section

_TOP: Final = "top"
_NONE: Final = "none"


def draw(scene: Scene) -> None:
    """Where the evidence for a class lies, in the last block of every stage."""
    from explorer.views.inference_pictures import enlarged, heat_over

    st.markdown(section("inference", "grad-cam"), help=glossary("Grad-CAM"))
    prediction = cache.prediction(scene)
    if not prediction.finite:
        st.warning(overflow(scene), icon=":material/error:")
        return
    left, right = st.columns(2)
    with left:
        wanted = _class(scene)
    stages = [stage.blocks[-1].path for stage in scene.blueprint.stages]
    with right:
        extra = controls.choice(
            "infer_cam_block",
            [_NONE, *(block.path for block in scene.blueprint.blocks)],
            kind="select",
            shown=lambda path: label(f"infer_cam_block.{path}") if path == _NONE else path,
        )
    blocks = [*stages, extra] if extra != _NONE and extra not in stages else stages
    target = prediction.best.index if wanted == _TOP else int(wanted)
    with st.spinner(section("inference", "computing the gradients")):
        maps = cache.cams(scene, target, tuple(blocks))
    guess = prediction.guess(target)
    share = f"{guess.probability:.1%}"
    st.write(section("inference", "evidence", answer=guess.name, share=share))
    photograph = enlarged(scene.prepared.cropped, 256)
    shown = [(photograph, label("infer_cam.picture"))]
    for path in blocks:
        values = maps[path]
        names = {"title": scene.blueprint.block(path).title, "path": path}
        if not bool(values.isfinite().all()):
            shown.append((photograph, label("infer_cam.overflow", **names)))
        elif (peak := float(values.max())) > 0:
            height, width = values.shape
            words = label("infer_cam.map", **names, height=height, width=width)
            shown.append((heat_over(photograph, (values / peak).numpy()), words))
        else:
            shown.append((photograph, label("infer_cam.silent", **names)))
    for column, (image, words) in zip(st.columns(len(shown)), shown, strict=True):
        column.image(image, caption=words, width="stretch")
    st.caption(section("inference", "grad-cam reading"))


def _class(scene: Scene) -> str:
    """The class to look for: "top", or its index."""
    classes = scene.classes
    chosen: str = controls.choice(
        "infer_class",
        [_TOP, *map(str, range(len(classes)))],
        kind="select",
        shown=lambda one: (
            label("infer_class.top") if one == _TOP else f"{classes[int(one)]} ({one})"
        ),
        former=_index,
    )
    return chosen


def _index(text: str) -> str:
    """The index in a class's name, "tabby (281)", as links of before say it."""
    found = re.fullmatch(r".*\((\d{1,6})\)", text)
    return found[1] if found else text
