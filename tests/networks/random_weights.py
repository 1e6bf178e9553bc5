"""Random weights at the price of a copy: even 127 million of them take a tenth of a second."""

import torch
from torch import nn

POOL = torch.randn(1 << 20, generator=torch.Generator().manual_seed(1))


def randomise(network: nn.Module) -> nn.Module:
    """Fill a network, one on the meta device too, so that activations neither vanish nor explode
    and batch norm in eval mode is no identity."""
    network = network.to_empty(device="cpu")
    offset = 0
    for name, tensor in network.state_dict().items():
        if tensor.dtype.is_floating_point:
            count, offset = tensor.numel(), (offset + 977) % 4096
            noise = POOL[offset:].repeat(1 + count // (len(POOL) - offset))[:count]
            noise = noise.view_as(tensor)
            if tensor.ndim > 1:
                tensor.copy_(noise * tensor[0].numel() ** -0.5)
            elif name.endswith("running_var"):
                tensor.copy_(noise.abs() + 0.5)
            else:
                tensor.copy_(0.1 * noise + (1 if name.endswith("weight") else 0))
        else:
            tensor.zero_()
    return network
