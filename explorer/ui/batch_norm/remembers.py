"""What batch norm remembers: photographs through a trained network, with two classic mistakes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from explorer.architecture import PRESETS
from explorer.experiments.batch_norm.plan import takes_pictures
from explorer.experiments.embedded import cards, default_network, trained
from explorer.experiments.inference_setup import usual_recipe
from explorer.experiments.work import TooMuch
from explorer.ui import chart, controls, gate, own_weights
from explorer.ui.batch_norm import cached
from explorer.ui.cache import usable_device
from explorer.ui.own_weighed import weighed
from explorer.ui.picker import Choice
from explorer.views.inference_charts import remembered_curves
from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.experiments.preprocess import Preprocessing


def draw(choice: Choice) -> None:
    """The two switches, the curves, and what they say."""
    found = _subject(choice)
    if found is None:
        return
    subject, trained = found
    told, picture = st.columns([5, 7], gap="medium")
    with told:
        st.markdown(section("batch_norm", "remembers", network=subject.title))
        forget = st.toggle(label("bn_forget.label"), key="bn_forget", **controls.BOUND)
        bgr = st.toggle(label("bn_bgr.label"), key="bn_bgr", **controls.BOUND)
    device = usable_device(choice.device).id
    recipe = _recipe(subject, trained, device)
    network = (subject.spec, subject.side, device, trained, recipe)
    try:
        asked = ((*network, False, False), (*network, forget, bgr))
        if not all(cached.remembered.has(*each) for each in asked):
            with picture, st.skeleton(320), st.spinner(label("bn_running.remembers")):
                for each in asked:
                    cached.remembered(*each)
        else:
            picture.empty()  # the chart stands where it stood below them
        right, shown = (cached.remembered(*each) for each in asked)
    except TooMuch as problem:
        gate.refused(problem)
        return
    mistaken = forget or bgr
    curves = [right, shown] if mistaken else [right]
    names = [label("bn_remembers.right"), label("bn_remembers.mistaken")][: len(curves)]
    with picture:
        chart.show(
            chart.drawn(
                remembered_curves,
                names,
                [one.paths for one in curves],
                [one.distances for one in curves],
            ),
            "bn_remembers",
            alt=label("bn_alt.remembers"),
        )
    told.markdown(
        section(
            "batch_norm",
            "remembers, mistaken" if mistaken else "remembers, right",
            right=right.average,
            shown=shown.average,
        )
    )


def _recipe(subject: Choice, trained: str, device: str) -> Preprocessing:
    """What was done to the pictures that it learnt from: of a visitor's file, what its batch norms
    tell."""
    from explorer.experiments import weighing

    mine = own_weights.mine() if own_weights.is_own(trained) else None
    if mine is None:
        return usual_recipe(subject.spec).at(subject.side)
    way = weighing.best_values(mine.found, weighed(mine, device))
    return weighing.prepared_by(mine.found, subject.spec, way).at(subject.side)


def _subject(choice: Choice) -> tuple[Choice, str] | None:
    """The chosen network with the visitor's file or what is on board; else the one on board."""
    own = own_weights.for_spec(choice.spec)
    if own is not None and choice.spec.norm == "batch" and takes_pictures(choice.spec):
        return choice, own
    if not choice.customised and choice.name in trained():
        return choice, choice.name
    if not cards():
        return None
    entry = PRESETS[default_network()]
    other = replace(
        choice,
        spec=entry.spec,
        image_size=entry.image_size,
        name=entry.name,
        title=entry.title,
        customised=False,
    )
    return other, entry.name
