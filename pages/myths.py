import streamlit as st

from explorer.lessons import section
from explorer.ui import myths, picker

picker.current()
st.title("Myths")
st.write(section("myths_page", "Introduction", count=len(myths.myths())))
myths.show(myths.choose())
myths.score()
