"""What stands above the views: picture, weights and answer; folded where a view needs the room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.experiments.inference_setup import BEST, FILE, OPTIONS
from explorer.experiments.samples import samples
from explorer.ui import controls, frame, own_weights, uploads
from explorer.ui.boxes import boxes
from explorer.ui.inference import cache, upload
from explorer.ui.inference.scene import Scene
from explorer.words import label, section

_OPENED: Final = "infer_head_opened"
"""The view in which something was left to be given: it stays open there, until another is."""


def folded(views: tuple[str, ...]) -> bool:
    """Whether a view is open that begins below the fold; the first one is about what is above."""
    return bool(controls.settled("infer_view", views, views[0]) != views[0])


def title() -> DeltaGenerator:
    """The page's title and the picture's choice beside it; the place for the answer."""
    with st.container(key="infer_line"):
        left, middle, right = st.columns([4, 3, 6], gap="small", vertical_alignment="center")
    with left:
        frame.title(label("page.inference"))
    if _source() == "sample":
        with middle:
            controls.choice(
                "infer_sample",
                list(samples()),
                default=upload.FIRST,
                kind="select",
                shown=str,
                label=label("infer_from.label"),
                label_visibility="collapsed",
            )
        return right
    return middle


@contextmanager
def fold(is_folded: bool) -> Iterator[None]:
    """What is drawn inside can be opened, and is where something is left to be given."""
    if not is_folded:
        st.session_state.pop(_OPENED, None)
        yield
        return
    view = controls.held("infer_view")
    if _lacks():
        st.session_state[_OPENED] = view
    opened = st.session_state.get(_OPENED) == view
    # The browser remembers what is open, by place and by key.
    key = "infer_head_asked" if opened else "infer_head"
    with st.container() if opened else nullcontext():
        whole = st.expander(
            label("infer_head.label"), icon=":material/image:", key=key, expanded=opened
        )
    with whole:
        yield


def places(wanted: str) -> tuple[DeltaGenerator, ...]:
    """The two columns, what is below them, and the pictures' place if nothing comes before it."""
    # Of a visitor's file, what it is comes first.
    own = wanted == FILE
    return boxes("inference_own" if own else "inference", partial(_places, own))


def _places(own: bool) -> tuple[DeltaGenerator, ...]:
    with st.container(key="infer_beside"):
        left, right = st.columns([5, 6], gap="large")
    shown = () if own else (left.container(),)
    return left, right, st.container(), *shown


def short(scene: Scene) -> None:
    """The answer in one line, where it is folded away, and whether a file was not taken."""
    if _wanted() == FILE and own_weights.given() is not None and not scene.loaded.own:
        st.markdown(section("inference", "file folded"))
        return
    prediction = cache.answered(scene)
    if prediction is None:
        return
    best = prediction.best
    words = "answer" if scene.trained else "answer_untrained"
    said = label(f"infer_answer.{words}", name=best.name, share=f"{best.probability:.1%}")
    st.markdown(label("infer_head.answer", network=scene.title, answer=said))


def _source() -> str:
    found: str = controls.settled("infer_from", upload.FROM, upload.FROM[0])
    return found


def _wanted() -> str:
    found: str = controls.settled("infer_weights", OPTIONS, BEST)
    return found


def _lacks() -> bool:
    """Whether a picture or a file is asked for and not there."""
    if _wanted() == FILE and own_weights.given() is None:
        return True
    source = _source()
    shelves = {"upload": uploads.PICTURES, "camera": upload.PHOTO}
    return source in shelves and not uploads.kept(shelves[source])
