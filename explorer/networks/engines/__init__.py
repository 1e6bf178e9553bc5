"""What answers in a network's place, sooner: the same weights, the same numbers, nothing to see.

An engine takes preprocessed images, (N, C, H, W), on the CPU and returns logits, (N, K). It is
shared like the network: many threads may call one.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Final, Protocol

import torch
from torch import Tensor

from explorer.networks.engines.in_torch import Fused, Stepwise, Walk, can_fuse
from explorer.networks.engines.onnx_file import EngineError
from explorer.networks.engines.outside import Outside
from explorer.networks.resnet import ResNet


class Engine(Protocol):
    """Answers in a network's place."""

    @property
    def id(self) -> str:
        """One of ENGINES."""

    def __call__(self, x: Tensor, /) -> Tensor:
        """Logits, (N, K), of preprocessed images, (N, C, H, W), on the CPU."""


ENGINES: Final = (
    "eager",
    "channels_last",
    "folded",
    "fused",
    "bfloat16",
    "onnxruntime",
    "openvino",
)
"""All, by their ids."""
PACKAGES: Final = {"openvino": ("onnx", "openvino"), "onnxruntime": ("onnx", "onnxruntime")}
"""Engine -> what it needs beside torch; the likely quickest first."""

__all__ = ["ENGINES", "PACKAGES", "Engine", "EngineError", "is_here", "make", "quickest"]


def is_here(engine: str) -> bool:
    """Whether everything that it needs is installed; nothing is loaded."""
    if engine == "fused":
        return can_fuse()
    return all(find_spec(name) is not None for name in PACKAGES.get(engine, ()))


def make(
    engine: str,
    network: ResNet,
    shape: tuple[int, ...],
    images: Tensor | None = None,
    paged: bool = False,
) -> Engine:
    """The engine of this id, one of ENGINES that is here.

    Args:
        engine: its id.
        network: in eval mode, on the CPU.
        shape: of the batches to come, (N, C, H, W).
        images: of that shape, on which an engine from outside is tried.
        paged: an engine from outside may have weights on the disk, see foreign.Pages.

    Raises:
        EngineError: it cannot run this network.
    """
    if engine in PACKAGES:
        return Outside(engine, network, shape, images, paged)
    makers: dict[str, Callable[[], Engine]] = {
        "eager": lambda: Walk(network),
        "channels_last": lambda: Stepwise(network),
        "folded": lambda: Stepwise(network, folds=True),
        "fused": lambda: Fused(network, shape),
        "bfloat16": lambda: Stepwise(network, folds=True, dtype=torch.bfloat16),
    }
    return makers[engine]()


def quickest(network: ResNet, shape: tuple[int, ...]) -> Engine:
    """The quickest engine that torch alone gives, in float32; it has run once.

    Args:
        network: in eval mode, on the CPU.
        shape: of the batches to come, (N, C, H, W).
    """
    if can_fuse():
        try:
            return Fused(network, shape)
        except RuntimeError:
            pass  # a processor for which oneDNN has no such kernels
    engine = Stepwise(network, folds=True)
    engine(torch.zeros(shape))
    return engine
