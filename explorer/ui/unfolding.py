"""Which stages are drawn block by block: one control wherever equal blocks are folded."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

import streamlit as st

from explorer.ui import controls
from explorer.words import glossary, label, listed, section

_NOTHING: Final = ("nothing",)
"""Offered where no stage can be unfolded."""


def choose(key: str, stages: Sequence[str], named: Callable[[str], str]) -> tuple[str, ...]:
    """Draw the control and return the paths of the unfolded stages, in their order.

    Args:
        key: of the control, whose words are found by it.
        stages: paths of those that have something folded.
        named: path -> what the stage is called here.
    """
    chosen = controls.choices(
        key,
        tuple(stages) or _NOTHING,
        shown=lambda path: label(f"{key}.nothing") if path in _NOTHING else named(path),
        disabled=not stages,
        help=glossary("folded"),
    )
    return tuple(stage for stage in stages if stage in chosen)


def say_capped(subject: str, titles: Collection[str], most: int) -> None:
    """Say of which unfolded stages only the first `most` are drawn; `subject` words it."""
    if titles:
        st.info(section(subject, "capped", stages=listed(list(titles)), most=most))
