"""What running a network takes, foretold from its blueprint: multiply-accumulates and memory.

Counting a network needs none of this: what cannot be run here can still be counted here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Final

from explorer.architecture import Blueprint, NetworkSpec, blueprint
from explorer.architecture.image_size import ImageSize
from explorer.words import WordedError

_FLOAT: Final = 4
"""Bytes of a float32 value."""
_BACKWARD: Final = 3
"""A pass with gradients takes about three times the MACs of a forward pass: one forward, one for
the gradient of the outputs and one for that of the weights."""


class TooMuch(WordedError):
    """Work that the server's owner does not allow; the message says what it would take."""


@dataclass(frozen=True, slots=True)
class Work:
    """MACs of all passes together, and bytes at the peak, the network's weights included.

    `weights` are those of its bytes that a network which is kept takes already.
    """

    macs: int
    memory: int
    weights: int = 0

    @property
    def new(self) -> int:
        """Bytes that come beside what is kept."""
        return self.memory - self.weights

    def check(self, most_macs: int, most_memory: int) -> None:
        """Refuse what is beyond these limits.

        Raises:
            TooMuch: with what it would take, what is allowed, and what helps.
        """
        if self.macs > most_macs:
            raise TooMuch("work", "too many macs", needed=self.macs / 1e9, most=most_macs / 1e9)
        if self.memory > most_memory:
            raise TooMuch(
                "work", "too much memory", needed=self.memory / 1e6, most=most_memory / 1e6
            )


def forward(bp: Blueprint, images: int = 1, passes: int = 1) -> Work:
    """Passes without gradients, one after the other, each over `images` at once."""
    weights = _weights(bp)
    return Work(passes * images * bp.macs, weights + images * _largest(bp), weights)


def keeping_features(bp: Blueprint) -> Work:
    """One pass of one image that keeps what every block hands on, and a copy of it."""
    kept = sum(part.ops[-1].activations for part in bp.parts[:-1])
    weights = _weights(bp)
    return Work(bp.macs, weights + _largest(bp) + 2 * _FLOAT * kept, weights)


def gradients(bp: Blueprint, images: int = 1, passes: int = 1) -> Work:
    """Passes forth and back: every op's output is kept until its gradient is known."""
    kept = _FLOAT * images * bp.activations
    weights = _weights(bp)
    memory = weights + kept + 2 * images * _largest(bp)
    return Work(_BACKWARD * passes * images * bp.macs, memory, weights)


def building(params: int, copies: int = 1) -> Work:
    """Making a network of so many parameters, and so many copies of it."""
    return Work(0, _FLOAT * params * copies)


def _weights(bp: Blueprint) -> int:
    return _FLOAT * bp.params


def _largest(bp: Blueprint) -> int:
    """Bytes that one image takes on its way: an op's input and output, and the shortcut."""
    return _largest_of(bp.spec, bp.image_size)


# Asked in each run of a page, of all ops of its network.
@lru_cache(maxsize=256)
def _largest_of(spec: NetworkSpec, image_size: ImageSize) -> int:
    bp = blueprint(spec, image_size)
    values = max(op.activations + prod(op.in_shape) for op in bp.ops)
    block = max(part.ops[0].activations for part in bp.parts)
    return _FLOAT * (values + block)
