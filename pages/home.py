"""Home: the chosen network in one screen, and what each page is for."""

import streamlit as st

from explorer.architecture import blueprint
from explorer.lessons.overview import summary
from explorer.ui import overview, picker
from explorer.words import section

choice = picker.current()
bp = blueprint(choice.spec, choice.image_size)
figures = overview.figures(choice)

st.title(choice.title)
st.markdown(summary(bp))
overview.tiles(bp, figures)
overview.picture(bp, choice)
overview.published(choice, figures)
overview.page_cards()
st.caption(section("home", "about"))
