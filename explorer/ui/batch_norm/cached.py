"""What the page on batch norm keeps between reruns, shared by all sessions, each with a bound."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

from explorer.architecture import NetworkSpec
from explorer.experiments.batch_norm_plan import foldable, images_that_fit, layers
from explorer.ui import cache
from explorer.ui.inference import cache as inference_cache

if TYPE_CHECKING:
    from PIL.Image import Image

    from explorer.experiments.batch_norm_layer import Layer
    from explorer.experiments.batch_norm_network import Company, Folded, Scaled
    from explorer.experiments.signal import Signal
    from explorer.networks import ResNet

TEST_IMAGES = 4
_ONE_AT_A_TIME = Lock()
"""A backward pass through 110 layers holds about half a GB: two visitors take turns."""


def network(spec: NetworkSpec, device: str, trained: str | None) -> ResNet:
    """The network with the weights the app carries for the preset `trained`, or untrained."""
    if trained is None:
        return cache.network_of(spec, device)
    return inference_cache.embedded_network(trained, device)


@st.cache_resource(max_entries=2, show_spinner=False)
def _on_batch_statistics(spec: NetworkSpec, device: str, trained: str | None) -> ResNet:
    from explorer.experiments.batch_norm_twins import on_batch_statistics

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
) -> Layer:
    """The batch norm at `path` on these pictures, or the samples; up to 32 MiB of values each.

    `files` are the pictures' keys.

    Raises:
        ValueError: a single picture leaves one value per channel.
    """
    from explorer.experiments import batch_norm_layer
    from explorer.experiments.batch_norm_twins import batch, batch_of

    bp = cache.blueprint_of(spec, size)
    op = layers(bp)[path]
    if files:
        images = batch_of(_pictures, spec, size, device)
    else:
        images = batch(spec, size, images_that_fit(bp), device)
    return batch_norm_layer.layer_at_work(_on_batch_statistics(spec, device, trained), images, op)


@st.cache_resource(max_entries=32, show_spinner=False)
def in_two_batches(spec: NetworkSpec, size: int, device: str, trained: str | None) -> Company:
    """The first sample picture in two batches, whose other pictures differ."""
    from explorer.experiments import batch_norm_network
    from explorer.experiments.batch_norm_twins import batch

    count = min(TEST_IMAGES, images_that_fit(cache.blueprint_of(spec, size)))
    first = batch(spec, size, count, device)
    second = batch(spec, size, count, device, first=count)
    second[0] = first[0]
    return batch_norm_network.in_two_batches(
        network(spec, device, trained), first, second, trained is not None
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def scaled(spec: NetworkSpec, size: int, device: str, path: str) -> Scaled:
    """The logits when one convolution's weights are multiplied by ten."""
    from explorer.experiments import batch_norm_network
    from explorer.experiments.batch_norm_twins import batch

    images = batch(spec, size, TEST_IMAGES, device)
    return batch_norm_network.scale_convolution(cache.network_of(spec, device), images, path)


@st.cache_resource(max_entries=32, show_spinner=False)
def folded(spec: NetworkSpec, size: int, device: str, path: str) -> Folded:
    """The convolution at `path` and the batch norm behind it as one convolution."""
    from explorer.experiments import batch_norm_network

    pair = next(pair for pair in foldable(cache.blueprint_of(spec, size)) if pair[0].path == path)
    return batch_norm_network.fold_pair(cache.network_of(spec, device), pair)


@st.cache_resource(max_entries=24, show_spinner=False)
def signal(depth: int, batch_norm: bool, residual: bool, images: int, device: str) -> Signal:
    """Activations and gradients of one of the paper's CIFAR networks at initialisation."""
    from explorer.experiments.signal import cifar_network
    from explorer.experiments.signal import signal as measure

    with _ONE_AT_A_TIME:
        return measure(cifar_network(depth, batch_norm, residual), device=device, images=images)
