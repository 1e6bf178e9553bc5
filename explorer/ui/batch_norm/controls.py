"""Controls that more than one section of the page shows; their values are in the address."""

from typing import Final

import streamlit as st

from explorer.experiments.embedded import trained
from explorer.ui import controls, own_weights
from explorer.ui.picker import Choice
from explorer.words import glossary, label

EPSILONS: Final = ("0", "1e-5", "1e-3", "0.1", "1")


def gamma_and_beta() -> tuple[float, float]:
    """The two learned parameters of one channel."""
    gamma, beta = (
        st.slider(
            label(f"bn_{name}.label"), -3.0, 3.0, start, 0.1, key=f"bn_{name}",
            help=glossary(name), **controls.BOUND,
        )
        for name, start in (("gamma", 1.0), ("beta", 0.0))
    )  # fmt: skip
    return gamma, beta


def epsilon() -> float:
    """The small number under the square root."""
    chosen = st.select_slider(
        label("bn_eps.label"), EPSILONS, "1e-5", key="bn_eps", help=glossary("epsilon"),
        **controls.BOUND,
    )  # fmt: skip
    return float(chosen)


def trained_preset(choice: Choice) -> str | None:
    """The preset whose trained weights to take, if the app carries them and they are wanted; or
    the visitor's own, as cached.network knows them.

    Draws nothing for a network that there are no trained weights for.
    """
    own = own_weights.for_spec(choice.spec)
    on_board = not choice.customised and choice.name in trained()
    if own is None and not on_board:
        return None
    kinds = (*(["yours"] if own else []), *(["trained"] if on_board else []), "untrained")
    wanted = controls.choice("bn_weights", kinds, default=kinds[0])
    return {"yours": own, "trained": choice.name}.get(wanted)


def weights_of(trained: str | None) -> str:
    """ "own", "trained" or "untrained", for the words about what runs."""
    if trained is None:
        return "untrained"
    return "own" if own_weights.is_own(trained) else "trained"
