"""Batch norm's backward pass on paper: dsigma2, dmu, dx of one channel, held against autograd."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.architecture import Blueprint
from explorer.experiments.leaf import leaf
from explorer.experiments.origin.capture import capture
from explorer.networks import ResNet


@dataclass(frozen=True, slots=True)
class NormBackward:
    """Every quantity of Ioffe and Szegedy's backward pass for one channel, in float64.

    `count` is how many values the statistics are of; x, dy and dx are those of one of them.
    `theirs` is autograd's dx there, `residue` the largest difference over the whole channel;
    `sum_dx_hat` and `sum_weighted` are the sums over the channel of dx_hat and of
    dx_hat * (x - mean). `in_eval` is dx in eval mode, where mean and variance are constants; None
    where the layer has none yet.
    """

    count: int
    mean: float
    variance: float
    eps: float
    gamma: float
    x: float
    dy: float
    dx_hat: float
    d_variance: float
    d_mean: float
    dx: float
    theirs: float
    residue: float
    d_gamma: float
    d_beta: float
    sum_dx_hat: float
    sum_weighted: float
    in_eval: float | None = None


def norm_backward(
    x: Tensor, dy: Tensor, gamma: float, eps: float, at: tuple[int, int]
) -> NormBackward:
    """The backward pass of batch norm in train mode.

    Args:
        x, dy: one channel of one image and the gradient of what was made of it, (H, W).
        gamma: the channel's weight.
        eps: added to the variance.
        at: the position that is told.
    """
    x, dy = x.detach().double(), dy.detach().double()
    count = x.numel()
    mean, variance = x.mean(), x.var(unbiased=False)
    inverse = (variance + eps) ** -0.5
    dx_hat = dy * gamma
    weighted = (dx_hat * (x - mean)).sum()
    d_variance = weighted * -0.5 * inverse**3
    d_mean = -(dx_hat * inverse).sum() + d_variance * (-2 * (x - mean)).sum() / count
    dx = dx_hat * inverse + d_variance * 2 * (x - mean) / count + d_mean / count
    with torch.enable_grad():
        source = x[None, None].clone().requires_grad_()
        out = functional.batch_norm(
            source, None, None, x.new_tensor([gamma]), None, training=True, eps=eps
        )
        (theirs,) = torch.autograd.grad(out, source, dy[None, None])
    normalised = (x - mean) * inverse
    return NormBackward(
        count,
        float(mean),
        float(variance),
        eps,
        gamma,
        float(x[at]),
        float(dy[at]),
        float(dx_hat[at]),
        float(d_variance),
        float(d_mean),
        float(dx[at]),
        float(theirs[0, 0][at]),
        float((dx - theirs[0, 0]).abs().max()),
        float((dy * normalised).sum()),
        float(dy.sum()),
        float(dx_hat.sum()),
        float(weighted),
    )


def of_layer(
    network: ResNet, x: Tensor, bp: Blueprint, path: str, target: int
) -> tuple[NormBackward, tuple[int, int, int]]:
    """The same for one batch norm of a network, at the value whose gradient is largest.

    The layer alone is told as in train mode, on what it reads and gets back for this picture; in
    eval mode also what dx is there.

    Returns:
        The pass, and the channel, row and column that it tells.
    """
    found = capture(network, x, bp, path)
    with torch.enable_grad():
        out = image = leaf(network, x)
        written = image
        for name, out in network.walk(image):
            if name == path:
                written = out
        wanted = torch.full((len(x),), target, device=out.device)
        (slope,) = torch.autograd.grad(functional.cross_entropy(out, wanted), written)
    dy = slope[0].cpu()
    place = int(dy.abs().argmax())
    channel, rest = divmod(place, dy.shape[1] * dy.shape[2])
    row, column = divmod(rest, dy.shape[2])
    module = network.get_submodule(path)
    assert isinstance(module, nn.BatchNorm2d)
    gamma = float(module.weight.detach()[channel])
    source = torch.from_numpy(found.inputs[0][channel])
    told = norm_backward(source, dy[channel], gamma, module.eps, (row, column))
    if not module.training and module.running_var is not None:
        inverse = (float(module.running_var[channel]) + module.eps) ** -0.5
        told = replace(told, in_eval=told.dx_hat * inverse)
    return told, (channel, row, column)
