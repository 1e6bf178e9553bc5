"""Glossary: every word of the field in a sentence, where it is seen, where it comes from."""

import streamlit as st

from explorer.lessons.glossary import terms
from explorer.ui import frame, glossary, picker
from explorer.words import label, section

picker.current()
frame.title(label("page.glossary"))
st.write(section("glossary_page", "introduction", count=len(terms())))
glossary.draw()
