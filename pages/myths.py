"""Myths: statements one reads everywhere, to judge before one sees what decides them."""

import streamlit as st

from explorer.lessons.myths import myths as statements
from explorer.ui import myths, picker
from explorer.words import label, section

picker.current()
st.title(label("myths.title"))
st.write(section("myths_page", "Introduction", count=len(statements())))
myths.show(myths.choose())
myths.score()
myths.keep()
