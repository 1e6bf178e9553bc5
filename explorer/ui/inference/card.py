"""How the networks on board were trained, and where the samples come from."""

from __future__ import annotations

import streamlit as st

from explorer.architecture import PRESETS
from explorer.experiments.embedded import trained
from explorer.experiments.samples import samples
from explorer.ui.chart import show
from explorer.ui.inference import own_card
from explorer.ui.inference.scene import Scene
from explorer.words import label, labels, listed, section


def draw(scene: Scene) -> None:
    """A visitor's own file, how the networks on board were trained, where the samples come from."""
    from explorer.views.inference_charts import training_curves
    from explorer.views.inference_tables import sample_rows

    own_card.draw(scene)
    # What answers comes first.
    for name, one in sorted(trained().items(), key=lambda pair: pair[0] != scene.on_board):
        st.header(PRESETS[name].title, anchor=False)
        left, right = st.columns([2, 3])
        with left:
            figures = one.figures
            recipe = dict(figures["recipe"])
            said = "card, bfloat16" if recipe.pop("bfloat16") else "card"
            if recipe.get("decay_epochs"):
                said = f"{said}, paper's recipe"
            st.metric(label("infer_card.accuracy"), f"{one.test_accuracy:.2%}")
            st.write(
                section(
                    "inference",
                    said,
                    preset=name,
                    kept_epoch=figures["kept_epoch"],
                    **recipe,
                )
            )
            st.caption(
                section(
                    "inference",
                    "card built",
                    parameters=figures["parameters"],
                    torch=figures["torch"],
                )
            )
        with right:
            curves = label("infer_card.curves")
            show(training_curves(one.curves), f"infer_curves_{name}", alt=curves)
    if trained():
        st.write(section("inference", "card limits"))
    st.header(label("infer_samples.title"), anchor=False)
    names = labels("infer_samples")
    # Its sentences take several lines, which a grid would cut.
    with st.container(key="infer_samples"):
        st.table(
            [
                {names[column]: text for column, text in row.items()}
                for row in sample_rows(list(samples().values()))
            ],
            hide_index=True,
        )
    from explorer.experiments.cifar10 import CLASSES

    shown = {sample.cifar10 for sample in samples().values()}
    if missing := [name for name in CLASSES if name not in shown]:
        st.caption(section("inference", "samples missing", classes=listed(missing)))
