"""Grad-CAM at every stage."""

from __future__ import annotations

import streamlit as st

from explorer.ui.inference import cache
from explorer.ui.inference.cache import Scene
from explorer.words import glossary, section


def draw(scene: Scene) -> None:
    """Where the evidence for a class lies, in the last block of every stage."""
    from explorer.views.inference_pictures import enlarged, heat_over

    st.markdown(section("inference", "grad-cam"), help=glossary("Grad-CAM"))
    prediction = cache.prediction(scene.key, scene)
    if not prediction.finite:
        st.warning("The network overflowed for this picture: there is no class to look for.")
        return
    left, right = st.columns(2)
    labels = {"top answer": prediction.best.index}
    for index, name in enumerate(scene.classes):
        labels[f"{name} ({index})"] = index
    with left:
        wanted = st.selectbox("Class", list(labels), key="infer_class", bind="query-params")
    stages = [stage.blocks[-1].path for stage in scene.blueprint.stages]
    with right:
        extra = st.selectbox(
            "Also this block",
            ["none", *(block.path for block in scene.blueprint.blocks)],
            key="infer_cam_block",
            bind="query-params",
        )
    blocks = [*stages, extra] if extra != "none" and extra not in stages else stages
    target = labels[wanted]
    with st.spinner("Computing the gradients ..."):
        maps = cache.cams(scene.key, target, tuple(blocks), scene)
    guess = prediction.guess(target)
    st.write(f"Evidence for **{guess.name}**, which the network gives {guess.probability:.1%}:")
    photograph = enlarged(scene.prepared.cropped, 256)
    shown = [(photograph, "**The picture as the network gets it**")]
    for path in blocks:
        values = maps[path]
        peak = float(values.max())
        title = scene.blueprint.block(path).title
        size = f"{values.shape[0]} x {values.shape[1]} positions"
        if peak > 0:
            shown.append(
                (heat_over(photograph, (values / peak).numpy()), f"**{title}** ({path}), {size}")
            )
        else:
            shown.append((photograph, f"**{title}** ({path}): nothing here speaks for it"))
    for column, (image, words) in zip(st.columns(len(shown)), shown, strict=True):
        column.image(image, caption=words, width="stretch")
    st.caption(section("inference", "grad-cam reading"))
