import streamlit as st

from explorer.ui import myths, picker
from explorer.words import section

picker.current()
st.title("Myths")
st.write(section("myths_page", "Introduction", count=len(myths.myths())))
myths.show(myths.choose())
myths.score()
