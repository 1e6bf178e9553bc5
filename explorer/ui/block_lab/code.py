"""The chosen network as one file."""

import streamlit as st

from explorer.architecture import blueprint
from explorer.ui.picker import Choice
from explorer.views.source_code import module_source
from explorer.words import label, section


def draw(choice: Choice) -> None:
    """The source, and a button that saves it."""
    source = module_source(blueprint(choice.spec, choice.image_size), choice.title)
    st.markdown(section("block_lab", "code", title=choice.title))
    st.download_button(
        label("block_lab.save_code"),
        source,
        f"{choice.name}.py",
        mime="text/x-python",
        on_click="ignore",
        icon=":material/download:",
    )
    st.code(source)
