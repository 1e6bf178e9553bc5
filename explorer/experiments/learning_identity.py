"""How hard it is to learn y = x with plain linear, plain ReLU and residual ReLU stacks."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Final, Literal

import torch
from torch import Tensor

WIDTH: Final = 32
BATCH: Final = 128
Kind = Literal["plain_linear", "plain_relu", "residual_relu"]
KINDS: Final[tuple[Kind, ...]] = ("plain_linear", "plain_relu", "residual_relu")
DEPTHS: Final = (2, 4, 8, 16)
RATES: Final = (0.01, 0.03, 0.1, 0.3)


@dataclass(frozen=True, slots=True)
class IdentityResult:
    """Error of the best rate per kind and depth, as a share of the error of saying the mean."""

    depths: tuple[int, ...]
    steps: int
    by_kind: dict[Kind, tuple[float, ...]]


def learn_identity(
    depths: tuple[int, ...] = DEPTHS,
    steps: int = 150,
    progress: Callable[[float], object] = lambda share: None,
) -> IdentityResult:
    """Train every kind at every depth on |x| (so ReLU loses nothing at the solution).

    Stacks of one depth and kind train side by side, one per rate: the rates are the batch axis of
    the matrix products, so that four cost little more than one.
    """
    runs = [(kind, depth) for kind in KINDS for depth in depths]
    total = sum(depth for _, depth in runs)
    found: dict[Kind, list[float]] = {kind: [] for kind in KINDS}
    done = 0
    for kind, depth in runs:
        found[kind].append(_best_error(kind, depth, steps))
        done += depth
        progress(done / total)
    return IdentityResult(depths, steps, {kind: tuple(errors) for kind, errors in found.items()})


def _best_error(kind: Kind, depth: int, steps: int) -> float:
    generator = torch.Generator().manual_seed(0)
    weights = _initial(kind, depth, generator)
    velocity = torch.zeros_like(weights)
    rates = torch.tensor(RATES).view(1, -1, 1, 1)
    for _ in range(steps):
        weights.requires_grad_()
        x = torch.randn(BATCH, WIDTH, generator=generator).abs()
        losses = ((_forward(kind, weights, x) - x) ** 2).mean((1, 2))  # (rates,)
        (gradient,) = torch.autograd.grad(losses.sum(), weights)
        norm = gradient.pow(2).sum((0, 2, 3), keepdim=True).sqrt()
        gradient = torch.nan_to_num(gradient / norm.clamp(min=1.0))
        velocity = 0.9 * velocity + gradient
        weights = (weights.detach() - rates * velocity).detach()
    x = torch.randn(2_048, WIDTH, generator=generator).abs()
    errors = ((_forward(kind, weights, x) - x) ** 2).mean((1, 2)) / x.var()
    return min((float(error) for error in errors if isfinite(float(error))), default=inf)


def _initial(kind: Kind, depth: int, generator: torch.Generator) -> Tensor:
    """(depth, rates, 32, 32): the same start for each rate."""
    scale = 1 / sqrt(WIDTH) if kind == "plain_linear" else sqrt(2 / WIDTH)
    weights = torch.randn(depth, WIDTH, WIDTH, generator=generator) * scale
    if kind == "residual_relu":
        # Keeps the forward variance bounded without batch norm.
        weights[1::2] /= sqrt(depth / 2)
    return weights[:, None].repeat(1, len(RATES), 1, 1)


def _forward(kind: Kind, weights: Tensor, x: Tensor) -> Tensor:
    """(N, 32) through weights (depth, rates, 32, 32) -> (rates, N, 32)."""
    h = x.expand(len(RATES), *x.shape)
    layers = [weight.transpose(1, 2) for weight in weights]
    if kind == "residual_relu":
        for first, second in zip(layers[::2], layers[1::2], strict=True):
            h = torch.relu(h + torch.relu(h @ first) @ second)
        return h
    for layer in layers:
        h = h @ layer
        if kind == "plain_relu":
            h = torch.relu(h)
    return h
