"""Parameters: the bottleneck argument, where the chosen network's are, and all networks."""

from functools import partial

import streamlit as st

from explorer.architecture import Blueprint, blueprint
from explorer.architecture.image_size import size_text
from explorer.ui import controls, frame
from explorer.ui.body import body
from explorer.ui.compare_link import compare_link
from explorer.ui.drawn_once import drawn_once
from explorer.ui.parameters import bottleneck, network, presets, training
from explorer.ui.picker import Choice
from explorer.words import label, section


def draw(choice: Choice) -> None:
    bp = blueprint(choice.spec, choice.image_size)

    lead(bp, choice.title)
    controls.sections(
        "params_view",
        {
            "bottleneck": bottleneck.draw,
            "network": partial(network.draw, bp, choice.title),
            "training": partial(training.draw, choice, bp),
            "presets": partial(presets.draw, choice, bp),
        },
        again={"network": (choice,), "presets": (choice,)},
    )
    compare_link(choice)


@drawn_once
def lead(bp: Blueprint, title: str) -> None:
    """The title, and what the network has of each."""
    frame.title(label("parameters.title"))
    numbers = {"params": bp.params, "macs": bp.macs, "activations": bp.activations}
    st.markdown(
        section(
            "parameters",
            "lead",
            title=title,
            size=size_text(bp.image_size),
            **{name: f"{number:,}" for name, number in numbers.items()},
        )
    )


body(draw)
