"""The player's other direction: the loss of one class on its way back, op by op."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.experiments.inference_setup import UNTRAINED
from explorer.experiments.samples import samples
from explorer.experiments.work import TooMuch
from explorer.ui import controls, gate, player_back_op, player_back_way
from explorer.ui.cache import network_of, usable_device
from explorer.ui.inference import cache, upload
from explorer.ui.inference import gradient_cache as kept
from explorer.ui.inference.answer import overflow, scene_of
from explorer.ui.inference.grad_cam import choose_true_class
from explorer.ui.inference.scene import Chosen, Loaded, setups_of
from explorer.ui.inference.two_networks import weights_of
from explorer.ui.picker import Choice
from explorer.views.numbers import magnitude
from explorer.words import label, section

if TYPE_CHECKING:
    from collections.abc import Callable

    from explorer.architecture import Blueprint, Op

PICTURE: Final = "trace_picture"
CLASS: Final = "trace_class"
_OWN: Final = "own"


def draw(choice: Choice, bp: Blueprint, op: Op, go: Callable[[str], None]) -> None:
    """The gradient at one op, and what the op does to it; a click leads on by `go`."""
    try:
        _draw(choice, bp, op, go)
    except TooMuch as problem:
        gate.refused(problem)


def _draw(choice: Choice, bp: Blueprint, op: Op, go: Callable[[str], None]) -> None:
    left, right, said = st.columns([3, 4, 6], vertical_alignment="bottom")
    with left:
        chosen = _picture()
    scene = scene_of(choice, _loaded(choice), chosen)
    prediction = cache.prediction(scene)
    if not prediction.finite:
        st.warning(overflow(scene), icon=":material/error:")
        return
    with right:
        target = choose_true_class(scene, prediction, CLASS)
    with st.spinner(label("gradient.running")):
        found = kept.backward(scene, kept.ABOVE, kept.is_plain(scene), target)
    if not found.finite:
        st.warning(section("gradient", "overflow back"), icon=":material/error:")
        return
    guess = prediction.guess(target)
    with said:
        weights = "trained" if scene.trained else "untrained"
        numbers = {"name": guess.name, "share": f"{guess.probability:.1%}"}
        st.caption(section("gradient", f"walk, {weights}", loss=magnitude(found.loss), **numbers))
    player_back_op.draw(bp, op, found, scene, go, guess.probability)
    player_back_way.draw(bp, found, bp.block(op.path).path, go)
    player_back_way.further(bp, op, chosen, target)


def _picture() -> Chosen:
    """Draw the choice of the picture; what is chosen."""
    from explorer.experiments.images import PictureError

    mine = upload.uploaded()
    shown = [*samples(), *([_OWN] if mine else [])]
    name = controls.choice(
        PICTURE,
        shown,
        default=upload.FIRST,
        kind="select",
        shown=lambda one: label(f"{PICTURE}.own") if one == _OWN else one,
    )
    if name == _OWN:
        try:
            return upload.of_file(mine[-1])
        except PictureError as error:
            words = section("inference", "sample instead", problem=error)
            st.error(words, icon=":material/broken_image:")
            name = upload.FIRST
    return upload.of_sample(samples()[name])


def _loaded(choice: Choice) -> Loaded:
    """Trained weights of this network where they are here, else those it is initialised with."""
    device = usable_device(choice.device).id
    found = weights_of(choice, device)
    if found is not None:
        return found
    setup = setups_of(None if choice.customised else choice.name, choice.spec)[UNTRAINED]
    network = partial(network_of, choice.spec, device)
    return Loaded(f"untrained {choice.spec} {device}", setup, device, network, False)
