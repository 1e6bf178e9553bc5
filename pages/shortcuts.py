import streamlit as st

from explorer.ui import cache, picker

choice = picker.current()
bp = cache.blueprint_of(choice.spec, choice.image_size)
st.title(choice.title)
st.write(f"{bp.params:,} parameters, {bp.macs:,} MACs")
