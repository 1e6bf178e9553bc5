"""The model card of a visitor's file: what it is, how it is read, and what was made of it."""

from __future__ import annotations

import streamlit as st

from explorer.ui import own_weights
from explorer.ui.inference.own_told import judged, remarks, what_it_is
from explorer.ui.inference.own_words import reading_words
from explorer.ui.inference.scene import Scene
from explorer.ui.own_weighed import weighed
from explorer.words import label, quoted, section


def draw(scene: Scene) -> None:
    """Nothing where the scene's weights are not a visitor's."""
    mine = own_weights.mine() if scene.loaded.own else None
    spec = scene.blueprint.spec
    reading = mine.reading_of(spec) if mine is not None else None
    if mine is None or reading is None:
        return
    found, recipe = mine.found, scene.recipe
    st.header(label("own_card.title"), anchor=False)
    stored = label("list.comma").join(found.stored)
    st.markdown(
        section(
            "recognition",
            "card",
            file=quoted(mine.name),
            size=mine.bytes / 1e6,
            form=label(f"own_card_form.{found.form}"),
            stored=stored,
        )
    )
    st.markdown(what_it_is(mine, spec))
    colours = "blue first" if recipe.bgr else "red first"
    st.markdown(
        section(
            "recognition",
            f"card reading, {colours}",
            reading=reading_words(reading),
            mean=_numbers(recipe.mean),
            std=_numbers(recipe.std),
            resize=recipe.resize,
            crop=recipe.crop,
        )
    )
    for sentence in (judged(mine, weighed(mine, scene.loaded.device), reading), *remarks(mine)):
        if sentence:
            st.markdown(sentence)
    st.caption(section("recognition", "card unknown"))


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
