"""Boxes that stand in a page as long as one is on it: told again without being made anew."""

from collections.abc import Callable

from streamlit.cursor import RunningCursor
from streamlit.delta_generator import DeltaGenerator

from explorer.ui import controls


def boxes(name: str, make: Callable[[], tuple[DeltaGenerator, ...]]) -> tuple[DeltaGenerator, ...]:
    """The boxes (containers, columns) that `make` makes.

    Args:
        name: unique over the app.
        make: makes the same ones whenever it is called, and draws nothing but boxes.
    """
    made = controls.drawn_again(f"boxes {name}", (), lambda: [(box, _next(box)) for box in make()])
    for box, place in made:
        # What the last run has drawn in it is drawn in the same places.
        if isinstance(box._cursor, RunningCursor):
            box._cursor.reset()
            box._cursor._index = place
    return tuple(box for box, _ in made)


def _next(box: DeltaGenerator) -> int:
    """At which place in this box something would be drawn next."""
    return box._cursor.index if box._cursor else 0
