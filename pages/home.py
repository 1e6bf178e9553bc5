"""Home: what this is and three ways in, the chosen network in one screen, and all pages."""

import streamlit as st

from explorer.architecture import blueprint
from explorer.lessons.overview import summary, why_called
from explorer.ui import frame, overview, picker, tour
from explorer.ui.compare_link import compare_link
from explorer.words import section

choice = picker.current()
bp = blueprint(choice.spec, choice.image_size)
figures = overview.figures(choice)

# Who is in the lesson is within already, and its stop asks for the figures.
if not tour.running():
    overview.doors()
frame.title(choice.title)
st.markdown(summary(bp))
if called := why_called(picker.entry_of(choice.name), bp):
    st.markdown(called)
overview.picture(bp, choice)
overview.tiles(bp, figures)
compare_link(choice)
overview.published(choice, figures)
overview.page_cards()
st.caption(section("home", "about"))
