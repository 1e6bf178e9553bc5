"""Preprocessing as pictures, and the mistake of leaving a step out."""

from __future__ import annotations

import streamlit as st

from explorer.ui import controls
from explorer.ui.drawn_once import drawn_once
from explorer.ui.inference import cache
from explorer.ui.inference.answer import bars
from explorer.ui.inference.picture import picture
from explorer.ui.inference.scene import Scene
from explorer.words import label, labels, section


def draw(scene: Scene) -> None:
    """The picture on its way to the tensor, and the mistake of not normalising."""
    _steps(scene)
    if controls.drawn_again("infer_forget", (), _forget):
        _forgotten(scene, _raw(scene))


def _forget() -> bool:
    return st.toggle(label("infer_forget.label"), key="infer_forget", **controls.BOUND)


def _raw(scene: Scene) -> Scene:
    return scene.with_recipe(scene.recipe.without_normalisation())


@drawn_once(by=cache.BY_KEY)
def _steps(scene: Scene) -> None:
    from explorer.experiments.preprocess import normalised_picture
    from explorer.views.inference_tables import channel_rows
    from explorer.views.rasters import enlarged

    recipe, steps = scene.recipe, scene.prepared
    title = "preprocessing, own" if scene.loaded.own else "preprocessing"
    st.write(section("inference", title, resize=recipe.resize, crop=recipe.crop))
    width, height = scene.picture.size
    low, high = float(steps.tensor.min()), float(steps.tensor.max())
    pictures = {
        label("infer_steps.original", width=width, height=height): scene.picture.image,
        label(
            "infer_steps.resized", width=steps.resized.width, height=steps.resized.height
        ): steps.resized,
        label("infer_steps.cropped", crop=recipe.crop): steps.cropped,
        label("infer_steps.normalised", low=low, high=high): normalised_picture(steps.tensor),
    }
    with st.container(key="infer_steps"):
        columns = st.columns(4)
    for index, (column, (words, image)) in enumerate(zip(columns, pictures.items(), strict=True)):
        with column:
            picture(scene, enlarged(image, 300), words, f"infer_step_{index}")
    raw = _raw(scene)
    names = labels("infer_channels")
    st.dataframe(
        channel_rows(raw.prepared.tensor.numpy(), steps.tensor.numpy(), recipe.mean, recipe.std),
        hide_index=True,
        width="stretch",
        column_config={"channel": names.pop("channel")}
        | {
            name: st.column_config.NumberColumn(words, format="%.3f")
            for name, words in names.items()
        },
    )


def _forgotten(scene: Scene, raw: Scene) -> None:
    st.write(section("inference", "forget"))
    good, bad = cache.prediction(scene), cache.prediction(raw)
    left, right = st.columns(2)
    for column, prediction, key in ((left, good, "normal"), (right, bad, "forgotten")):
        with column:
            st.write(f"**{label(f'infer_forget.{key}')}**")
            if prediction.finite:
                bars(prediction, f"infer_{key}")
            else:
                st.write(section("inference", "no answer"))
    if not (good.finite and bad.finite):
        return
    before, after = good.best, bad.guess(good.best.index)
    same = bad.best.index == before.index
    st.write(
        section(
            "inference",
            "forgotten, same answer" if same else "forgotten, other answer",
            answer=before.name,
            before=f"{before.probability:.1%}",
            after=f"{after.probability:.1%}",
            now=bad.best.name,
        )
    )
