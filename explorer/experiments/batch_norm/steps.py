"""Batch normalisation of one channel, in closed form.

Pure Python: a page can show it before torch is loaded. Sources: Ioffe and Szegedy 2015, Algorithm 1
(training) and Algorithm 2 (inference); torch.nn.BatchNorm2d for what is kept as running statistics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign, fsum, isfinite, sqrt
from typing import Any, Final

from explorer.words import WordedError, quoted

MAX_VALUES: Final = 16
LARGEST: Final = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Steps:
    """The four steps on the m values of one channel.

    `variance` is the biased one (divided by m): it is what training normalises with.
    """

    values: tuple[float, ...]
    gamma: float
    beta: float
    eps: float
    mean: float
    variance: float
    centred: tuple[float, ...]
    normalised: tuple[float, ...]
    scaled: tuple[float, ...]

    @property
    def deviation(self) -> float:
        """sqrt(variance + eps): what the centred values are divided by."""
        return sqrt(self.variance + self.eps)

    @property
    def undoing(self) -> tuple[float, float]:
        """The gamma and beta with which this batch comes out as it went in."""
        return self.deviation, self.mean


def steps(
    values: Sequence[float], gamma: float = 1.0, beta: float = 0.0, eps: float = 1e-5
) -> Steps:
    """Normalise one channel's values as training does (Algorithm 1).

    Raises:
        WordedError: there is no value, or eps is 0 and all values are equal (0/0).
    """
    if not values:
        raise WordedError("batch_norm", "no values")
    mean, variance = moments(values)
    centred = tuple(value - mean for value in values)
    if variance + eps == 0:
        raise WordedError("batch_norm", "divides by zero")
    deviation = sqrt(variance + eps)
    normalised = tuple(value / deviation for value in centred)
    scaled = tuple(gamma * value + beta for value in normalised)
    return Steps(tuple(values), gamma, beta, eps, mean, variance, centred, normalised, scaled)


def moments(values: Sequence[float]) -> tuple[float, float]:
    """Mean and biased variance of at least one value."""
    mean = fsum(values) / len(values)
    return mean, fsum((value - mean) ** 2 for value in values) / len(values)


class BadValue(WordedError):
    """A typed word that cannot be a value: the word itself, and why not."""

    def __init__(self, title: str, word: str) -> None:
        super().__init__("batch_norm", title, word=quoted(word), largest=LARGEST)
        self.word = word

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.title, self.word)


def parse_values(text: str) -> tuple[float, ...]:
    """The numbers of a text such as "1, 2.5, -4", separated by commas, semicolons or spaces.

    Raises:
        BadValue: a word that is not a number, not finite or too large.
        WordedError: nothing typed, or too many values.
    """
    # The minus sign of typography, as it is pasted from papers.
    typed = text.replace("−", "-").replace(",", " ").replace(";", " ").split()
    if not typed:
        raise WordedError("batch_norm", "nothing typed")
    if len(typed) > MAX_VALUES:
        raise WordedError("batch_norm", "too many values", values=len(typed), most=MAX_VALUES)
    return tuple(_number(word) for word in typed)


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        raise BadValue("not a number", word) from None
    if not isfinite(value):
        raise BadValue("not finite", word)
    if abs(value) > LARGEST:
        raise BadValue("too large", word)
    return value


def unbiased(variance: float, count: int) -> float:
    """The sample variance (divided by m - 1) from the biased one (divided by m) of m values.

    Raises:
        ValueError: one value alone has no unbiased variance.
    """
    if count < 2:
        raise ValueError(f"count={count} must be at least 2")
    return variance * count / (count - 1)


def running(old: float, new: float, momentum: float) -> float:
    """A running statistic after one more batch; PyTorch's momentum weights the new value."""
    return (1 - momentum) * old + momentum * new


def scale_ratio(spread: float, factor: float, eps: float) -> float:
    """Normalised output of `factor` times the input, as a multiple of that of the input itself.

    `spread` is the input's standard deviation. With eps = 0 it is 1, or -1 for a negative factor:
    then the scale cancels, and only its sign is left.
    """
    ratio = sqrt((spread**2 + eps) / (spread**2 + eps / factor**2))
    return copysign(ratio, factor)


def backward(
    normalised: Sequence[float], upstream: Sequence[float], gamma: float, deviation: float
) -> tuple[float, ...]:
    """Gradient of the loss with respect to one channel's inputs.

    `upstream` is the gradient with respect to the outputs. Two components are removed from it:
    its mean, and its projection on the normalised values.
    """
    m = len(normalised)
    total = fsum(upstream)
    along = fsum(u * x for u, x in zip(upstream, normalised, strict=True))
    return tuple(
        gamma / (m * deviation) * (m * u - total - x * along)
        for u, x in zip(upstream, normalised, strict=True)
    )
