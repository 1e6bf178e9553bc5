"""The composed block: its picture, the rule that decides its shortcut, and what mends it."""

import streamlit as st

from explorer.architecture.unit import Unit
from explorer.lessons import block_lab, glossary, section
from explorer.lessons.sentences import block_sentence
from explorer.ui.block_lab.composer import mend_buttons
from explorer.ui.drawing import drawing
from explorer.views import palette, unit_diagram


def draw(unit: Unit) -> None:
    """Picture on the left, what it means on the right."""
    left, right = st.columns([1.15, 1])
    with left:
        drawing(
            palette.themed(unit_diagram.picture(unit)),
            key="unit_diagram",
            label=f"The composed block: {unit.verdict}",
            filename="residual_block",
        )
    with right:
        rule(unit)
        totals = section("block_lab", "totals", params=unit.block.params, macs=unit.block.macs)
        st.markdown(totals, help=glossary("MACs"))
        if unit.addition is not None and unit.verdict not in ("fails", "broadcasts"):
            added = {"identity": "x", "projection": "W x", "padding": "padded x"}[unit.kind]
            st.markdown(section("block_lab", "what F learns", added=added))
        with st.expander(section("block_lab", "in words")):
            st.markdown("\n".join(f"1. {block_sentence(unit.block, op)}" for op in unit.ops))


def rule(unit: Unit) -> None:
    """Why the shortcut is solid, dashed or wrong, and the buttons that mend it."""
    text = block_lab.rule(unit)
    if unit.verdict == "fails":
        st.error(text, icon=":material/link_off:")
    elif unit.verdict == "broadcasts":
        st.warning(text, icon=":material/warning:")
    else:
        st.markdown(text)
    if unit.verdict in ("fails", "broadcasts"):
        st.markdown(section("block_lab", "mend"))
        mend_buttons(unit)
