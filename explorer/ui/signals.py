"""Signals through deep networks at initialisation, for the pages Batch norm and Why residual."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.views import depth_charts
from explorer.words import count, label

if TYPE_CHECKING:
    from explorer.experiments.signal import Signal

DEPTHS: Final = ("20", "56", "110")
"""Layers that a visitor can choose."""
IMAGES: Final = 64
"""In a batch; the reference run had as many."""
_ONE_AT_A_TIME = Lock()
"""A backward pass through 110 layers holds about half a GB: two visitors take turns."""


def of_depth(layers: int, device: str) -> dict[tuple[bool, bool], Signal]:
    """(batch norm, shortcuts) -> signal of the four networks of this depth, with progress."""
    found = {}
    slot = st.empty()
    for index, net in enumerate(depth_charts.NETS):
        network = depth_charts.net_name(net)
        said = label("signals.running", layers=count(layers, "layer"), network=network)
        slot.progress(index / len(depth_charts.NETS), said)
        found[net] = _signal(layers, *net, device)
    slot.empty()
    return found


@st.cache_resource(max_entries=24, show_spinner=False)
def _signal(layers: int, batch_norm: bool, residual: bool, device: str) -> Signal:
    """Activations and gradients of one of the paper's CIFAR networks at initialisation."""
    from explorer.experiments.signal import cifar_network, signal

    with _ONE_AT_A_TIME:
        return signal(cifar_network(layers, batch_norm, residual), device=device, images=IMAGES)
