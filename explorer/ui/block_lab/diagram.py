"""The composed block: its picture, the rule that decides its shortcut, and what mends it."""

from functools import lru_cache
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.architecture.unit import Unit, UnitSpec, unit
from explorer.lessons import block_lab
from explorer.lessons.sentences import block_sentence
from explorer.ui import controls
from explorer.ui.block_lab.composer import case_buttons, composer, mend_buttons
from explorer.ui.drawing import drawing
from explorer.ui.drawn_once import drawn_once
from explorer.views import unit_diagram
from explorer.words import glossary, language, section

_HEIGHT: Final = 470
"""Pixels: with it the addition is in sight on a projector."""


def draw() -> None:
    """Picture on the left; what it means, and the controls, on the right."""
    case_buttons("beside")
    left, right = beside_picture()
    told = right.container(key="unit_told")
    with right:
        spec = composer("beside")
        _totals(spec)
    composed = _composed(spec)
    with left:
        verdict = block_lab.verdict(composed)
        described = section("block_lab", "picture", verdict=verdict)
        drawing(
            picture_of(spec, language()),
            key="unit_diagram",
            label=described,
            height=_HEIGHT,
            saves=True,
            filename="residual_block",
        )
    with told:
        controls.drawn_again("unit_told", (spec,), lambda: _explain(composed))


@lru_cache(maxsize=64)
def _composed(spec: UnitSpec) -> Unit:
    return unit(spec)


@lru_cache(maxsize=64)
def picture_of(spec: UnitSpec, _language: str) -> str:
    """The drawing of a block, for `language()`."""
    return unit_diagram.picture(_composed(spec))


@drawn_once
def _totals(spec: UnitSpec) -> None:
    composed = _composed(spec)
    st.markdown(block_lab.totals(composed), help=glossary("MACs"))
    for said in block_lab.extras(composed):
        st.markdown(said)
    with st.expander(section("block_lab", "in words")):
        ops = (f"1. {block_sentence(composed.block, op)}" for op in composed.ops)
        st.markdown("\n".join(ops))


def beside_picture() -> tuple[DeltaGenerator, DeltaGenerator]:
    """A place as wide as the picture in its natural size, and one for the rest of the width."""
    row = st.container(horizontal=True, gap="large", key="unit_beside")
    return row.container(width=int(unit_diagram.WIDTH), key="unit_picture"), row.container(
        width="stretch"
    )


def _explain(composed: Unit) -> None:
    """Why the shortcut is solid, dashed or wrong, and what mends it."""
    rule = block_lab.rule(composed)
    if composed.verdict == "fails":
        st.error(rule, icon=":material/link_off:")
    elif composed.verdict == "broadcasts":
        st.warning(rule, icon=":material/warning:")
    else:
        st.markdown(rule)
    mend_buttons(composed)
