"""What several pages ask for: blueprints, devices, networks, traces, pictures. Kept for all.

What is heavy is kept within the budget (explorer.ui.budget) and made behind the gate
(explorer.ui.gate). All of it is shared, and never changed.
"""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from explorer.architecture import PRESETS, NetworkSpec, blueprint, smallest_image_size
from explorer.architecture.image_size import ImageSize, sides
from explorer.experiments import work
from explorer.ui import gate
from explorer.ui.budget import kept
from explorer.words import WordedError, section

if TYPE_CHECKING:
    from explorer.experiments.images import DecodedPicture
    from explorer.networks import Device, ResNet, Trace


@lru_cache(maxsize=1)
def devices() -> tuple[Device, ...]:
    """The devices of this machine; loads torch."""
    from explorer.networks import available_devices

    return tuple(available_devices())


def usable_device(wanted: str) -> Device:
    """The chosen device, or the best one with a word on why not the chosen one."""
    from explorer.networks import device_for

    try:
        return device_for(wanted)
    except WordedError as error:
        best = device_for("auto")
        words = section("devices", "another instead", problem=error, device=best.label)
        st.warning(words, icon=":material/info:")
        return best


def to_build(spec: NetworkSpec, *_: object, copies: int = 1) -> AbstractContextManager[None]:
    """A place for making a network whose weights are held so many times."""
    params = blueprint(spec, smallest_image_size(spec)).params
    return gate.place(work.building(params, copies=copies))


@kept(place=to_build)
def network_of(spec: NetworkSpec, device: str) -> ResNet:
    """The untrained network on a device (torch's name for it), in eval mode.

    Raises:
        TooMuch: its weights are more than this server allows.
    """
    from explorer.networks import build

    return build(spec, device)


@kept
def embedded_network(preset: str, device: str) -> ResNet:
    """A network that the app carries, with its trained weights."""
    from explorer.experiments.embedded import trained
    from explorer.networks.weights import load, read_state

    path = trained()[preset].path
    return load(PRESETS[preset].spec, read_state(path, path.name), device)


def _to_trace(
    spec: NetworkSpec, image_size: ImageSize, device: str
) -> AbstractContextManager[None]:
    # At least two passes: one unmeasured, one measured; quick networks run twice more.
    return gate.place(work.forward(blueprint(spec, image_size), passes=2))


@kept(place=_to_trace)
def trace_of(spec: NetworkSpec, image_size: ImageSize, device: str) -> Trace:
    """A measured forward pass of the untrained network on one random image.

    Raises:
        TooMuch: it would take more than this server allows.
    """
    import torch

    from explorer.networks import trace

    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, spec.in_channels, *sides(image_size), generator=generator)
    return trace(network_of(spec, device), image.to(device))


def digest(data: bytes) -> str:
    """The key of a file's content."""
    return hashlib.sha256(data).hexdigest()


@kept
def decoded(key: str, name: str, _data: bytes) -> DecodedPicture:
    """The picture in a file; of a visitor's own, `key` begins with their visit.

    Raises:
        PictureError: see explorer.experiments.images.decode.
    """
    from explorer.experiments.images import decode

    return decode(_data, name)
