import streamlit as st

from explorer.lessons import section
from explorer.ui import cache, picker, trace_tabs, tracing
from explorer.ui.player import player

choice = picker.current()
bp = cache.blueprint_of(choice.spec, choice.image_size)

st.title("Shape trace")
st.markdown(section("shape_trace", "introduction", title=choice.title))
trace = tracing.badge(choice)
player(bp, choice.title, trace)
trace_tabs.tabs(bp, choice, trace)
