"""Batch norm's two modes on a whole network, and what can be done to the convolution before it."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explorer.architecture import Op
from explorer.experiments.batch_norm.twins import norms, twin
from explorer.networks import ResNet


@dataclass(frozen=True, eq=False)
class Company:
    """Logits of one image in two batches of `images` each, (K,), on the CPU."""

    images: int
    train: tuple[Tensor, Tensor]
    evaluated: tuple[Tensor, Tensor]

    @property
    def train_difference(self) -> float:
        """Largest one between the two batches, in train mode."""
        return _largest(*self.train)

    @property
    def eval_difference(self) -> float:
        """Largest one between the two batches, in eval mode."""
        return _largest(*self.evaluated)


def in_two_batches(
    network: ResNet, first: Tensor, second: Tensor, trained: bool = False
) -> Company:
    """The logits of an image that is the first of two batches, (N, C, H, W) each.

    Works on a twin. A trained network's running statistics stay as they are; an untrained one
    gets the average of the two batches, so that eval mode has something sensible to work with.
    """
    own = twin(network)
    _statistics(own, keep=trained)
    with torch.no_grad():
        own.train()
        train = own(first)[0].cpu(), own(second)[0].cpu()
        own.eval()
        evaluated = own(first)[0].cpu(), own(second)[0].cpu()
    return Company(len(first), train, evaluated)


def _statistics(own: ResNet, keep: bool) -> None:
    """Of a twin: leave its running statistics alone, or start them anew as plain averages."""
    for layer in norms(own).values():
        if not keep:
            layer.reset_running_stats()
        layer.momentum = 0.0 if keep else None


@dataclass(frozen=True, slots=True)
class Scaled:
    """What multiplying one convolution's weights does to the logits, at most.

    `typical` is the standard deviation of the logits themselves.
    """

    convolution: str
    factor: float
    in_train: float
    in_eval: float
    typical: float


def scale_convolution(network: ResNet, x: Tensor, path: str, factor: float = 10.0) -> Scaled:
    """Multiply the weights of the convolution at `path` on a twin and run x, (N, C, H, W)."""
    own = twin(network)
    _statistics(own, keep=False)
    with torch.no_grad():
        train = own.train()(x)
        _statistics(own, keep=True)
        evaluated = own.eval()(x)
        convolution = own.get_submodule(path)
        if not isinstance(convolution, nn.Conv2d):
            raise ValueError(f"path={path!r} is not a convolution of this network")
        convolution.weight = nn.Parameter(convolution.weight * factor)
        in_eval = _largest(own(x), evaluated)
        in_train = _largest(own.train()(x), train)
    return Scaled(path, factor, in_train, in_eval, float(train.std()))


@dataclass(frozen=True, slots=True)
class Folded:
    """A convolution and its batch norm, and the one convolution that replaces both in eval mode.

    Differences are the largest ones over all outputs, in float32: of our folded convolution
    and of torch.nn.utils.fuse_conv_bn_eval, both against the two layers. `largest` is the largest
    output.
    """

    convolution: str
    norm: str
    difference: float
    difference_torch: float
    largest: float


def folded_convolution(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """One convolution with bias that does what both do in eval mode.

    weight * gamma / sqrt(var + eps), and beta + (bias - mean) * gamma / sqrt(var + eps).

    Raises:
        ValueError: the batch norm keeps no running statistics.
    """
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("a batch norm without running statistics cannot be folded")
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)  # (C,)
    bias = torch.zeros_like(scale) if convolution.bias is None else convolution.bias
    folded = copy.deepcopy(convolution)
    folded.weight = nn.Parameter(convolution.weight * scale[:, None, None, None])
    folded.bias = nn.Parameter(norm.bias + (bias - norm.running_mean) * scale)
    return folded.eval()


def fold_pair(network: ResNet, pair: tuple[Op, Op]) -> Folded:
    """Fold one convolution and its batch norm of a twin, on seeded inputs.

    An untrained batch norm is the identity, so it first gets random gamma and beta and the
    statistics of a batch.
    """
    own = twin(network)
    before, after = pair
    convolution, norm = own.get_submodule(before.path), own.get_submodule(after.path)
    if not isinstance(convolution, nn.Conv2d) or not isinstance(norm, nn.BatchNorm2d):
        raise ValueError(f"pair={before.path!r}, {after.path!r} is no convolution and batch norm")
    generator = torch.Generator().manual_seed(0)
    channels, *size = before.in_shape
    device = convolution.weight.device
    x = torch.randn(2, channels, *size, generator=generator).to(device)
    norm.weight = nn.Parameter(torch.rand(norm.num_features, generator=generator).to(device) + 0.5)
    norm.bias = nn.Parameter(torch.randn(norm.num_features, generator=generator).to(device))
    norm.momentum = 1.0
    with torch.no_grad():
        norm.train()(convolution(x))
        expected = norm.eval()(convolution(x))
        ours = folded_convolution(convolution, norm)(x)
        theirs = nn.utils.fuse_conv_bn_eval(convolution.eval(), norm)(x)
    return Folded(
        before.path,
        after.path,
        _largest(ours, expected),
        _largest(theirs, expected),
        float(expected.abs().max()),
    )


def _largest(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max())
