"""The picture, and what the network says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.architecture import PRESETS
from explorer.experiments.embedded import cards, default_network
from explorer.experiments.work import TooMuch
from explorer.ui import controls, gate
from explorer.ui.budget import kept
from explorer.ui.chart import drawn, show
from explorer.ui.drawing import drawing
from explorer.ui.drawn_once import drawn_once
from explorer.ui.inference import cache
from explorer.ui.inference import scene as scenes
from explorer.ui.inference.origin_state import open_at
from explorer.ui.inference.scene import Chosen, Loaded, Scene
from explorer.views.numbers import points
from explorer.words import glossary, label, section

if TYPE_CHECKING:
    from explorer.experiments.inference import Prediction
    from explorer.ui.picker import Choice


_OF_CLASSES: Final = ("grad_cam", "lesions", "modes", "many")
"""Sections that are about the probability of a class."""


def scene_of(choice: Choice, loaded: Loaded, chosen: Chosen) -> Scene:
    """The chosen picture before the chosen network; ends the page if they do not go together."""
    from explorer.experiments.images import PictureError

    try:
        return scenes.scene_of(choice, loaded, chosen)
    except PictureError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def answer(scene: Scene) -> None:
    """The answer in words, bars and milliseconds, or why there is none."""
    if scene.loaded.head == "none":
        st.info(section("recognition", "no answer"), icon=":material/info:")
        return
    try:
        _computed(scene)
    except TooMuch as problem:
        gate.refused(problem)
        return
    _answer(scene, scene.title)


def _computed(scene: Scene) -> None:
    if not cache.prediction.has(scene):
        with st.spinner(section("inference", "building", network=scene.title)):
            cache.prediction(scene)


@drawn_once(by=cache.BY_KEY)
def _answer(scene: Scene, title: str) -> None:
    """Networks that are alike may be called differently."""
    prediction = cache.prediction(scene)
    if not scene.trained:
        _second_opinion(scene, title)
    if not prediction.finite:
        st.warning(overflow(scene), icon=":material/error:")
        return
    first, *others = prediction.top(2)
    share = f"{first.probability:.1%}"
    words = "answer" if scene.trained else "answer_untrained"
    st.header(label(f"infer_answer.{words}", name=first.name, share=share), anchor=False)
    if others:
        st.caption(
            section("inference", "margin", points=points(prediction.margin), other=others[0].name),
            help=glossary("margin"),
        )
    bars(prediction, "infer_top")


def where_from(scene: Scene) -> None:
    """The way to the sum behind the answer; nothing where there is no answer."""
    there = cache.prediction.has(scene)
    controls.drawn_again("infer_where_from", (scene.key, there), lambda: _where_from(scene))


def _where_from(scene: Scene) -> None:
    prediction = cache.answered(scene)
    if prediction is None:
        return
    first = prediction.best
    st.button(
        label("origin.logit", logit=f"{first.logit:.4g}"),
        icon=":material/account_tree:",
        key="infer_origin",
        type="tertiary",
        on_click=open_at,
        args=(f"fc,{first.index}",),
    )


def allowed(draw: Callable[[Scene], None], scene: Scene) -> None:
    """Draw a section, or say in its place that it would take more than is run here."""
    if scene.loaded.head == "none" and draw.__module__.rpartition(".")[2] in _OF_CLASSES:
        st.info(section("recognition", "no classes here"), icon=":material/info:")
        return
    try:
        draw(scene)
    except TooMuch as problem:
        gate.refused(problem)


def overflow(scene: Scene) -> str:
    """Why a network answers with inf or NaN: its file, or what untrained values do."""
    blocks = len(scene.blueprint.blocks)
    if not scene.loaded.own:
        return section("inference", "overflow", blocks=blocks)
    if not cache.all_numbers(scene.weights, scene.loaded):
        return section("inference", "not numbers")
    return section("inference", "overflow of a file", blocks=blocks)


def _second_opinion(scene: Scene, title: str) -> None:
    """What a trained network on board says of the picture that an untrained one guesses at."""
    if not cards() or scene.blueprint.spec.in_channels != 3:
        return
    name = default_network()
    best = cache.prediction(scene.on(name, PRESETS[name].image_size)).best
    st.success(
        section(
            "inference",
            "second opinion",
            trained=PRESETS[name].title,
            answer=best.name,
            share=f"{best.probability:.1%}",
            network=title,
        ),
        icon=":material/lightbulb:",
    )


@drawn_once(by=cache.BY_KEY)
def pictures(scene: Scene) -> None:
    """The picture beside what is left of it for the network."""
    drawing(
        _pictures(scene),
        key="infer_pictures",
        label=label("infer_pictures.label"),
        min_width=270,
        for_all=False,
    )


@kept(by=cache.BY_KEY, worded=True)
def _pictures(scene: Scene) -> str:
    from explorer.views.inference_pictures import beside
    from explorer.views.rasters import data_url, enlarged

    (width, height), crop = scene.picture.size, scene.prepared.cropped
    small = scene.picture.image.copy()
    small.thumbnail((640, 440))
    file = label("infer_pictures.file", format=scene.picture.format, width=width, height=height)
    got = label("infer_pictures.got", width=crop.width, height=crop.height)
    return beside(
        [
            (data_url(small, "JPEG"), file, small.width / small.height),
            (data_url(enlarged(crop, 300)), got, 1.0),
        ]
    )


def bars(prediction: Prediction, key: str, count: int = 5) -> None:
    """The likeliest classes as bars."""
    from explorer.views.inference_charts import top_bars

    top = prediction.top(count)
    figure = drawn(top_bars, [guess.name for guess in top], [guess.probability for guess in top])
    words = label("list.comma").join(f"{guess.name} {guess.probability:.1%}" for guess in top)
    show(figure, key, alt=label("infer_answer.bars", answers=words))


def measured(scene: Scene) -> tuple[float, float, float] | None:
    """Seconds of decoding, preparation and pass, as measured when they were first done."""
    try:
        prediction = cache.prediction(scene)
    except TooMuch:
        return None  # it is said in the answer's place
    return scene.picture.seconds, scene.prepared.seconds, prediction.seconds


def times(scene: Scene) -> None:
    """Where the time went."""
    found = measured(scene)
    if found is None:
        return
    decode, prepare, forward = (1000 * seconds for seconds in found)
    st.caption(
        section(
            "inference",
            "times",
            decode=decode,
            preprocess=prepare,
            forward=forward,
            total=decode + prepare + forward,
        )
    )
