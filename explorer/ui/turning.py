"""The two buttons that turn from one card to the next and back, with the arrow keys."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from explorer.ui import controls
from explorer.words import label


def buttons(prefix: str, turn: Callable[..., None], args: Sequence[Any] = ()) -> None:
    """Draw them; `turn(*args, step)` is called with a step of -1 or 1.

    Args:
        prefix: of this page's keys.
        turn: takes the page to the card before or after.
        args: what `turn` wants before the step.
    """
    controls.drawn_again(f"{prefix}_turning", (*args,), lambda: _buttons(prefix, turn, args))


def _buttons(prefix: str, turn: Callable[..., None], args: Sequence[Any]) -> None:
    with st.container(horizontal=True):
        for name, key, step in (("previous", "Left", -1), ("next", "Right", 1)):
            st.button(
                label(f"turning.{name}"),
                shortcut=key,
                on_click=turn,
                args=(*args, step),
                key=f"{prefix}_{name}",
            )
