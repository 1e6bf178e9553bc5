"""Signals through deep networks at initialisation, for the pages Batch norm and Why residual."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.architecture import blueprint
from explorer.experiments import work
from explorer.ui import gate
from explorer.ui.budget import kept
from explorer.views import depth_charts
from explorer.words import count, label

if TYPE_CHECKING:
    from explorer.experiments.signal import Signal

DEPTHS: Final = ("20", "56", "110")
"""Layers that a visitor can choose."""
IMAGES: Final = 64
"""In a batch; the reference run had as many."""


def of_depth(layers: int, device: str) -> dict[tuple[bool, bool], Signal] | None:
    """(batch norm, shortcuts) -> signal of the four networks of this depth, with progress.

    None, and it is said, where this server may not run them.
    """
    found = {}
    slot = st.empty()
    for index, net in enumerate(depth_charts.NETS):
        network = depth_charts.net_name(net)
        said = label("signals.running", layers=count(layers, "layer"), network=network)
        slot.progress(index / len(depth_charts.NETS), said)
        try:
            found[net] = _signal(layers, *net, device)
        except work.TooMuch as problem:
            slot.empty()
            gate.refused(problem)
            return None
    slot.empty()
    return found


def _forth_and_back(
    layers: int, batch_norm: bool, residual: bool, device: str
) -> AbstractContextManager[None]:
    from explorer.experiments.signal import cifar_network

    bp = blueprint(cifar_network(layers, batch_norm, residual), 32)
    return gate.place(work.gradients(bp, IMAGES))


@kept(place=_forth_and_back)
def _signal(layers: int, batch_norm: bool, residual: bool, device: str) -> Signal:
    """Activations and gradients of one of the paper's CIFAR networks at initialisation."""
    from explorer.experiments.signal import cifar_network, signal

    return signal(cifar_network(layers, batch_norm, residual), device=device, images=IMAGES)
