"""The link to Compare, wherever a network is shown."""

from collections.abc import Mapping, Sequence

import streamlit as st

from explorer.architecture import PRESETS
from explorer.ui import controls, navigation, picker
from explorer.ui.drawn_once import drawn_once
from explorer.ui.picker import Choice
from explorer.words import label


def compare_link(choice: Choice) -> None:
    """A link to the page, with the network that is looked at on the left."""
    carried: Mapping[str, Sequence[str]] = controls.carried("compare")
    if choice.name != picker.current().name:
        carried = {"net": [choice.name]}  # a page may show another one than the sidebar's
    _link(label("compare.link", title=choice.title), navigation.frozen(carried))


def compare_pair(left: str, right: str) -> None:
    """A link to the page with two named networks, where a page shows both."""
    titles = {"left": PRESETS[left].title, "right": PRESETS[right].title}
    query = {"net": [left], "with": [right]}
    _link(label("compare.link_pair", **titles), navigation.frozen(query))


@drawn_once
def _link(said: str, query: navigation.Carried) -> None:
    st.page_link(
        navigation.page_of("compare"),
        label=said,
        icon=":material/compare_arrows:",
        query_params=navigation.thawed(query),
    )
