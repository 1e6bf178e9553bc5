"""train() against eval() on the visitor's picture."""

from __future__ import annotations

import streamlit as st

from explorer.experiments.work import TooMuch
from explorer.ui.chart import show
from explorer.ui.inference import cache
from explorer.ui.inference.answer import overflow
from explorer.ui.inference.scene import Scene
from explorer.words import WordedError, label, section


def draw(scene: Scene) -> None:
    """train() against eval() on this picture."""
    from explorer.views.inference_charts import mode_bars
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
    rows, best = mode_rows(found), found.evaluated.best.name
    left = [None if row["of_first"] is None else row["of_first"] / 100 for row in rows]
    answers = [row["answer"] for row in rows]
    said = [
        label("infer_modes.bar", mode=row["mode"], share=_share(one), answer=row["answer"])
        for row, one in zip(rows, left, strict=True)
    ]
    show(
        mode_bars([row["mode"] for row in rows], left, answers, best),
        "infer_modes_bars",
        alt=label("infer_modes.bars", answer=best, modes=label("list.semicolon").join(said)),
    )
    numbers = {
        "own": label("infer_modes.own"),
        "of_first": label("infer_modes.of_first", answer=best),
    }
    st.dataframe(
        rows,
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


def _share(probability: float | None) -> str:
    return label("infer_answer.overflow") if probability is None else f"{probability:.1%}"
