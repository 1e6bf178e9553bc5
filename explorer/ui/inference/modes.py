"""train() against eval() on the visitor's picture."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.ui.inference import cache
from explorer.ui.inference.cache import Scene
from explorer.words import section


def draw(scene: Scene) -> None:
    """train() against eval() on this picture."""
    import pandas as pd

    st.write(section("inference", "modes"))
    if not scene.network.spec.batch_norm:
        st.info("This network has no batch norm: train() and eval() do the same.")
        return
    try:
        with st.spinner("Running a copy of the network in both modes ..."):
            found = cache.modes(scene.key, scene)
    except ValueError as error:
        st.warning(str(error), icon=":material/error:")
        return
    best = found.evaluated.best
    rows = {
        "eval(): running statistics": found.evaluated,
        "train(): this picture alone": found.trained,
        "train(): with three variants of it": found.in_company,
        f"eval() after {found.passes} passes in train()": found.afterwards,
    }
    table = pd.DataFrame(
        [
            {
                "mode": words,
                "answer": one.best.name if one.finite else "overflow",
                "its probability, %": 100 * one.best.probability,
                f"{best.name}, %": 100 * one.guess(best.index).probability,
            }
            for words, one in rows.items()
        ]
    )
    numbers: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="%.1f") for name in table.columns[2:]
    }
    st.dataframe(table, hide_index=True, width="stretch", column_config=numbers)
    st.write(
        f"{found.moved} of {found.buffers} batch norm layers moved their running mean during the "
        f"{found.passes} passes, without any training step. All this ran on a copy."
    )
