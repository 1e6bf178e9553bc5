"""train() against eval() on the visitor's picture."""

from __future__ import annotations

import streamlit as st

from explorer.experiments.work import TooMuch
from explorer.ui.inference import cache
from explorer.ui.inference.answer import overflow
from explorer.ui.inference.scene import Scene
from explorer.words import WordedError, label, section


def draw(scene: Scene) -> None:
    """train() against eval() on this picture."""
    from explorer.views.inference_tables import mode_rows

    st.write(section("inference", "modes"))
    if scene.blueprint.spec.norm != "batch":
        st.info(section("inference", "no batch norm"))
        return
    try:
        with st.spinner(section("inference", "running both modes")):
            found = cache.modes(scene)
    except TooMuch:
        raise
    except WordedError as error:
        st.warning(str(error), icon=":material/error:")
        return
    if not found.evaluated.finite:
        st.warning(overflow(scene), icon=":material/error:")
        return
    numbers = {
        "own": label("infer_modes.own"),
        "of_first": label("infer_modes.of_first", answer=found.evaluated.best.name),
    }
    st.dataframe(
        mode_rows(found),
        hide_index=True,
        width="stretch",
        column_config={
            "mode": label("infer_modes.mode"),
            "answer": label("infer_modes.answer"),
            **{
                name: st.column_config.NumberColumn(words, format="%.1f")
                for name, words in numbers.items()
            },
        },
    )
    st.write(
        section(
            "inference",
            "modes moved",
            moved=found.moved,
            buffers=found.buffers,
            passes=found.passes,
        )
    )
