"""Which value is taken apart: in the address, with the way that led there beside it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from explorer.experiments.origin.places import Place, Wanted, op_of, read
from explorer.ui import controls
from explorer.ui.inference import cache
from explorer.ui.inference.scene import Scene
from explorer.words import WordedError

KEY: Final = "origin"
_TRAIL: Final = "origin_trail"
_WALK: Final = "origin_walk"
_LONGEST: Final = 100
_SECTIONS: Final = "infer_view"
_FIRST: Final = "preprocessing"
"""Of the page, as it draws its sections."""


def go(text: str) -> None:
    """Take this value apart next, in a callback."""
    st.session_state.pop(_WALK, None)
    controls.put(KEY, text, "")


def open_at(text: str) -> None:
    """The same from another section of the page: opens the view, too."""
    with controls.one_step():
        go(text)
        controls.put(_SECTIONS, "origin", _FIRST)


def wanted(scene: Scene) -> Wanted:
    """What the address asks for; the answer's logit where it says nothing, or nonsense."""
    asked = walking() or controls.text(KEY, _LONGEST)
    if asked:
        try:
            return read(asked, scene.blueprint)
        except WordedError as problem:
            st.warning(str(problem), icon=":material/wrong_location:")
    return read(f"fc,{cache.prediction(scene).best.index}", scene.blueprint)


# --- the walk -----------------------------------------------------------------------------------


def walking() -> str | None:
    """The place where the walk is; None while it stands."""
    found: str | None = st.session_state.get(_WALK)
    return found


def walk(place: Place) -> None:
    """Begin to walk; the address follows when it ends, so that Back has one step to undo."""
    st.session_state[_WALK] = place.text


def step(place: Place, shape: tuple[int, ...]) -> None:
    """One position on; the last one ends the walk."""
    following = place.moved(0, 1, shape)
    if (following.row, following.column) == (0, 0):
        go(place.text)
    elif walking():
        walk(following)


def stop() -> None:
    """End the walk where it is."""
    if place := walking():
        go(place)


# --- the way back -------------------------------------------------------------------------------


def trail(scene: Scene, place: Place) -> list[Place]:
    """The values that were followed to this one, from where the visitor began."""
    bp = scene.blueprint
    key, before = st.session_state.get(_TRAIL, (None, []))
    way: list[Place] = before if key == scene.key else []
    if place in way:
        way = way[: way.index(place) + 1]
    elif way and way[-1].path == place.path:
        way = [*way[:-1], place]
    elif way and place.path in op_of(bp, way[-1].path).inputs:
        way = [*way, place]
    else:
        way = [place]
    st.session_state[_TRAIL] = (scene.key, way)
    return way
