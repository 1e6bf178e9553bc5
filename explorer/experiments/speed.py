"""How quick the engines are with one picture and one network, by turns, beside what the processor
can at all: a large product of matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import torch
from torch import Tensor

from explorer.experiments.race import Timed
from explorer.networks import ResNet
from explorer.networks.engines import Engine, EngineError, make
from explorer.networks.stopping import between_ops

BATCHES: Final = (1, 2, 4, 8, 16, 32)
SIDE: Final = 1024
"""Of the square matrices: large enough that arithmetic and not memory decides."""
PRODUCT_MACS: Final = SIDE**3
_LONGEST_S: Final = 10.0
"""After so long no round begins, once there are two."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """An engine's logits held against the network's own.

    `apart` is the largest difference, `largest` the network's largest logit, both without sign;
    `same` says whether both name the same class.
    """

    apart: float
    largest: float
    same: bool


@dataclass(frozen=True)
class Speed:
    """One batch size: each engine's times, how well it agrees, and the processor's rates.

    `problems` are the engines that could not be made, each with a sentence. `rates` are the
    multiply-adds per second of a product of matrices, the quickest of all rounds, by the type of
    its numbers: "float32" and "bfloat16".
    """

    images: int
    times: dict[str, Timed]
    agreements: dict[str, Agreement]
    problems: dict[str, str]
    rates: dict[str, float]

    def share(self, engine: str, macs: int) -> float:
        """Of the rate of a product of matrices in the same type of numbers, with one image of so
        many multiply-adds."""
        kind = "bfloat16" if engine == "bfloat16" else "float32"
        return self.images * macs / self.times[engine].median / self.rates[kind]


def measure(
    network: ResNet,
    x: Tensor,
    engines: Sequence[str],
    images: int,
    rounds: int,
    told: Callable[[float], object] = lambda _: None,
) -> Speed:
    """Time engines by turns, so that whatever else the machine does meets all alike.

    Each runs once unmeasured, and that answer is compared. Every second round runs backwards.
    It can be broken off between two passes, see explorer.networks.stopping.

    Args:
        network: in eval mode, on the CPU.
        x: a preprocessed picture, (1, C, H, W).
        engines: ids of explorer.networks.engines.
        images: the batch is so often the same picture.
        rounds: passes of each that are measured.
        told: is told which share is done, from 0 to 1.
    """
    batch = x.repeat(images, 1, 1, 1)
    with torch.inference_mode():
        wanted = network(x)[0]
    made: dict[str, Engine] = {}
    agreements: dict[str, Agreement] = {}
    problems: dict[str, str] = {}
    for index, name in enumerate(engines):
        between_ops()
        try:
            made[name] = make(name, network, tuple(batch.shape), batch)
            found = made[name](batch)
        except (EngineError, RuntimeError) as problem:
            made.pop(name, None)
            problems[name] = str(problem)
            continue
        agreements[name] = agreement(found, wanted)
        told((index + 1) / len(engines) / (rounds + 1))
    seconds: dict[str, list[float]] = {name: [] for name in made}
    products = _products()
    best = dict.fromkeys(products, float("inf"))
    begun = perf_counter()
    for index in range(rounds):
        if index >= 2 and perf_counter() - begun > _LONGEST_S:
            break
        for kind, matrix in products.items():
            best[kind] = min(best[kind], _product_seconds(matrix))
        order = list(made)
        for name in reversed(order) if index % 2 else order:
            between_ops()
            start = perf_counter()
            made[name](batch)
            seconds[name].append(perf_counter() - start)
        told((index + 2) / (rounds + 1))
    return Speed(
        images,
        {name: Timed(tuple(found)) for name, found in seconds.items()},
        agreements,
        problems,
        {kind: PRODUCT_MACS / quickest for kind, quickest in best.items()},
    )


def by_turns(engines: Sequence[Engine], x: Tensor, rounds: int) -> list[float]:
    """Seconds of each engine's quickest pass; who comes first changes from round to round."""
    best = [float("inf")] * len(engines)
    for index in range(rounds):
        order = range(len(engines))
        for which in reversed(order) if index % 2 else order:
            between_ops()
            start = perf_counter()
            engines[which](x)
            best[which] = min(best[which], perf_counter() - start)
    return best


def agreement(found: Tensor, wanted: Tensor) -> Agreement:
    """Of the worst of the batch's answers, which are to one and the same picture."""
    difference = (found.detach().double() - wanted.double()).abs()
    return Agreement(
        float(difference.max()),
        float(wanted.abs().max()),
        bool((found.argmax(1) == wanted.argmax()).all()),
    )


def _products() -> dict[str, Tensor]:
    matrix = torch.randn(SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    made = {"float32": matrix, "bfloat16": matrix.bfloat16()}
    for one in made.values():
        _product_seconds(one)
    return made


def _product_seconds(matrix: Tensor) -> float:
    between_ops()
    start = perf_counter()
    matrix @ matrix
    return perf_counter() - start
