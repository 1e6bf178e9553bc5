"""How alike the gradients of different inputs are: 'shattered gradients' (Balduzzi et al. 2017).

Dense networks at initialisation, as in the paper: width 400, He normal weights, 64 independent
Gaussian inputs, a random read-out. 1 means that all inputs have one gradient, 0 white noise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal

import torch
from torch import Tensor

WIDTH: Final = 400
INPUTS: Final = 64
Kind = Literal["plain", "plain_with_bn", "residual", "residual_with_bn"]
KINDS: Final[tuple[Kind, ...]] = ("plain", "plain_with_bn", "residual", "residual_with_bn")
DEPTHS: Final = (1, 2, 3, 5, 8, 12, 20, 32, 50)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Mean correlation of the gradients of two inputs, by kind, at each of `depths`."""

    depths: tuple[int, ...]
    by_kind: dict[Kind, tuple[float, ...]]


def theory(kind: Kind, depth: int) -> float | None:
    """The idealised rate: 1/2^L plain, (3/4)^L residual, 1/sqrt(L) residual with BN."""
    if kind == "residual":
        return float(0.75**depth)
    if kind == "residual_with_bn":
        return 1 / sqrt(depth)
    return float(0.5**depth)


def likeness(
    depths: tuple[int, ...] = DEPTHS,
    seeds: int = 2,
    progress: Callable[[float], object] = lambda share: None,
) -> Likeness:
    """Measure all kinds at all depths, the mean over `seeds` networks each."""
    inputs = torch.randn(INPUTS, WIDTH, generator=torch.Generator().manual_seed(0))
    runs = [(kind, depth) for kind in KINDS for depth in depths]
    found: dict[Kind, list[float]] = {kind: [] for kind in KINDS}
    for done, (kind, depth) in enumerate(runs, start=1):
        values = [_correlation(_gradients(kind, depth, inputs, seed)) for seed in range(seeds)]
        found[kind].append(sum(values) / seeds)
        progress(done / len(runs))
    return Likeness(depths, {kind: tuple(values) for kind, values in found.items()})


def _gradients(kind: Kind, depth: int, inputs: Tensor, seed: int) -> Tensor:
    """Gradient of a random read-out by each input, (64, 400), batch statistics held fixed."""
    generator = torch.Generator().manual_seed(seed)
    weights = [
        torch.randn(WIDTH, WIDTH, generator=generator) * sqrt(2 / WIDTH) for _ in range(depth)
    ]
    readout = torch.randn(WIDTH, generator=generator)
    x = inputs.clone().requires_grad_()
    h = x
    for weight in weights:
        if kind == "plain":
            h = torch.relu(h @ weight.T)
        elif kind == "plain_with_bn":
            h = torch.relu(_standardise(h @ weight.T)) * sqrt(2)
        elif kind == "residual":
            h = h + torch.relu(h) @ weight.T
        else:
            h = h + torch.relu(_standardise(h)) @ weight.T
    return torch.autograd.grad((h @ readout).sum(), x)[0]


def _standardise(z: Tensor) -> Tensor:
    # Held fixed as in the theory: differentiating them would mix the inputs' gradients.
    mean, deviation = z.detach().mean(0), z.detach().std(0, unbiased=False) + 1e-8
    return (z - mean) / deviation


def _correlation(gradients: Tensor) -> float:
    directions = gradients / gradients.norm(dim=1, keepdim=True)
    cosines = directions @ directions.T
    off_diagonal = ~torch.eye(len(cosines), dtype=torch.bool)
    return float(cosines[off_diagonal].mean())
