"""What proofs run on: random numbers that are the same each time."""

import torch


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    """Standard normal values of this shape."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
