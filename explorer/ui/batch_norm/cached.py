"""What the page on batch norm computes: kept within the budget, made behind the gate.

Each of these may be refused (TooMuch) where the network is too much for this server.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from explorer.architecture import NetworkSpec, blueprint
from explorer.experiments import work
from explorer.experiments.batch_norm.plan import FEW_IMAGES, images_that_fit
from explorer.ui import cache, gate, own_weights
from explorer.ui.budget import kept

if TYPE_CHECKING:
    from PIL.Image import Image

    from explorer.experiments.batch_norm.layer import LayerAtWork
    from explorer.experiments.batch_norm.network import Company, Folded, Scaled
    from explorer.experiments.preprocess import Preprocessing
    from explorer.experiments.readings import Remembered
    from explorer.networks import ResNet


def network(spec: NetworkSpec, device: str, trained: str | None) -> ResNet:
    """The network with the weights the app carries for the preset `trained`, with those of the
    visitor's file if they are named (own_weights.for_spec), or untrained."""
    if own_weights.is_own(trained):
        own = own_weights.mine()
        return own_weights.network(own, spec, device) if own else cache.network_of(spec, device)
    if trained is None:
        return cache.network_of(spec, device)
    return cache.embedded_network(trained, device)


def _one_pass(
    spec: NetworkSpec,
    size: int,
    device: str,
    trained: str | None,
    path: str,
    files: tuple[str, ...],
    *_: Any,
) -> AbstractContextManager[None]:
    bp = blueprint(spec, size)
    return gate.place(work.forward(bp, images=len(files) or images_that_fit(bp)))


@kept(place=_one_pass)
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
        TooMuch: this server may not run it.
        ValueError: a single picture leaves one value per channel.
    """
    from explorer.experiments.batch_norm.on_pictures import one_layer
    from explorer.experiments.batch_norm.twins import on_batch_statistics

    # On the same weights, so it is made anew: kept, it would hold a network that was let go of.
    twin = on_batch_statistics(network(spec, device, trained))
    return one_layer(twin, blueprint(spec, size), path, _pictures)


def _to_remember(spec: NetworkSpec, size: int, *_: Any) -> AbstractContextManager[None]:
    bp = blueprint(spec, size)
    return gate.place(work.forward(bp, images=images_that_fit(bp)))


@kept(place=_to_remember)
def remembered(
    spec: NetworkSpec,
    size: int,
    device: str,
    trained: str,
    recipe: Preprocessing,
    forget: bool,
    bgr: bool,
) -> Remembered:
    """How far the samples' statistics are from those that the batch norms stored.

    Args:
        spec, size, device, trained: the network, see `network`.
        recipe: what was done to the pictures that it learnt from.
        forget: leave the normalisation of the pictures out.
        bgr: give blue where red is expected.

    Raises:
        TooMuch: this server may not run it.
    """
    from explorer.experiments import readings
    from explorer.experiments.samples import samples

    count = images_that_fit(blueprint(spec, size))
    pictures = [cache.decoded(one.name, one.name, one.data).image for one in samples().values()]
    batch = readings.raw(pictures[:count], recipe, spec.in_channels)
    mean, std, blue_first = readings.values_of(recipe)
    mean, std = ((0.0,) * 3, (1.0,) * 3) if forget else (mean, std)
    values = (mean, std, blue_first != bgr)
    return readings.remembered(network(spec, device, trained), readings.normalised(batch, values))


def _two_batches_twice(spec: NetworkSpec, size: int, *_: Any) -> AbstractContextManager[None]:
    bp = blueprint(spec, size)
    return gate.place(work.forward(bp, min(FEW_IMAGES, images_that_fit(bp)), passes=4))


@kept(place=_two_batches_twice)
def in_two_batches(spec: NetworkSpec, size: int, device: str, trained: str | None) -> Company:
    """The first sample picture in two batches, whose other pictures differ.

    Raises:
        TooMuch: this server may not run it.
    """
    from explorer.experiments.batch_norm.on_pictures import in_company

    bp = blueprint(spec, size)
    return in_company(network(spec, device, trained), bp, trained is not None)


def _four_passes(spec: NetworkSpec, size: int, *_: Any) -> AbstractContextManager[None]:
    return gate.place(work.forward(blueprint(spec, size), FEW_IMAGES, passes=4))


@kept(place=_four_passes)
def scaled(spec: NetworkSpec, size: int, device: str, path: str) -> Scaled:
    """The logits when one convolution's weights are multiplied by ten.

    Raises:
        TooMuch: this server may not run it.
    """
    from explorer.experiments.batch_norm.on_pictures import scaled

    return scaled(cache.network_of(spec, device), blueprint(spec, size), path)


def _one_convolution(
    spec: NetworkSpec, size: int, device: str, path: str
) -> AbstractContextManager[None]:
    op = next(op for op in blueprint(spec, size).ops if op.path == path)
    # Four runs over two images, none of which is kept.
    return gate.place(work.Work(8 * op.macs, 2 * 4 * 4 * op.activations))


@kept(place=_one_convolution)
def folded(spec: NetworkSpec, size: int, device: str, path: str) -> Folded:
    """The convolution at `path` and the batch norm behind it as one convolution.

    Raises:
        TooMuch: this server may not run it.
    """
    from explorer.experiments.batch_norm.on_pictures import folded

    return folded(cache.network_of(spec, device), blueprint(spec, size), path)
