"""The loss around a trained network, along random directions (after Li et al. 2018).

https://arxiv.org/abs/1712.09913, section 4, and the authors' code. Weights that batch norm follows
can be made larger without changing what the network computes, so a step of one length means
different things to different networks. Therefore every filter of a direction is scaled to the
norm of the network's own filter. Biases and the parameters of batch norm are left as they are, and
batch norm uses its running averages, as trained: the network is in eval mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from explorer.experiments import cifar10
from explorer.experiments.images import decode
from explorer.experiments.preprocess import CIFAR, prepare
from explorer.experiments.samples import samples
from explorer.networks import ResNet

Direction = Mapping[str, Tensor]
"""Parameter -> its part of the direction; parameters that stay are left out."""

_TINY: Final = 1e-10


def direction(network: nn.Module, seed: int) -> Direction:
    """A random direction, filter by filter as long as the network's own weights."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, parameter in network.named_parameters():
        if parameter.dim() <= 1:
            continue
        drawn = torch.randn(parameter.shape, generator=generator)
        found[name] = drawn * _norms(parameter.detach().cpu()) / (_norms(drawn) + _TINY)
    return found


def _norms(weights: Tensor) -> Tensor:
    """Norm of each filter: (outputs, ...) -> (outputs, 1, ...)."""
    axes = tuple(range(1, weights.dim()))
    return torch.linalg.vector_norm(weights, dim=axes, keepdim=True)


def losses(
    network: ResNet,
    directions: Sequence[Direction],
    places: Iterable[Sequence[float]],
    images: Tensor,
    labels: Tensor,
    bfloat16: bool = False,
) -> Iterator[float]:
    """Mean cross-entropy at each place, in turn.

    Args:
        network: the centre; it is not changed, and computes in eval mode whatever its own is.
        directions: see `direction`.
        places: how far to go in each direction; 1 is as far as the weights are long.
        images: as a network reads them, (N, C, H, W).
        labels: (N,).
        bfloat16: run convolutions in bfloat16: twice as fast where the CPU has it.
    """
    moved = deepcopy(network).eval()
    moved.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    centre = dict(network.named_parameters())
    parameters = dict(moved.named_parameters())
    device = labels.device.type
    images = images.contiguous(memory_format=torch.channels_last)
    for place in places:
        with torch.no_grad():
            for name in directions[0] if directions else ():
                steps = zip(place, directions, strict=True)
                change = sum(step * along[name] for step, along in steps)
                parameters[name].copy_(centre[name] + torch.as_tensor(change).to(labels.device))
        with torch.inference_mode(), torch.autocast(device, torch.bfloat16, enabled=bfloat16):
            logits = moved(images).float()
        yield float(nn.functional.cross_entropy(logits, labels))


def along_a_line(
    network: ResNet,
    seed: int,
    steps: Sequence[float],
    images: Tensor,
    labels: Tensor,
    progress: Callable[[float], object] = lambda _: None,
) -> tuple[float, ...]:
    """The loss at `steps` along one direction; tells `progress` the share that is done."""
    found: list[float] = []
    places = ((step,) for step in steps)
    for loss in losses(network, [direction(network, seed)], places, images, labels):
        found.append(loss)
        progress(len(found) / len(steps))
    return tuple(found)


class KnownPictures(NamedTuple):
    """Labelled pictures that are on this machine, as a network reads them: (N, C, H, W), (N,).

    `training` says whether they are CIFAR-10's training pictures, or the app's own samples.
    """

    images: Tensor
    labels: Tensor
    training: bool


def known_pictures(most: int) -> KnownPictures:
    """CIFAR-10's training pictures where they are on this machine, else the app's samples.

    Raises:
        PhotographsError: CIFAR-10 is here, but damaged.
    """
    if cifar10.present():
        found = cifar10.load(train=True, limit=most)
        return KnownPictures(cifar10.normalise(found.images), found.labels, True)
    usable = [sample for sample in samples().values() if sample.cifar10]
    images = [prepare(decode(sample.data).image, CIFAR).tensor for sample in usable]
    labels = [cifar10.CLASSES.index(sample.cifar10) for sample in usable]
    return KnownPictures(torch.cat(images), torch.tensor(labels), False)
