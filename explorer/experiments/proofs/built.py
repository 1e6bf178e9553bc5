"""Networks without memory for their weights, and what torch counts of them."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.architecture import Blueprint
from explorer.networks.resnet import ResNet


def on_meta(bp: Blueprint) -> ResNet:
    """The network without memory for its weights."""
    with torch.device("meta"):
        return ResNet(bp.spec).eval()


def numel(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def macs(module: nn.Module, *shape: int) -> int:
    """torch's own operation count of a forward pass, halved."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.empty(shape, device="meta"))
    return counter.get_total_flops() // 2
