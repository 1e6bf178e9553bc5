"""Controls that more than one section of the page shows; their values live in the URL."""

from typing import Final

import streamlit as st

from explorer.experiments.embedded import cards
from explorer.ui.kept import KEPT
from explorer.ui.picker import Choice
from explorer.words import glossary

EPSILONS: Final = ("0", "1e-5", "1e-3", "0.1", "1")


def gamma_and_beta() -> tuple[float, float]:
    """The two learned parameters of one channel."""
    gamma = st.slider(
        "gamma γ", -3.0, 3.0, 1.0, 0.1, key="bn_gamma", help=glossary("gamma"), **KEPT
    )
    beta = st.slider("beta β", -3.0, 3.0, 0.0, 0.1, key="bn_beta", help=glossary("beta"), **KEPT)
    return gamma, beta


def epsilon() -> float:
    """The small number under the square root."""
    chosen = st.select_slider(
        "epsilon ε", EPSILONS, "1e-5", key="bn_eps", help=glossary("epsilon"), **KEPT
    )
    return float(chosen)


def trained_preset(choice: Choice) -> str | None:
    """The preset whose trained weights to take, if the app carries them and they are wanted.

    Draws nothing for a network that the app carries no weights for.
    """
    if choice.customised or choice.name not in cards():
        return None
    wanted = st.segmented_control(
        "Weights",
        ("trained", "untrained"),
        default="trained",
        required=True,
        key="bn_weights",
        **KEPT,
    )
    return choice.name if wanted == "trained" else None
