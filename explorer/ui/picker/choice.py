"""The choice of a run: which network a visitor looks at, and at which image size."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from explorer import words
from explorer.architecture import PRESETS, NetworkSpec, Preset
from explorer.architecture.image_size import ImageSize, sides, size_text
from explorer.ui import navigation

CUSTOM: Final = "custom"
FIRST: Final = next(iter(PRESETS))
"""The network of a visitor who has chosen none."""
NETWORKS: Final = (*PRESETS, CUSTOM)
STATE: Final = "choice"
"""Where the session keeps the choice for the pages."""
CHOSEN: Final = "network_chosen"
"""Where it keeps whether the network was named by anybody."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the visitor looks at. `name` is the preset's, also where it is customised."""

    spec: NetworkSpec
    image_size: ImageSize
    device: str
    name: str
    title: str
    customised: bool

    @property
    def side(self) -> int:
        """Of the square that pages take which work on squares only: the smaller side."""
        return min(sides(self.image_size))


def current() -> Choice:
    """The choice of this run, for a page. Starts app.py where a page was opened without it."""
    navigation.require_app()
    choice: Choice = st.session_state[STATE]
    return choice


def say_square(choice: Choice) -> None:
    """Say on a page that works on squares only what it takes of an image that is none."""
    if choice.side != choice.image_size:
        size = size_text(choice.image_size)
        st.caption(words.section("picker", "square", size=size, square=size_text(choice.side)))


def network_chosen() -> bool:
    """Whether a link or the visitor named the network; else it is the one that comes first."""
    return bool(st.session_state.get(CHOSEN))


def entry_of(name: str) -> Preset:
    """The named network, or the blank one of the visitor's own, which starts as ResNet-18."""
    if name == CUSTOM:
        spec = PRESETS[FIRST].spec
        return Preset(CUSTOM, words.label("net.custom"), "custom", spec, PRESETS[FIRST].image_size)
    return PRESETS[name]
