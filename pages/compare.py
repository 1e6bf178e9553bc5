"""Compare: two networks side by side, what differs between them, and what follows."""

import streamlit as st

from explorer.ui import frame
from explorer.ui.body import body
from explorer.ui.compare import configurations, drawn, numbers, sides, timed
from explorer.ui.inference import two_networks
from explorer.ui.picker import Choice
from explorer.words import label


def draw(choice: Choice) -> None:
    heading = st.container()
    both = sides.choose(choice)
    with heading:
        frame.title(label("compare.title", left=both.titles.left, right=both.titles.right))
    drawn.show(both, lambda: numbers.told(both))
    numbers.tables(both)
    timed.draw(choice, both)
    two_networks.draw(choice, both.right, sides.take)
    configurations.show(choice)


body(draw)
