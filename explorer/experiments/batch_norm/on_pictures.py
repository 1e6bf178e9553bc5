"""The experiments on real pictures: which pictures, and how many of them, each one takes."""

from collections.abc import Sequence

from PIL.Image import Image

from explorer.architecture import Blueprint
from explorer.experiments.batch_norm.layer import LayerAtWork, layer_at_work
from explorer.experiments.batch_norm.network import (
    Company,
    Folded,
    Scaled,
    fold_pair,
    in_two_batches,
    scale_convolution,
)
from explorer.experiments.batch_norm.plan import FEW_IMAGES, foldable, images_that_fit, layers
from explorer.experiments.batch_norm.twins import batch, batch_of
from explorer.networks import ResNet


def one_layer(
    network: ResNet, bp: Blueprint, path: str, pictures: Sequence[Image] = ()
) -> LayerAtWork:
    """The batch norm at `path` on these pictures, or on as many samples as fit.

    Args:
        network: on batch statistics, see twins.
        bp: its blueprint at the pictures' size.
        path: of the batch norm.
        pictures: RGB, of any size.

    Raises:
        ValueError: a single picture leaves one value per channel.
        PictureError: the network takes neither colour nor grey images.
    """
    device = network.fc.weight.device
    if pictures:
        images = batch_of(pictures, bp.spec, bp.in_shape[1], device)
    else:
        images = batch(bp.spec, bp.in_shape[1], images_that_fit(bp), device)
    return layer_at_work(network, images, layers(bp)[path])


def in_company(network: ResNet, bp: Blueprint, trained: bool) -> Company:
    """The first sample picture in two batches, whose other pictures differ."""
    count = min(FEW_IMAGES, images_that_fit(bp))
    device = network.fc.weight.device
    first = batch(bp.spec, bp.in_shape[1], count, device)
    second = batch(bp.spec, bp.in_shape[1], count, device, first=count)
    second[0] = first[0]
    return in_two_batches(network, first, second, trained)


def scaled(network: ResNet, bp: Blueprint, path: str) -> Scaled:
    """The logits of samples when one convolution's weights are multiplied by ten."""
    images = batch(bp.spec, bp.in_shape[1], FEW_IMAGES, network.fc.weight.device)
    return scale_convolution(network, images, path)


def folded(network: ResNet, bp: Blueprint, path: str) -> Folded:
    """The convolution at `path` and the batch norm behind it as one convolution.

    Raises:
        StopIteration: no batch norm follows it.
    """
    return fold_pair(network, next(pair for pair in foldable(bp) if pair[0].path == path))
