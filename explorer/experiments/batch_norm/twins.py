"""Networks for experiments on batch norm: their own statistics, the shared network's weights."""

from collections.abc import Sequence

import torch
from PIL.Image import Image
from torch import Tensor, nn

from explorer.architecture import NetworkSpec
from explorer.experiments.batch_norm.plan import takes_pictures
from explorer.experiments.images import decode
from explorer.experiments.preprocess import CIFAR, IMAGENET, prepare
from explorer.experiments.samples import samples
from explorer.networks import ResNet


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


def batch(
    spec: NetworkSpec, size: int, count: int, device: torch.device | str = "cpu", first: int = 0
) -> Tensor:
    """`count` sample pictures, normalised, (count, C, size, size), from number `first` on.

    Networks that take neither colour nor grey images get seeded noise.
    """
    if not takes_pictures(spec):
        generator = torch.Generator().manual_seed(first)
        noise = torch.randn(count, spec.in_channels, size, size, generator=generator)
        return noise.to(device)
    every = list(samples().values())
    chosen = [every[(first + index) % len(every)] for index in range(count)]
    images = [decode(sample.data, sample.name).image for sample in chosen]
    return batch_of(images, spec, size, device)


def batch_of(
    images: Sequence[Image], spec: NetworkSpec, size: int, device: torch.device | str = "cpu"
) -> Tensor:
    """RGB pictures of any size as one normalised batch, (N, C, size, size).

    Raises:
        PictureError: the network takes neither colour nor grey images.
    """
    recipe = (CIFAR if spec.stem == "cifar" else IMAGENET).at(size)
    tensors = [prepare(image, recipe, spec.in_channels).tensor for image in images]
    return torch.cat(tensors).to(device)
