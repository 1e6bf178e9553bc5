"""How activations and gradients fare on their way through a deep network, at initialisation."""

from dataclasses import dataclass, replace
from math import log
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from explorer.architecture import NetworkSpec, blueprint, preset
from explorer.networks import build

IMAGES: Final = 64
"""In a batch, as in the reference run."""
IMAGE_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class Signal:
    """One forward and one backward pass of a network that has learned nothing yet.

    `blocks` are the paths that both lists follow, from the input to the output. `spread` is the
    standard deviation of all values of a block's output; `gradients` is the norm of the loss's
    gradient with respect to the weights of the block's first convolution. `guessing` is the loss
    of giving every class the same probability.
    """

    blocks: tuple[str, ...]
    spread: tuple[float, ...]
    gradients: tuple[float, ...]
    loss: float
    guessing: float

    @property
    def ratio(self) -> float:
        """Gradient of the first block over that of the last: 1 if it stays, above 1 if it grows
        on its way back to the input."""
        return self.gradients[0] / self.gradients[-1] if self.gradients[-1] else float("inf")


@dataclass(frozen=True, slots=True)
class Reference:
    """What an independent implementation of the same nets gave, with another draw of weights.

    `ratio` is given as a range where only that was written down.
    """

    ratio: tuple[float, float]
    loss: float | None = None


REFERENCE: Final = {
    (20, True, False): Reference((8.6, 8.6)),
    (56, True, False): Reference((3.2e3, 3.2e3)),
    (110, True, False): Reference((1.4e7, 1.4e7)),
    (20, True, True): Reference((2.6, 2.6)),
    (56, True, True): Reference((8.0, 8.0)),
    (110, True, True): Reference((24, 24)),
    (20, False, False): Reference((0.24, 0.24)),
    (56, False, False): Reference((0.86, 0.86)),
    (110, False, False): Reference((0.52, 0.52)),
    (20, False, True): Reference((0.1, 0.3), 3.4),
    (56, False, True): Reference((0.1, 0.3), 1.7e4),
    (110, False, True): Reference((0.1, 0.3), 6.5e7),
}
"""(depth, batch norm, shortcuts) -> figures of the reference run: a batch of 64, He
initialisation, option A, one draw of weights."""


def cifar_network(depth: int, batch_norm: bool, residual: bool) -> NetworkSpec:
    """The paper's CIFAR-10 network of this depth, with or without its two aids.

    Raises:
        ValueError: `depth` is not one of the named networks'.
    """
    return replace(
        preset(f"resnet{depth}"),
        norm="batch" if batch_norm else "none",
        shortcut="padding" if residual else "none",
    )


def signal(
    spec: NetworkSpec,
    size: int = IMAGE_SIZE,
    device: str = "cpu",
    seed: int = 1,
    images: int = IMAGES,
) -> Signal:
    """Send one batch of seeded noise through, and the loss for random labels back.

    The network is in train mode, so batch norm uses the batch's own statistics.
    """
    network = build(spec, device, seed).train()
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(images, spec.in_channels, size, size, generator=generator).to(device)
    labels = torch.randint(spec.num_classes, (images,), generator=generator).to(device)
    blocks = tuple(block.path for block in blueprint(spec, size).blocks)
    outputs: dict[str, Tensor] = {}
    for path, out in network.walk(x):
        block = path.rsplit(".", 1)[0]
        if block in blocks:  # the block's last op is the one that stays
            outputs[block] = out.detach()
    loss = functional.cross_entropy(out, labels)
    weights = [network.get_parameter(f"{block}.conv1.weight") for block in blocks]
    gradients = torch.autograd.grad(loss, weights)
    return Signal(
        blocks,
        tuple(float(outputs[block].std()) for block in blocks),
        tuple(float(gradient.norm()) for gradient in gradients),
        float(loss.detach()),
        log(spec.num_classes),
    )
