"""Two networks timed by turns, so that whatever else the machine does meets both alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import Final

import torch
from torch import Tensor

from explorer.networks import ResNet
from explorer.networks.devices import synchronise

FEWEST, ROUNDS = 3, 9
_LONGEST_S: Final = 20.0
"""After so long no round begins, once there are the fewest."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds of every measured pass, in their order."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Between them lies the middle half of the passes."""
        low, _, high = quantiles(self.seconds, n=4, method="inclusive")
        return low, high

    def apart_from(self, other: "Timed") -> bool:
        """Whether the middle halves of the passes do not overlap."""
        (low, high), (lower, upper) = self.quartiles, other.quartiles
        return high < lower or upper < low


def race(
    runners: Sequence[tuple[ResNet, Tensor]],
    rounds: int = ROUNDS,
    told: Callable[[float], object] = lambda _: None,
    longest: float = _LONGEST_S,
) -> tuple[Timed, ...]:
    """Time forward passes of several networks by turns.

    Each runs once unmeasured, which pays for memory and the choice of kernels. Every second round
    runs backwards, so that none always follows the same one.

    Args:
        runners: networks in eval mode, each with a batch on its device.
        rounds: how many passes of each are measured.
        told: is told which share is done, from 0 to 1.
        longest: seconds after which no round begins, once there are three.
    """
    found: list[list[float]] = [[] for _ in runners]
    with torch.inference_mode():
        for network, x in runners:
            _seconds(network, x)
        begun = perf_counter()
        for index in range(rounds):
            if index >= FEWEST and perf_counter() - begun > longest:
                break
            order = range(len(runners))
            for which in reversed(order) if index % 2 else order:
                found[which].append(_seconds(*runners[which]))
            told((index + 1) / rounds)
    return tuple(Timed(tuple(seconds)) for seconds in found)


def _seconds(network: ResNet, x: Tensor) -> float:
    synchronise(x.device)
    start = perf_counter()
    network(x)
    synchronise(x.device)
    return perf_counter() - start
