"""Preprocessing as pictures, and the mistake of leaving a step out."""

from __future__ import annotations

import streamlit as st

from explorer.ui.inference import cache
from explorer.ui.inference.answer import bars
from explorer.ui.inference.cache import Scene
from explorer.words import section


def draw(scene: Scene) -> None:
    """The picture on its way to the tensor, and the mistake of not normalising."""
    import pandas as pd

    from explorer.experiments.preprocess import normalised_picture
    from explorer.views.inference_pictures import enlarged

    recipe, steps = scene.recipe, scene.prepared
    st.write(section("inference", "preprocessing", resize=recipe.resize, crop=recipe.crop))
    width, height = scene.picture.size
    pictures = {
        f"**1. Original**: {width:,} x {height:,} pixels": scene.picture.image,
        f"**2. Resized**: {steps.resized.width} x {steps.resized.height}": steps.resized,
        f"**3. Cropped**: {recipe.crop} x {recipe.crop}, bytes 0 to 255": steps.cropped,
        f"**4. Normalised**: {float(steps.tensor.min()):.2f} to "
        f"{float(steps.tensor.max()):.2f}, drawn as black to white": normalised_picture(
            steps.tensor
        ),
    }
    for column, (words, image) in zip(st.columns(4), pictures.items(), strict=True):
        column.image(enlarged(image, 300), caption=words, width="stretch")
    names = ("red", "green", "blue") if steps.tensor.shape[1] == 3 else ("grey",)
    raw = scene.with_recipe(recipe.without_normalisation())
    table = pd.DataFrame(
        {
            "channel": names,
            "mean, 0 to 1": raw.prepared.tensor.mean((0, 2, 3)).tolist(),
            "training mean": _per_channel(recipe.mean, len(names)),
            "training std": _per_channel(recipe.std, len(names)),
            "normalised mean": steps.tensor.mean((0, 2, 3)).tolist(),
            "normalised std": steps.tensor.std((0, 2, 3)).tolist(),
        }
    )
    numbers = {name: st.column_config.NumberColumn(format="%.3f") for name in table.columns[1:]}
    st.dataframe(table, hide_index=True, width="stretch", column_config=numbers)
    if st.toggle("Forget to normalise", key="infer_forget", bind="query-params"):
        _forgotten(scene, raw)


def _per_channel(values: tuple[float, ...], channels: int) -> list[float]:
    return list(values) if channels == len(values) else [sum(values) / len(values)]


def _forgotten(scene: Scene, raw: Scene) -> None:
    st.write(section("inference", "forget"))
    good, bad = cache.prediction(scene.key, scene), cache.prediction(raw.key, raw)
    left, right = st.columns(2)
    for column, prediction, words, key in (
        (left, good, "As the weights ask", "infer_normal"),
        (right, bad, "Without normalisation", "infer_forgotten"),
    ):
        with column:
            st.write(f"**{words}**")
            if prediction.finite:
                bars(prediction, key)
            else:
                st.write("The values overflowed: no answer.")
    before, after = good.best, bad.guess(good.best.index)
    st.write(
        f"**{before.name}** goes from {before.probability:.1%} to {after.probability:.1%}; "
        f"the answer is {'still' if bad.best.index == before.index else 'now'} "
        f"**{bad.best.name}**."
    )
