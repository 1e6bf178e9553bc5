"""The link to Compare, wherever a network is shown."""

import streamlit as st

from explorer.ui import controls, navigation, picker
from explorer.ui.picker import Choice
from explorer.words import label


def compare_link(choice: Choice) -> None:
    """A link to the page, with the network that is looked at on the left."""
    carried = controls.carried("compare")
    if choice.name != picker.current().name:
        carried = {"net": [choice.name]}  # a page may show another one than the sidebar's
    page = next(page for page in navigation.pages() if page.url_path == "compare")
    st.page_link(
        page,
        label=label("compare.link", title=choice.title),
        icon=":material/compare_arrows:",
        query_params=carried,
    )
