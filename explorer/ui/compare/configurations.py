"""The paper's Table 1, with the sidebar's network lit."""

from functools import lru_cache

import streamlit as st

from explorer.architecture import NetworkSpec
from explorer.ui import controls, saving
from explorer.ui.drawing import drawing
from explorer.ui.drawn_once import drawn_once
from explorer.ui.leading import lead_to
from explorer.ui.picker import Choice
from explorer.views import table1
from explorer.words import label, language, section


def show(choice: Choice) -> None:
    """The table; a chosen cell opens its first block on Shortcuts."""
    controls.drawn_again("table1_shown", (choice.spec,), lambda: _show(choice))


def _show(choice: Choice) -> None:
    _introduction()
    chosen = drawing(
        _picture(choice.spec, language()),
        key="table1",
        label=label("table1.alt"),
        tools=True,
        choosable=True,
        filename="table1",
    )
    saving.save({"table1.csv": table1.csv_text})
    if chosen is not None:
        network, block = chosen.split()
        state = {"net": network, "shortcuts_block": block}
        lead_to("shortcuts", state, "table1_cell")


@drawn_once
def _introduction() -> None:
    st.header(label("table1.title"), anchor="table1")
    st.markdown(section("compare", "table1"))


@lru_cache(maxsize=64)
def _picture(spec: NetworkSpec, _language: str) -> str:
    return table1.picture(table1.column_of(spec))
