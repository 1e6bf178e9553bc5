"""Batch norm: the four steps, a real layer, its two modes, deep networks, and claims tried out."""

from functools import partial

import streamlit as st

from explorer.ui import controls, picker
from explorer.ui.batch_norm import claims, depth, layer, modes, steps
from explorer.words import label, section

choice = picker.current()
st.title(label("page.batch_norm"))
st.write(section("batch_norm", "lead"))
controls.sections(
    "bn_section",
    {
        "steps": steps.draw,
        "layer": partial(layer.draw, choice),
        "modes": partial(modes.draw, choice),
        "depth": partial(depth.draw, choice),
        "claims": partial(claims.draw, choice),
    },
)
