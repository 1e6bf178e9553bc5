"""Why residual networks train: published comparisons, measurements, trainings, what is known."""

import streamlit as st

from explorer.ui import controls, frame, hiding
from explorer.ui.body import body
from explorer.ui.picker import Choice
from explorer.ui.why import initialisation, photographs, published, surface, training
from explorer.words import label, section


def draw(_: Choice) -> None:
    frame.title(label("page.why_residual"))
    if not hiding.hidden(training.HIDE):
        st.write(section("why_residual", "lead"))
    controls.sections(
        "why_part",
        {
            "published": published.studies,
            "initialisation": initialisation.draw,
            "training": training.draw,
            "photographs": photographs.draw,
            "surface": surface.draw,
            "paths": published.path_lengths,
            "known": published.what_is_known,
        },
    )


body(draw)
