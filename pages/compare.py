"""Compare: two networks side by side, what differs between them, and what follows."""

import streamlit as st

from explorer.ui.body import body
from explorer.ui.compare import configurations, drawn, numbers, sides, timed
from explorer.ui.inference import two_networks
from explorer.ui.picker import Choice
from explorer.words import label, section


def draw(choice: Choice) -> None:
    heading = st.container()
    st.markdown(section("compare", "introduction"))
    both = sides.choose(choice)
    with heading:
        st.title(label("compare.title", left=both.titles.left, right=both.titles.right))
    numbers.told(both)

    st.header(label("compare.drawing"), anchor="block-by-block")
    st.markdown(section("compare", "picture"))
    measure = drawn.show(both)
    numbers.table(both, measure)
    numbers.figures(both)
    timed.draw(choice, both)
    two_networks.draw(choice, sides.right_of(choice, both), sides.take)
    configurations.show(choice)


body(draw)
