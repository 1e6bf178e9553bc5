"""Compare: two networks side by side, what differs between them, and what follows."""

import streamlit as st

from explorer.ui import frame
from explorer.ui.body import body
from explorer.ui.compare import configurations, drawn, numbers, sides, timed
from explorer.ui.inference import two_networks
from explorer.ui.picker import Choice
from explorer.words import label, section


def draw(choice: Choice) -> None:
    heading = st.container()
    both = sides.choose(choice)
    with heading:
        frame.title(label("compare.title", left=both.titles.left, right=both.titles.right))
    beside = drawn.show(both)
    with beside:
        numbers.told(both)
        st.caption(f"{section('compare', 'picture')} {section('compare', 'introduction')}")
    numbers.follows(both)
    measure = drawn.show_pair(both)
    numbers.table(both, measure)
    numbers.figures(both)
    timed.draw(choice, both)
    two_networks.draw(choice, both.right, sides.take)
    configurations.show(choice)


body(draw)
