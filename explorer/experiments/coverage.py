"""Which input positions a down-sampling block reads: v1, v1.5 and ResNet-D."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from explorer.experiments.bench import Array, fill, one_thread
from explorer.networks.dialects import (
    AveragePoolShortcut,
    PaperBottleneck,
    TorchvisionBottleneck,
)


@dataclass(frozen=True)
class Coverage:
    """How many output positions each input position reaches: (H, W) counts, by way."""

    name: str
    main: Array
    shortcut: Array
    whole: Array

    @staticmethod
    def share(counts: Array) -> float:
        """Part of the input positions that reach the output at all."""
        return float((counts > 0).mean())


@one_thread()
def coverage(size: int = 10) -> list[Coverage]:
    """Down-sampling bottlenecks of v1, v1.5 and ResNet-D: which input positions are read.

    Every input position is lit alone; what changes at the output is counted. All weights are
    positive, so nothing cancels and no ReLU blocks: what counts is the wiring.
    """
    blocks: dict[str, tuple[nn.Module, str]] = {
        "v1": (PaperBottleneck(2, 8, 2), "projection"),
        "v1.5": (TorchvisionBottleneck(2, 8, 2), "downsample"),
        "ResNet-D": (AveragePoolShortcut(2, 8), "downsample"),
    }
    results = []
    for name, (block, shortcut) in blocks.items():
        block.eval()
        fill(block, "ones")
        whole = _reached(block, size)
        ways = []
        for silenced in (shortcut, "conv3"):
            fill(block, "ones")
            for layer in block.get_submodule(silenced).modules():
                if isinstance(layer, nn.Conv2d):
                    nn.init.zeros_(layer.weight)
            ways.append(_reached(block, size))
        results.append(Coverage(name, ways[0], ways[1], whole))
    return results


def _reached(block: nn.Module, size: int) -> Array:
    """Number of output positions that change when one input position is lit, (H, W)."""
    positions = size * size
    lit = torch.eye(positions).reshape(positions, 1, size, size).expand(-1, 2, -1, -1)
    with torch.inference_mode():
        dark = block(torch.zeros(1, 2, size, size))
        changed = (block(lit) != dark).any(dim=1)  # (positions, H_out, W_out)
    return np.asarray(changed.sum(dim=(1, 2)).reshape(size, size).numpy())
