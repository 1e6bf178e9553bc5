"""What stands above the views: picture, weights and answer; folded where a view needs the room."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Final

import streamlit as st

from explorer.experiments.inference_setup import BEST, FILE, OPTIONS
from explorer.ui import controls
from explorer.ui.inference import cache, upload
from explorer.ui.inference.scene import Scene
from explorer.words import label

_LONG: Final = ("origin", "gradient", "speed")
"""Views whose subject would begin below the fold."""


def folded(views: tuple[str, ...]) -> bool:
    """Whether the open view is such a one, and nothing is left to be given above it."""
    if controls.settled("infer_view", views, views[0]) not in _LONG:
        return False
    if controls.settled("infer_weights", OPTIONS, BEST) == FILE:
        return False
    source = controls.settled("infer_from", upload.FROM, upload.FROM[0])
    return source == "sample" or (source == "upload" and bool(upload.uploaded()))


def title() -> st.delta_generator.DeltaGenerator:
    """The page's title; the place beside it, for the answer."""
    left, right = st.columns([2, 3], gap="small", vertical_alignment="bottom")
    left.title(label("page.inference"), anchor=False)
    return right


def fold(is_folded: bool) -> AbstractContextManager[object]:
    """What is drawn inside can be opened."""
    if not is_folded:
        return nullcontext()
    return st.expander(label("infer_head.label"), icon=":material/image:", key="infer_head")


def short(scene: Scene) -> None:
    """The answer in one line, where it is folded away."""
    prediction = cache.answered(scene)
    if prediction is None:
        return
    best = prediction.best
    words = "answer" if scene.trained else "answer_untrained"
    said = label(f"infer_answer.{words}", name=best.name, share=f"{best.probability:.1%}")
    st.markdown(label("infer_head.answer", network=scene.title, answer=said))
