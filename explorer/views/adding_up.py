"""Rounding that keeps a sum: the numbers that are shown add up to the number that is shown.

Each of a sum's terms rounded by itself leaves up to half a unit of the last digit behind; nine of
them no longer make their sum. Here each is rounded down or up so that they do, the one with the
largest remainder up first (Hamilton's way of sharing out seats): none is off by a whole unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, Final, NamedTuple

from explorer.views.numbers import plain, ten_to

if TYPE_CHECKING:
    from explorer.experiments.origin.sums import Convolution, Weighted

_SMALLEST: Final = -2
"""Power of ten of the largest number, below which a power of ten is taken out."""
_LARGEST: Final = 5
_NOTHING: Final = 1e-300
"""Less is written as 0: a unit of its last digit would be no float any more."""


class Scale(NamedTuple):
    """How a column of numbers is written: so many decimals, of multiples of ten to this power.

    >>> Scale(0, 4).shown(-0.24519), Scale(-6, 3).shown(3.5e-6)
    ('−0.2452', '3.5 × 10⁻⁶')
    """

    exponent: int
    decimals: int

    @property
    def unit(self) -> float:
        """One of the last digit."""
        return float(f"1e{self.exponent - self.decimals}")

    def units(self, value: float) -> int:
        """The value as a whole number of units."""
        return round(value / self.unit)

    def written(self, units: int, *, bare: bool = False) -> str:
        """So many units; `bare` has every decimal, and leaves the power of ten to a heading."""
        text = f"{units / 10**self.decimals:,.{self.decimals}f}".replace("-", "−")
        if bare:
            return text
        text = text.rstrip("0").rstrip(".") if self.decimals else text
        return f"{text} × {ten_to(self.exponent)}" if self.exponent and units else text

    def shown(self, value: float, *, bare: bool = False) -> str:
        """One number by itself."""
        return self.written(self.units(value), bare=bare) if isfinite(value) else plain(value)

    @property
    def heading(self) -> str:
        """What stands behind the name of a column whose numbers are written bare."""
        return f", × {ten_to(self.exponent)}" if self.exponent else ""


def scale(numbers: Iterable[float], decimals: int = 4) -> Scale:
    """One that the largest of the numbers fits: `decimals` for those below 100, fewer above, and
    a power of ten taken out where they would be longer, or zeros only."""
    most = max((abs(value) for value in numbers if isfinite(value)), default=0.0)
    if most < _NOTHING:
        return Scale(0, decimals)
    exponent = floor(log10(most))
    if _SMALLEST <= exponent < _LARGEST:
        return Scale(0, max(0, decimals - max(0, exponent - 1)))
    return Scale(exponent, min(3, decimals))


def shared(terms: Sequence[float], total: int, by: Scale) -> list[int]:
    """The terms in whole units that add up to `total` units.

    Args:
        terms: numbers whose sum rounds, up or down, to `total`.
        total: the sum as it is shown.
        by: how it is shown.
    """
    exact = [value / by.unit for value in terms]
    found = [floor(value) for value in exact]
    missing = total - sum(found)
    order = sorted(range(len(exact)), key=lambda at: found[at] - exact[at])
    for at in order[: max(0, missing)]:
        found[at] += 1
    return found


def rounded_sum(terms: Sequence[float], total: float, by: Scale | None = None) -> list[str]:
    """The terms and, last, their sum as they are shown; plainly where one is not finite.

    >>> rounded_sum([0.33333, 0.33333, 0.33334], 1.0)
    ['0.3333', '0.3333', '0.3334', '1']
    """
    if not all(map(isfinite, [*terms, total])):
        return [plain(value) for value in [*terms, total]]
    by = by or scale([*terms, total])
    units = by.units(total)
    return [by.written(one) for one in [*shared(terms, units, by), units]]


class Written(NamedTuple):
    """A sum over channels as it is shown: those drawn, the others together, the bias, the sum."""

    channels: list[str]
    others: str | None
    bias: str | None
    total: str
    by: Scale
    units: list[int]
    """Of the channels drawn; empty where the sum is not finite."""


def written(part: Convolution | Weighted, shown: int) -> Written:
    """The sum behind a value with its `shown` strongest channels, so that it adds up as shown."""
    parts = [float(part.contributions[channel]) for channel in part.ranking[:shown]]
    left = [part.rest(shown)] if len(part.ranking) > shown else []
    bias = [] if part.bias is None else [part.bias]
    products = (float(abs(part.products).max()),)
    by = scale([*products, *parts, *left, *bias, part.total])
    terms = [*parts, *left, *bias]
    *texts, total = rounded_sum(terms, part.total, by)
    units = shared(terms, by.units(part.total), by) if all(map(isfinite, terms)) else []
    return Written(
        texts[: len(parts)],
        texts[len(parts)] if left else None,
        texts[-1] if bias else None,
        total,
        by,
        units[: len(parts)],
    )
