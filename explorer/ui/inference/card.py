"""How the networks on board were trained, and where the samples come from."""

from __future__ import annotations

import streamlit as st

from explorer.architecture import PRESETS
from explorer.experiments.embedded import cards
from explorer.experiments.samples import samples
from explorer.ui.chart import show
from explorer.ui.inference.cache import Scene
from explorer.words import section


def draw(scene: Scene) -> None:
    """How the networks on board were trained, and where the samples come from."""
    import pandas as pd

    from explorer.views.inference_charts import training_curves

    for name, one in cards().items():
        st.subheader(PRESETS[name].title, anchor=False)
        left, right = st.columns([2, 3])
        with left:
            figures = one.figures
            recipe = dict(figures["recipe"])
            half = recipe.pop("bfloat16")
            st.metric("Test accuracy, JPEG test images", f"{one.test_accuracy:.2%}")
            st.write(
                section(
                    "inference",
                    "card",
                    preset=name,
                    kept_epoch=figures["kept_epoch"],
                    precision=", convolutions in bfloat16" if half else "",
                    flags=" --bfloat16" if half else "",
                    **recipe,
                )
            )
            st.caption(f"{figures['parameters']:,} parameters; torch {figures['torch']}.")
        with right:
            show(training_curves(one.curves), f"infer_curves_{name}", alt="Accuracy per epoch")
    if cards():
        st.write(section("inference", "card limits"))
    st.subheader("Sample pictures", anchor=False)
    table = pd.DataFrame(
        [
            {
                "picture": sample.name,
                "shows": sample.shows,
                "CIFAR-10 class": sample.cifar10 or "none",
                "author": sample.author,
                "licence": sample.licence,
                "source": sample.source,
            }
            for sample in samples().values()
        ]
    )
    st.dataframe(table, hide_index=True, width="stretch", height="content")
