"""What is said about batch norm, tried out on numbers. Imports numpy and no torch."""

from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from math import pi, sqrt
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from explorer.experiments.batch_norm.steps import running

Floats = NDArray[np.float64]

DISTRIBUTIONS: Final = ("uniform", "exponential", "two-point", "normal")
COUNT: Final = 100_000
_EPS: Final = 1e-5
_BINS: Final = 60


@dataclass(frozen=True, eq=False)
class Histogram:
    """How often which value occurs: `edges` has one entry more than `counts`; `name` is an id."""

    name: str
    edges: Floats
    counts: NDArray[np.integer]
    mean: float
    variance: float


@dataclass(frozen=True, eq=False)
class Shape:
    """The shape of a distribution before and after normalising 100,000 values of it.

    A normal distribution has kurtosis 3. `outside` is the share of normalised
    values below 0 or above 1.
    """

    before: Histogram
    after: Histogram
    kurtosis_before: float
    kurtosis_after: float
    outside: float


@cache
def shape(distribution: str) -> Shape:
    """Draw and normalise one of DISTRIBUTIONS.

    Raises:
        ValueError: no such distribution.
    """
    rng = np.random.default_rng(0)
    if distribution == "uniform":
        before = rng.random(COUNT)
    elif distribution == "exponential":
        before = rng.exponential(size=COUNT)
    elif distribution == "two-point":
        before = rng.choice((-1.0, 1.0), COUNT) + 0.1 * rng.standard_normal(COUNT)
    elif distribution == "normal":
        before = 3 + 2 * rng.standard_normal(COUNT)
    else:
        allowed = ", ".join(DISTRIBUTIONS)
        raise ValueError(f"distribution={distribution!r} is unknown; allowed: {allowed}")
    after = normalise(before)
    return Shape(
        _histogram("before", before),
        _histogram("after", after),
        _kurtosis(before),
        _kurtosis(after),
        float(((after < 0) | (after > 1)).mean()),
    )


def _histogram(name: str, values: Floats) -> Histogram:
    counts, edges = np.histogram(values, bins=_BINS)
    return Histogram(name, edges, counts, float(values.mean()), float(values.var()))


def normalise(values: Floats, eps: float = _EPS) -> Floats:
    """Batch norm's step 3 on one channel."""
    return (values - values.mean()) / np.sqrt(values.var() + eps)


def _kurtosis(values: Floats) -> float:
    """The fourth standardised moment."""
    return float((((values - values.mean()) / values.std()) ** 4).mean())


@dataclass(frozen=True, slots=True)
class Undoing:
    """One choice of gamma and beta, by their ids, and by how much its output misses the input."""

    gamma: str
    beta: str
    error: float


@cache
def undoing() -> tuple[Undoing, ...]:
    """The pair that gives the input back, and three that are printed for it."""
    x = 3 + 2 * np.random.default_rng(0).standard_normal(4_096)
    mean, variance = float(x.mean()), float(x.var())
    pairs = (
        ("deviation_with_eps", "mean", sqrt(variance + _EPS), mean),
        ("deviation", "mean", sqrt(variance), mean),
        ("variance", "mean", variance, mean),
        ("mean", "variance", mean, variance),
    )
    normalised = normalise(x)
    return tuple(
        Undoing(name, other, float(np.abs(gamma * normalised + beta - x).max()))
        for name, other, gamma, beta in pairs
    )


@dataclass(frozen=True, eq=False)
class SigmoidInputs:
    """Normally distributed inputs of a sigmoid, before and after batch norm.

    The averaged slopes are at most 0.25. The curves are for a chart: `x`, the sigmoid's slope
    there, and the density of the inputs before and after.
    """

    slope_before: float
    slope_after: float
    x: Floats
    slope: Floats
    before: Floats
    after: Floats


def sigmoid_inputs(mean: float, spread: float) -> SigmoidInputs:
    """Inputs of this mean and standard deviation; batch norm with gamma 1 and beta 0."""
    quantiles, x = _quantiles(), np.linspace(-12, 12, 241)
    after_spread = sqrt(spread**2 / (spread**2 + _EPS))
    return SigmoidInputs(
        float(slope(mean + spread * quantiles).mean()),
        float(slope(after_spread * quantiles).mean()),
        x,
        slope(x),
        density(x, mean, spread),
        density(x, 0.0, after_spread),
    )


def straightness(mean: float, spread: float) -> float:
    """Share of the variance of sigmoid(x) that a straight line in x explains, x normal.

    Near 1 the sigmoid is in its linear regime.
    """
    x = mean + spread * _quantiles()
    return float(np.corrcoef(x, 1 / (1 + np.exp(-x)))[0, 1] ** 2)


def slope(x: Floats) -> Floats:
    """Derivative of the sigmoid."""
    # Even in x; the exponential of a negative number cannot overflow.
    e = np.exp(-np.abs(x))
    return e / (1 + e) ** 2


def density(x: Floats, mean: float, spread: float) -> Floats:
    """Of the normal distribution."""
    return np.exp(-(((x - mean) / spread) ** 2) / 2) / (spread * sqrt(2 * pi))


@cache
def _quantiles(count: int = 2_000) -> Floats:
    normal = NormalDist()
    return np.array([normal.inv_cdf((index + 0.5) / count) for index in range(count)])


@dataclass(frozen=True, eq=False)
class Running:
    """Running statistics over a row of batches, drawn from a normal distribution.

    All arrays have one entry per batch; `variances` are the unbiased ones, which are stored.
    """

    batches: Floats
    means: Floats
    variances: Floats
    running_means: Floats
    running_variances: Floats


def running_statistics(
    momentum: float, size: int, count: int = 60, mean: float = 3.0, spread: float = 2.0
) -> Running:
    """What torch.nn.BatchNorm keeps after each of `count` batches of `size` values.

    It starts from mean 0 and variance 1; `momentum` weighs the new batch, as in PyTorch.

    Raises:
        ValueError: fewer than two values per batch have no unbiased variance.
    """
    if size < 2:
        raise ValueError(f"size={size} must be at least 2")
    batches = mean + spread * np.random.default_rng(0).standard_normal((count, size))
    means, variances = batches.mean(1), batches.var(1, ddof=1)
    return Running(
        batches,
        means,
        variances,
        _smoothed(means, 0.0, momentum),
        _smoothed(variances, 1.0, momentum),
    )


def _smoothed(values: Floats, start: float, momentum: float) -> Floats:
    kept = accumulate(values.tolist(), lambda old, new: running(old, new, momentum), initial=start)
    return np.array(list(kept)[1:])
