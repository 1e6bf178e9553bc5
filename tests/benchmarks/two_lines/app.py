"""The smallest page there is: what Streamlit itself costs. test_clicks.py measures by it."""

import streamlit as st

st.title("Two lines")
st.write("and nothing else")
