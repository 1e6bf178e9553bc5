"""The dashed blocks as a table, and what is published about them."""

import streamlit as st

from explorer.architecture import Blueprint
from explorer.views.shortcut_table import dashed_rows, summary
from explorer.words import glossary, section


def show(bp: Blueprint) -> None:
    """The table, or the sentence that says why there is none."""
    numbers = summary(bp)
    if bp.dashed:
        st.markdown(section("shortcuts", "dashed", **numbers))
        counts = {
            name: st.column_config.NumberColumn(name, format="localized", help=glossary(term))
            for name, term in (("Parameters", "parameters"), ("MACs", "MACs"))
        }
        st.dataframe(dashed_rows(bp), hide_index=True, width="stretch", column_config=counts)
    else:
        name = "no dashed" if bp.additions else "no shortcuts"
        st.markdown(section("shortcuts", name, **numbers))
    with st.expander("What is published about dashed shortcuts"):
        st.markdown(section("shortcuts", "dashed facts"))
        st.markdown(section("shortcuts", "norm facts"))
