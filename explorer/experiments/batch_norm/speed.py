"""Does batch norm train faster, and does it hold distributions still? A small network, measured.

The network of the paper's first experiment (Ioffe and Szegedy 2015, section 4.1): three hidden
layers of 100 units, small Gaussian weights, batches of 60, plain SGD; on the gratings that the app
makes, since MNIST would be a download. All learning rates train side by side: they are the batch
axis of the matrix products, so that five cost little more than one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

from explorer.experiments.bench import one_thread
from explorer.experiments.gratings import CLASSES, SIZE, gratings

Activation = Literal["sigmoid", "relu"]
Kind = Literal["without", "with", "noisy"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""`noisy` is batch norm with a new shift and scale for every unit at every step behind it, after
the idea of Santurkar et al. 2018, section 2.1."""

RATES: Final = (0.1, 0.3, 1.0, 3.0, 10.0)
UNITS: Final = 100
HIDDEN: Final = 3
BATCH: Final = 60
STEPS: Final = 400
EVERY: Final = 20
"""Steps from one point of a curve to the next."""
REACHED: Final = 0.5
"""The training loss whose first step is told; guessing gives ln 10 = 2.30."""
_WINDOW: Final = 20
_DEVIATION: Final = 0.1
_EPS: Final = 1e-5
_PERCENTILES: Final = (0.15, 0.5, 0.85)
_SEEN: Final = 200
_SHIFT, _SCALE = 0.5, 0.25
MACS: Final = 3 * len(KINDS) * STEPS * len(RATES) * BATCH * (
    SIZE * SIZE * UNITS + (HIDDEN - 1) * UNITS * UNITS + UNITS * CLASSES
)  # fmt: skip
"""Forward and backward passes of all trainings together."""


@dataclass(frozen=True, slots=True)
class Trained:
    """One kind of network at every rate.

    `losses` (points, rates) are means over EVERY steps, NaN where a training diverged; `reached`
    is the first step at which the mean of the last 20 losses is at most REACHED, None where it
    never is. `inputs` (points, 3, rates, units) are the 15th, 50th and 85th percentile of what
    enters each activation of the last hidden layer, over the same 200 pictures, before the first
    step and after every EVERY.
    """

    losses: Tensor
    reached: tuple[int | None, ...]
    inputs: Tensor

    @property
    def best(self) -> int | None:
        """Which rate arrives first; None where none does."""
        known = [step for step in self.reached if step is not None]
        return self.reached.index(min(known)) if known else None

    def moved(self, rate: int) -> float:
        """How far the median of a unit's inputs gets from where it was at the start: the largest
        distance, averaged over the units. NaN if the training diverged."""
        medians = self.inputs[:, 1, rate]
        return float((medians - medians[0]).abs().amax(0).mean())

    def widened(self, rate: int) -> float:
        """How many times as wide the inputs (15th to 85th percentile) are at the end as at the
        start, averaged over the units."""
        width = self.inputs[:, 2, rate] - self.inputs[:, 0, rate]
        return float((width[-1] / width[0]).mean())


@dataclass(frozen=True, slots=True)
class Speed:
    """All kinds with one activation."""

    activation: Activation
    kinds: dict[Kind, Trained]


def speed(
    activation: Activation,
    progress: Callable[[float], object] = lambda share: None,
    steps: int = STEPS,
    seed: int = 0,
) -> Speed:
    """Train every kind at every rate, from the same weights and on the same batches."""
    found: dict[Kind, Trained] = {}
    for index, kind in enumerate(KINDS):

        def tell(share: float, before: int = index) -> None:
            progress((before + share) / len(KINDS))

        with one_thread():
            found[kind] = _train(activation, kind, steps, seed, tell)
    return Speed(activation, found)


class _Network:
    """Weights (rates, in, out) of all layers; gamma and beta of the hidden ones."""

    def __init__(self, activation: Activation, kind: Kind, seed: int) -> None:
        self.act = torch.sigmoid if activation == "sigmoid" else torch.relu
        self.kind = kind
        start = torch.Generator().manual_seed(seed)
        self.noise = torch.Generator().manual_seed(seed + 1)
        sizes = [SIZE * SIZE, *[UNITS] * HIDDEN, CLASSES]
        self.weights = [
            _for_every_rate(_DEVIATION * torch.randn(a, b, generator=start))
            for a, b in pairwise(sizes)
        ]
        self.biases = [_for_every_rate(torch.zeros(1, b)) for b in sizes[1:]]
        self.gammas = [_for_every_rate(torch.ones(1, UNITS)) for _ in range(HIDDEN)]

    @property
    def learned(self) -> list[Tensor]:
        scales = [] if self.kind == "without" else self.gammas
        return [*self.weights, *self.biases, *scales]

    def walk(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 144) -> logits (rates, N, 10), and what enters the last hidden activation."""
        h = x.expand(len(RATES), *x.shape)
        for weight, beta, gamma in zip(
            self.weights[:-1], self.biases[:-1], self.gammas, strict=True
        ):
            z = h @ weight
            if self.kind != "without":
                variance, mean = torch.var_mean(z, 1, correction=0, keepdim=True)
                z = gamma * (z - mean) / torch.sqrt(variance + _EPS)
            z = z + beta
            if self.kind == "noisy":
                draw = torch.rand(2, 1, 1, UNITS, generator=self.noise)
                z = z * (1 + _SCALE * draw[0]) + _SHIFT * (2 * draw[1] - 1)
            h = self.act(z)
        return h @ self.weights[-1] + self.biases[-1], z


def _for_every_rate(start: Tensor) -> Tensor:
    return start.expand(len(RATES), *start.shape).clone().requires_grad_()


def _train(
    activation: Activation,
    kind: Kind,
    steps: int,
    seed: int,
    progress: Callable[[float], object],
) -> Trained:
    data = gratings(4_096, seed + 100)
    images = data.images.flatten(1)
    network = _Network(activation, kind, seed)
    batches = torch.Generator().manual_seed(seed + 2)
    rates = torch.tensor(RATES).view(-1, 1, 1)
    losses, inputs = [], [_percentiles(network, images)]
    for step in range(steps):
        chosen = torch.randint(0, len(images), (BATCH,), generator=batches)
        logits, _ = network.walk(images[chosen])
        loss = functional.cross_entropy(
            logits.permute(1, 2, 0), data.labels[chosen, None].expand(-1, len(RATES)),
            reduction="none",
        ).mean(0)  # fmt: skip
        gradients = torch.autograd.grad(loss.sum(), network.learned)
        with torch.no_grad():
            for parameter, gradient in zip(network.learned, gradients, strict=True):
                parameter -= rates * gradient
        losses.append(loss.detach())
        if (step + 1) % EVERY == 0:
            inputs.append(_percentiles(network, images))
            progress((step + 1) / steps)
    every = torch.stack(losses)
    points = every.unfold(0, EVERY, EVERY).mean(-1)
    return Trained(points, _first_steps(every), torch.stack(inputs))


def _percentiles(network: _Network, images: Tensor) -> Tensor:
    with torch.no_grad():
        _, entering = network.walk(images[:_SEEN])
    return torch.quantile(entering, torch.tensor(_PERCENTILES), dim=1)


def _first_steps(losses: Tensor) -> tuple[int | None, ...]:
    """For losses (steps, rates): the first step whose last 20 losses are REACHED in the mean."""
    if len(losses) < _WINDOW:
        return (None,) * losses.shape[1]
    arrived = losses.unfold(0, _WINDOW, 1).mean(-1) <= REACHED
    return tuple(
        int(rate.nonzero()[0]) + _WINDOW if bool(rate.any()) else None for rate in arrived.T
    )
