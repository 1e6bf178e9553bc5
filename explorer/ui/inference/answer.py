"""The picture, and what the network says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.architecture import PRESETS
from explorer.experiments.embedded import cards, default_network
from explorer.ui.chart import show
from explorer.ui.drawing import drawing
from explorer.ui.inference import cache
from explorer.ui.inference.cache import Scene
from explorer.words import glossary, section

if TYPE_CHECKING:
    from explorer.experiments.inference import Prediction
    from explorer.ui.inference.upload import Chosen
    from explorer.ui.inference.weights import Loaded
    from explorer.ui.picker import Choice


def scene_of(choice: Choice, loaded: Loaded, chosen: Chosen) -> Scene:
    """The chosen picture before the chosen network; ends the page if they do not go together."""
    from explorer.experiments.images import PictureError

    try:
        return cache.scene_of(choice, loaded, chosen)
    except PictureError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def answer(scene: Scene) -> Prediction | None:
    """The answer in words, bars and milliseconds; None if the network overflowed."""
    prediction = cache.prediction(scene.key, scene)
    if not scene.trained:
        _second_opinion(scene)
    if not prediction.finite:
        blocks = len(scene.blueprint.blocks)
        st.warning(section("inference", "overflow", blocks=blocks), icon=":material/error:")
        return None
    first, *others = prediction.top(2)
    guess = "" if scene.trained else "Untrained guess: "
    st.subheader(f"{guess}{first.name}: {first.probability:.1%}", anchor=False)
    if others:
        st.caption(
            f"Margin {_points(prediction.margin)} before {others[0].name}.",
            help=glossary("margin"),
        )
    bars(prediction, "infer_top")
    times(scene, prediction)
    return prediction


def _points(share: float) -> str:
    points = 100 * share
    return f"{points:.1f} points" if points >= 0.1 else f"{points:.2g} points"


def _second_opinion(scene: Scene) -> None:
    """What a trained network on board says of the picture that an untrained one guesses at."""
    if not cards() or scene.blueprint.spec.in_channels != 3:
        return
    name = default_network()
    other = cache.on_board(name, scene, PRESETS[name].image_size)
    best = cache.prediction(other.key, other).best
    title = PRESETS[name].title
    st.success(
        f"{title}, trained and on board, says **{best.name}** ({best.probability:.1%}) of this "
        f"picture; {scene.title}, untrained, says:",
        icon=":material/lightbulb:",
    )


def pictures(scene: Scene) -> None:
    """The picture beside what is left of it for the network."""
    drawing(
        _pictures(scene.key, scene),
        key="infer_pictures",
        label="The picture, and what the network gets of it",
        min_width=340,
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _pictures(key: str, _scene: Scene) -> str:
    from explorer.views.inference_pictures import beside, data_url, enlarged

    (width, height), crop = _scene.picture.size, _scene.prepared.cropped
    small = _scene.picture.image.copy()
    small.thumbnail((640, 440))
    return beside(
        [
            (
                data_url(small, "JPEG"),
                f"{_scene.picture.format}, {width:,} x {height:,} pixels",
                small.width / small.height,
            ),
            (data_url(enlarged(crop, 300)), f"the network gets {crop.width} x {crop.height}", 1.0),
        ]
    )


def bars(prediction: Prediction, key: str, count: int = 5) -> None:
    """The likeliest classes as bars."""
    from explorer.views.inference_charts import top_bars

    top = prediction.top(count)
    figure = top_bars([guess.name for guess in top], [guess.probability for guess in top])
    words = ", ".join(f"{guess.name} {guess.probability:.1%}" for guess in top)
    show(figure, key, alt=f"The likeliest classes: {words}")


def times(scene: Scene, prediction: Prediction) -> None:
    """Where the time went, as measured when it was first computed."""
    parts = {
        "decode": scene.picture.seconds,
        "preprocess": scene.prepared.seconds,
        "forward": prediction.seconds,
    }
    total = sum(parts.values())
    words = " + ".join(f"{name} {1000 * seconds:.1f}" for name, seconds in parts.items())
    st.caption(f"{words} = **{1000 * total:.1f} ms**, one picture.")
