"""What a trained network says of a picture, and what it looked at."""

from functools import partial

import streamlit as st

from explorer.ui import controls, frame, picker
from explorer.ui.body import body
from explorer.ui.cache import usable_device
from explorer.ui.compare_link import compare_link
from explorer.ui.inference import (
    answer,
    card,
    feature_maps,
    grad_cam,
    gradient,
    head,
    lesions,
    many,
    modes,
    origin,
    own_readings,
    preprocessing,
    receptive_field,
    speed,
    upload,
    weights,
)
from explorer.ui.inference.answer import allowed
from explorer.ui.inference.scene import Chosen, Loaded, Scene
from explorer.ui.picker import Choice
from explorer.words import label, section

VIEWS = {
    "preprocessing": preprocessing.draw,
    "feature_maps": feature_maps.draw,
    "grad_cam": grad_cam.draw,
    "receptive_field": receptive_field.draw,
    "origin": origin.draw,
    "gradient": gradient.draw,
    "lesions": lesions.draw,
    "modes": modes.draw,
    "many": many.draw,
    "speed": speed.draw,
    "model_card": card.draw,
}


def sources() -> tuple[str, str]:
    left, right = st.columns([5, 6], gap="large", vertical_alignment="bottom")
    with left:
        taken_from = upload.origin()
    with right:
        return taken_from, weights.select()


def draw(current: Choice) -> None:
    folded = head.folded(tuple(VIEWS))
    if folded:
        beside_title = head.title()
    else:
        frame.title(label("page.inference"))
    with head.fold(folded):
        taken_from, wanted = controls.drawn_again("infer_sources", (), sources)
        chosen = upload.choose(taken_from)
        left, right, below, *shown = head.places(wanted)
        with left:
            choice = weights.stand_in(current, wanted)
            device = usable_device(choice.device)
            loaded = weights.choose(choice, wanted, device.id)
            pictures = shown[0] if shown else st.container()
    scene = answer.scene_of(choice, loaded, chosen)
    with pictures:
        answer.pictures(scene)
    with left:
        answer.where_from(scene)
    with right:
        answer.answer(scene)
    if loaded.own:
        with below:
            own_readings.draw(choice, device.id)
    if folded:
        with beside_title:
            head.short(scene)

    controls.sections(
        "infer_view", {name: partial(allowed, view, scene) for name, view in VIEWS.items()}
    )
    controls.drawn_again(
        "infer_below",
        (choice, scene.key, device.label, controls.carried("compare"), answer.measured(scene)),
        lambda: below_all(choice, device.label, loaded, chosen, scene),
    )
    picker.say_square(choice)


def below_all(choice: Choice, device: str, loaded: Loaded, chosen: Chosen, scene: Scene) -> None:
    """What the page is about, what it ran on what, and whose the picture is."""
    st.caption(section("inference", "lead", network=choice.title, device=device))
    weights.told(loaded)
    if not loaded.own:  # beside what a file was recognised as, there is one already
        compare_link(choice)
    upload.credits(chosen)
    answer.times(scene)


body(draw)
