"""What a layer must hold to hand its input on: zeros, Dirac kernels, or ones?"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from explorer.experiments.bench import Weights, fill, one_thread


@dataclass(frozen=True, slots=True)
class IdentityLayer:
    """One 3x3 layer of 64 channels with filled weights: what it does to x >= 0."""

    weights: Weights
    nonzero: int
    all_weights: int
    mean_in: float
    mean_out: float
    channels_equal: bool
    plain_returns_x: bool
    residual_returns_x: bool


@one_thread()
def one_layer() -> list[IdentityLayer]:
    """ReLU(W x) and ReLU(W x + x) with W all 0, Dirac kernels, and all 1."""
    generator = torch.Generator().manual_seed(0)
    x = functional.relu(torch.randn(2, 64, 14, 14, generator=generator))
    results = []
    filled: tuple[Weights, ...] = ("zero", "dirac", "ones")
    for weights in filled:
        conv = nn.Conv2d(64, 64, 3, padding=1, bias=False)
        fill(conv, weights)
        with torch.inference_mode():
            y = conv(x)
        results.append(
            IdentityLayer(
                weights,
                int((conv.weight != 0).sum()),
                conv.weight.numel(),
                float(x.mean()),
                float(y.mean()),
                bool((y == y[:, :1]).all()),
                torch.equal(functional.relu(y), x),
                torch.equal(functional.relu(y + x), x),
            )
        )
    return results


@one_thread()
def extended_plain(weights: Weights) -> float:
    """Largest change of a plain net's logits when eight layers with these weights are added.

    Six weighted layers become fourteen (convolution and ReLU, no batch norm; the last is linear).
    """
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(4, 3, 16, 16, generator=generator)
    layers = [nn.Conv2d(3, 32, 3, padding=1)]
    layers += [nn.Conv2d(32, 32, 3, padding=1) for _ in range(12)]
    for index, layer in enumerate(layers):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(layer.bias) if layer.bias is not None else None
        if index > 4:
            fill(layer, weights)
    head = torch.randn(10, 32, generator=generator) / 32**0.5
    with torch.inference_mode():
        x, logits = images, []
        for index, layer in enumerate(layers):
            x = functional.relu(layer(x))
            if index in (4, 12):
                logits.append(x.mean((2, 3)) @ head.T)
    return float((logits[0] - logits[1]).abs().max())
