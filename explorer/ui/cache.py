"""What is kept between reruns and shared by all sessions, each with a bound."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from explorer.architecture import Blueprint, NetworkSpec, blueprint

if TYPE_CHECKING:
    from explorer.networks import Device, ResNet, Trace


@lru_cache(maxsize=64)
def blueprint_of(spec: NetworkSpec, image_size: int) -> Blueprint:
    """The blueprint, computed once per network and size.

    Raises:
        ValueError: see explorer.architecture.blueprint.
    """
    return blueprint(spec, image_size)


@lru_cache(maxsize=1)
def devices() -> tuple[Device, ...]:
    """The devices of this machine; loads torch."""
    from explorer.networks import available_devices

    return tuple(available_devices())


def device_for(wanted: str) -> Device:
    """The device of this kind ("cuda", "cpu"), or the best one for "auto".

    Raises:
        ValueError: this machine has no such device.
    """
    from explorer.networks import best_device

    if wanted == "auto":
        return best_device()
    for device in devices():
        if device.id.split(":")[0] == wanted:
            return device
    present = ", ".join(device.id for device in devices())
    raise ValueError(f"device={wanted!r} is not on this machine; it has {present}")


@st.cache_resource(max_entries=6, show_spinner=False)
def network_of(spec: NetworkSpec, device: str) -> ResNet:
    """The untrained network on a device (torch's name for it), in eval mode."""
    from explorer.networks import build

    return build(spec, device)


@st.cache_resource(max_entries=64, show_spinner=False)
def trace_of(spec: NetworkSpec, image_size: int, device: str) -> Trace:
    """A measured forward pass of the untrained network on one random image."""
    import torch

    from explorer.networks import trace

    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, spec.in_channels, image_size, image_size, generator=generator)
    return trace(network_of(spec, device), image.to(device))
