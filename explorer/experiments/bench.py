"""What small experiments on blocks share: one thread, and weights that are easy to follow."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

import torch
from numpy.typing import NDArray
from torch import nn

Array = NDArray[Any]
Weights = Literal["random", "zero", "dirac", "ones"]

_THREADS: Final = torch.get_num_threads()


@contextmanager
def one_thread() -> Iterator[None]:
    """Tensors this small take 0.3 ms on one thread, and 60 ms on two of a busy machine.

    torch keeps the number per thread, so other sessions are not slowed down.
    """
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(_THREADS)


def fill(block: nn.Module, weights: Weights) -> None:
    """Set every convolution's weights; "zero" spares projections, "random" changes nothing.

    The layers of squeeze-and-excitation are spared: they say how much of F(x) there is.
    """
    for name, layer in block.named_modules():
        if not isinstance(layer, nn.Conv2d) or name.startswith("se."):
            continue
        if weights == "zero" and "downsample" not in name:
            nn.init.zeros_(layer.weight)
        elif weights == "dirac":
            nn.init.dirac_(layer.weight)
        elif weights == "ones":
            nn.init.ones_(layer.weight)
