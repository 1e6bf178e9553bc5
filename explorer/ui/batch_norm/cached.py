"""What the page on batch norm keeps between reruns, shared by all sessions, each with a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.architecture import NetworkSpec, blueprint
from explorer.ui import cache

if TYPE_CHECKING:
    from PIL.Image import Image

    from explorer.experiments.batch_norm.layer import LayerAtWork
    from explorer.experiments.batch_norm.network import Company, Folded, Scaled
    from explorer.networks import ResNet


def network(spec: NetworkSpec, device: str, trained: str | None) -> ResNet:
    """The network with the weights the app carries for the preset `trained`, or untrained."""
    if trained is None:
        return cache.network_of(spec, device)
    return cache.embedded_network(trained, device)


@st.cache_resource(max_entries=2, show_spinner=False)
def _on_batch_statistics(spec: NetworkSpec, device: str, trained: str | None) -> ResNet:
    from explorer.experiments.batch_norm.twins import on_batch_statistics

    return on_batch_statistics(network(spec, device, trained))


@st.cache_resource(max_entries=6, show_spinner=False)
def layer_at_work(
    spec: NetworkSpec,
    size: int,
    device: str,
    trained: str | None,
    path: str,
    files: tuple[str, ...],
    _pictures: tuple[Image, ...],
) -> LayerAtWork:
    """The batch norm at `path` on these pictures, or the samples.

    `files` are the pictures' keys.

    Raises:
        ValueError: a single picture leaves one value per channel.
    """
    from explorer.experiments.batch_norm.on_pictures import one_layer

    bp = blueprint(spec, size)
    return one_layer(_on_batch_statistics(spec, device, trained), bp, path, _pictures)


@st.cache_resource(max_entries=32, show_spinner=False)
def in_two_batches(spec: NetworkSpec, size: int, device: str, trained: str | None) -> Company:
    """The first sample picture in two batches, whose other pictures differ."""
    from explorer.experiments.batch_norm.on_pictures import in_company

    bp = blueprint(spec, size)
    return in_company(network(spec, device, trained), bp, trained is not None)


@st.cache_resource(max_entries=32, show_spinner=False)
def scaled(spec: NetworkSpec, size: int, device: str, path: str) -> Scaled:
    """The logits when one convolution's weights are multiplied by ten."""
    from explorer.experiments.batch_norm.on_pictures import scaled

    return scaled(cache.network_of(spec, device), blueprint(spec, size), path)


@st.cache_resource(max_entries=32, show_spinner=False)
def folded(spec: NetworkSpec, size: int, device: str, path: str) -> Folded:
    """The convolution at `path` and the batch norm behind it as one convolution."""
    from explorer.experiments.batch_norm.on_pictures import folded

    return folded(cache.network_of(spec, device), blueprint(spec, size), path)
