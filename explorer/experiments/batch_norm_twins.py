"""Networks for experiments on batch norm: their own statistics, the shared network's weights."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from explorer.architecture import Blueprint, NetworkSpec
from explorer.experiments.images import decode
from explorer.experiments.preprocess import CIFAR, IMAGENET, prepare
from explorer.experiments.samples import samples
from explorer.networks import ResNet

MOST_IMAGES = 8
_MOST_VALUES = 2**23
"""Of one op for the whole batch: 32 MiB as 4-byte floats."""
_MOST_MACS = 40_000_000_000
"""Of the whole batch: under a second on two cores that have nothing else to do."""


def twin(network: ResNet) -> ResNet:
    """A network on the same weight tensors, with running statistics of its own, in eval mode.

    It costs no memory for weights; what writes to a weight has to replace it first.
    """
    with torch.device("meta"):
        other = ResNet(network.spec)
    buffers = dict(network.named_buffers())
    state = {
        name: tensor.clone() if name in buffers else tensor
        for name, tensor in network.state_dict().items()
    }
    other.load_state_dict(state, assign=True)
    return other.eval()


def norms(network: nn.Module) -> dict[str, nn.BatchNorm2d]:
    """Path -> layer of every batch norm."""
    return {
        name: layer for name, layer in network.named_modules() if isinstance(layer, nn.BatchNorm2d)
    }


def on_batch_statistics(network: ResNet) -> ResNet:
    """A twin whose batch norms always take the statistics of the batch and keep none.

    It gives what train mode gives, but running it changes nothing: sessions can share it.
    """
    other = twin(network)
    for layer in norms(other).values():
        layer.track_running_stats = False
        layer.running_mean = layer.running_var = layer.num_batches_tracked = None
    return other


def images_that_fit(bp: Blueprint) -> int:
    """How many images a batch may have: 8, or fewer (at least 2) where they cost a lot."""
    largest = max(op.activations for op in bp.ops)
    return max(2, min(MOST_IMAGES, _MOST_VALUES // largest, _MOST_MACS // bp.macs))


def batch(
    spec: NetworkSpec, size: int, count: int, device: torch.device | str = "cpu", first: int = 0
) -> tuple[Tensor, Sequence[str]]:
    """`count` sample pictures, normalised, (count, C, size, size), and what they show.

    Networks that take neither colour nor grey images get seeded noise, and no names.
    """
    if spec.in_channels not in (1, 3):
        generator = torch.Generator().manual_seed(first)
        noise = torch.randn(count, spec.in_channels, size, size, generator=generator)
        return noise.to(device), ()
    recipe = (CIFAR if spec.stem == "cifar" else IMAGENET).at(size)
    every = list(samples().values())
    chosen = [every[(first + index) % len(every)] for index in range(count)]
    pictures = [
        prepare(decode(sample.data, sample.name).image, recipe, spec.in_channels).tensor
        for sample in chosen
    ]
    return torch.cat(pictures).to(device), [sample.shows for sample in chosen]
