"""The smallest part of a page that reruns alone: below what no click can cost in Streamlit."""

import streamlit as st


@st.fragment
def part() -> None:
    st.button("press", key="press")


st.title("Two lines")
st.write("and nothing else")
part()
