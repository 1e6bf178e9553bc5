"""Weight standardisation (Qiao et al. 2019, arXiv 1903.10520; BiT's ResNets): each kernel less its
mean, by its deviation, in every forward pass. No tensor says so, and no norm remembers it.

What is done to a kernel before it is used leaves no trace in the network but this one: a gradient
through the standardised kernel is at a right angle to the kernel's mean, so training never moves
the mean from where chance had put it, and weight decay only shrinks it. Without it, training does
move the means: the kernels of a trained network have means beyond those of chance.
"""

import re
from collections.abc import Sequence
from math import sqrt
from typing import Final

import torch
from torch import Tensor

from explorer.networks.recognise.modules import Layer

_NAMED: Final = re.compile(r"standardi[sz]ed|std_?conv|ws_?conv", re.IGNORECASE)
STANDARDISED: Final = 0.9
"""Means of kernels, as a multiple of those of chance, below which they were standardised: two
networks that were had 0.59 and 0.76, one that is untrained has 1, thirteen that were trained
without it 1.66 to 3.19, all after 8 epochs on CIFAR-10."""
_EPS: Final = 1e-10
"""BiT's own."""


def far_from_chance(convolutions: Sequence[Layer]) -> float:
    """The means of all kernels, as a multiple of what chance would leave: root mean square of
    mean / (deviation / sqrt(n)) of each kernel's n numbers."""
    total, count = 0.0, 0
    for layer in convolutions:
        weight = layer.tensor("weight")
        assert weight is not None
        kernels = weight.float().flatten(1)
        n = kernels.shape[1]
        if n < 2:
            continue
        variance, mean = torch.var_mean(kernels, 1)
        some = variance > 0
        total += float((mean[some].square() / variance[some]).sum()) * n
        count += int(some.sum())
    return sqrt(total / count) if count else 1.0


def is_named(convolutions: Sequence[Layer]) -> bool:
    """Whether the names say it, as BiT's own files do."""
    return all(_NAMED.search(layer.name) for layer in convolutions)


def folded(weight: Tensor) -> Tensor:
    """(out, in, k, k): the kernels that the network convolves with; in half precision where the
    file's have no more, so that they take no more memory than is stated."""
    kernels = weight.float()
    variance, mean = torch.var_mean(kernels, (1, 2, 3), correction=0, keepdim=True)
    standard = (kernels - mean) / (variance + _EPS).sqrt()
    return standard if weight.dtype.itemsize > 2 else standard.half()
