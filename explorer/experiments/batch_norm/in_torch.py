"""The closed forms of batch norm held against torch's own modules and gradients."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from explorer.experiments.batch_norm.claims import Running
from explorer.experiments.batch_norm.steps import Steps, backward, running, steps, unbiased

PAIRS = ((1.0, 5.0), (2.0, 2.1), (3.0, -7.0))
_OUTPUT = 16


@dataclass(frozen=True, slots=True)
class Check:
    """What torch.nn.BatchNorm2d gives for the same values, and how far the closed form is off.

    `outputs` is empty and `refusal` says why where torch does not compute (one value per channel).
    """

    outputs: tuple[float, ...]
    difference: float
    difference_float32: float
    refusal: str = ""


def check(result: Steps) -> Check:
    """Run torch.nn.BatchNorm2d in training mode on the values, as a batch of m 1x1 images.

    In float64, to compare formulas and not roundings; the difference in float32, in which
    networks run, is there as well.
    """
    try:
        exact = _batch_norm_2d(result, torch.float64)
    except ValueError as problem:
        return Check((), 0.0, 0.0, str(problem))
    rounded = _batch_norm_2d(result, torch.float32)
    return Check(tuple(exact), _largest(exact, result.scaled), _largest(rounded, result.scaled))


def _batch_norm_2d(result: Steps, dtype: torch.dtype) -> list[float]:
    layer = nn.BatchNorm2d(1, eps=result.eps, dtype=dtype)
    nn.init.constant_(layer.weight, result.gamma)
    nn.init.constant_(layer.bias, result.beta)
    x = torch.tensor(result.values, dtype=dtype).view(-1, 1, 1, 1)  # (m, 1, 1, 1)
    with torch.inference_mode():
        return layer(x).flatten().tolist()


def _largest(found: Sequence[float], expected: Sequence[float]) -> float:
    return max(abs(a - b) for a, b in zip(found, expected, strict=True))


def running_difference(expected: Running, momentum: float) -> float:
    """Largest difference between the closed form and a torch.nn.BatchNorm1d fed batch by batch."""
    layer = nn.BatchNorm1d(1, momentum=momentum, dtype=torch.float64)
    difference = 0.0
    with torch.no_grad():
        for index, values in enumerate(torch.from_numpy(expected.batches)):
            layer(values[:, None])
            kept = (float(_buffer(layer.running_mean)), float(_buffer(layer.running_var)))
            wanted = (expected.running_means[index], expected.running_variances[index])
            difference = max(difference, _largest(kept, [float(number) for number in wanted]))
    return difference


@dataclass(frozen=True, slots=True)
class Stored:
    """What one batch leaves in a layer that started from running variance 1.

    `kept` is torch's running variance; `from_unbiased` and `from_biased` are what the two
    variances would leave.
    """

    biased: float
    unbiased: float
    kept: float
    from_unbiased: float
    from_biased: float


def stored_variance(values: Sequence[float], momentum: float) -> Stored:
    """Feed one batch of at least two values to torch.nn.BatchNorm1d and read what it stored."""
    layer = nn.BatchNorm1d(1, momentum=momentum, dtype=torch.float64)
    with torch.no_grad():
        layer(torch.tensor(values, dtype=torch.float64)[:, None])
    biased = steps(values).variance
    sample = unbiased(biased, len(values))
    return Stored(
        biased,
        sample,
        float(_buffer(layer.running_var)),
        running(1.0, sample, momentum),
        running(1.0, biased, momentum),
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """A batch of shape (N, C, H, W) in train mode: torch's refusal, or empty if it computes."""

    shape: tuple[int, int, int, int]
    refusal: str


@cache
def batches_of_one() -> tuple[Attempt, ...]:
    """One image with one value per channel, and one with four."""
    attempts = []
    for size in (1, 2):
        shape = (1, 4, size, size)
        try:
            nn.BatchNorm2d(4)(torch.ones(shape))
            refusal = ""
        except ValueError as problem:
            refusal = str(problem)
        attempts.append(Attempt(shape, refusal))
    return tuple(attempts)


@cache
def batches_of_two() -> tuple[tuple[float, float], ...]:
    """What torch.nn.BatchNorm1d makes of each of PAIRS."""
    layer = nn.BatchNorm1d(len(PAIRS), dtype=torch.float64)
    with torch.no_grad():
        first, second = layer(torch.tensor(PAIRS, dtype=torch.float64).T).tolist()
    return tuple(zip(first, second, strict=True))


def measured_scale_ratio(spread: float, factor: float, eps: float = 1e-5) -> float:
    """What batch norm makes of `factor` times an input, over what it makes of the input.

    In float64, for an input of mean 0 and standard deviation `spread`.
    """
    x = torch.tensor([[-spread], [spread]], dtype=torch.float64)
    plain, scaled = (
        nn.functional.batch_norm(k * x, None, None, training=True, eps=eps) for k in (1.0, factor)
    )
    return float(scaled[1, 0] / plain[1, 0])


@dataclass(frozen=True, slots=True)
class LargestGradients:
    """Largest entries of the loss's gradient for a convolution that batch norm follows."""

    bias: float
    weight: float


@cache
def useless_bias() -> LargestGradients:
    """A 3x3 convolution with bias, batch norm, ReLU, and the sum of squares as loss."""
    generator = torch.Generator().manual_seed(0)
    convolution, norm = nn.Conv2d(8, _OUTPUT, 3, padding=1), nn.BatchNorm2d(_OUTPUT)
    for parameter in convolution.parameters():
        nn.init.uniform_(parameter, -0.1, 0.1, generator=generator)
    x = torch.randn(16, 8, 10, 10, generator=generator)
    loss = norm(convolution(x)).relu().square().sum()
    weight, bias = torch.autograd.grad(loss, [convolution.weight, _parameter(convolution.bias)])
    return LargestGradients(float(bias.abs().max()), float(weight.abs().max()))


@dataclass(frozen=True, slots=True)
class Backward:
    """The gradient through batch norm, three ways.

    `difference`: closed form against autograd. `difference_naive`: gamma / deviation times the
    upstream gradient, as if mean and variance were constants, against autograd. `total` and
    `along` are what remains of the two components that batch norm takes out.
    """

    difference: float
    difference_naive: float
    largest: float
    total: float
    along: float


@cache
def backward_check(count: int = 32, gamma: float = 1.7, beta: float = 0.3) -> Backward:
    """On seeded random inputs and upstream gradients, in float64."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(count, generator=generator, dtype=torch.float64).requires_grad_()
    upstream = torch.randn(count, generator=generator, dtype=torch.float64)
    scale, shift = (torch.tensor([number], dtype=torch.float64) for number in (gamma, beta))
    y = nn.functional.batch_norm(x[:, None], None, None, scale, shift, training=True)
    (found,) = torch.autograd.grad(y, x, upstream[:, None])
    result = steps(x.tolist(), gamma, beta)
    closed = backward(result.normalised, upstream.tolist(), gamma, result.deviation)
    naive = [gamma / result.deviation * number for number in upstream.tolist()]
    gradient = found.tolist()
    normalised = torch.tensor(result.normalised, dtype=torch.float64)
    return Backward(
        _largest(gradient, closed),
        _largest(gradient, naive),
        float(found.abs().max()),
        float(found.sum()),
        float((found * normalised).sum()),
    )


@dataclass(frozen=True, slots=True)
class Frozen:
    """Running mean of a layer whose parameters need no gradient, after one batch of mean 3."""

    in_train: float
    in_eval: float


@cache
def frozen_parameters() -> Frozen:
    """requires_grad_(False) alone, and with eval()."""
    batch = torch.full((4, 1, 2, 2), 3.0)
    kept = []
    for mode in (True, False):
        layer = nn.BatchNorm2d(1).requires_grad_(False).train(mode)
        layer(batch)
        kept.append(float(_buffer(layer.running_mean)))
    return Frozen(*kept)


@cache
def accumulation_difference() -> float:
    """Largest difference between the outputs of 32 values at once and of four times 8."""
    values = torch.randn(32, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    layer = nn.BatchNorm1d(1, dtype=torch.float64)
    with torch.no_grad():
        together = layer(values)
        apart = torch.cat([layer(part) for part in values.split(8)])
    return float((together - apart).abs().max())


def _buffer(buffer: Tensor | None) -> Tensor:
    if buffer is None:
        raise ValueError("the layer keeps no running statistics")
    return buffer


def _parameter(parameter: Tensor | None) -> Tensor:
    if parameter is None:
        raise ValueError("the layer has no bias")
    return parameter
