"""What answers in a network's place, sooner: the same weights, the same numbers, nothing to see.

An engine takes preprocessed images, (N, C, H, W), on the CPU and returns logits, (N, K). It is
shared like the network: many threads may call one.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from explorer.networks.engines.in_torch import Fused, Stepwise, Walk, can_fuse
from explorer.networks.resnet import ResNet

Engine = Callable[[Tensor], Tensor]

__all__ = ["Engine", "Fused", "Stepwise", "Walk", "can_fuse", "quickest"]


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
