"""Axes whose ends and ticks are known here, so that labels can be placed for them."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any, Final, NamedTuple

from explorer.views.numbers import power_of_ten, short

_FEWEST_TICKS: Final = 2
_MOST_POWERS: Final = 6


class Scale(NamedTuple):
    """An axis from `low` to `high`, which is `pixels` long."""

    low: float
    high: float
    pixels: float
    log: bool = True

    def at(self, value: float) -> float:
        """Pixels from the axis' low end."""
        if self.log:
            return log10(value / self.low) / log10(self.high / self.low) * self.pixels
        return (value - self.low) / (self.high - self.low) * self.pixels


def around(values: Sequence[float], pixels: int) -> Scale:
    """A logarithmic axis with some room beside the values."""
    low, high = min(values), max(values)
    room = (high / low) ** 0.12 * 1.1
    return Scale(low / room, high * room, pixels)


def log_axis(scale: Scale) -> dict[str, Any]:
    """1, 2, 5, 10, ... all labelled alike, finer where few fit; Plotly's own 2 and 5 are tiny."""
    decades = range(floor(log10(scale.low)), floor(log10(scale.high)) + 1)
    shown: list[float] = []
    for steps in ((1, 2, 5), range(1, 10), [step / 10 for step in range(10, 100)]):
        ticks = [float(f"{step * 10.0**decade:.3g}") for decade in decades for step in steps]
        shown = [tick for tick in ticks if scale.low <= tick <= scale.high]
        if len(shown) >= _FEWEST_TICKS:
            break
    return {
        "type": "log",
        "range": [log10(scale.low), log10(scale.high)],
        "tickvals": shown,
        "ticktext": [short(tick) for tick in shown],
    }


def powers(values: Sequence[float]) -> dict[str, Any]:
    """A logarithmic axis with few ticks, all powers of ten; for values over many magnitudes."""
    positive = [value for value in values if 0 < value < float("inf")] or [1.0]
    low, high = floor(log10(min(positive))), ceil(log10(max(positive)))
    exponents = list(range(low, high + 1, max(1, ceil((high - low) / _MOST_POWERS))))
    return {
        "type": "log",
        "tickvals": [10.0**exponent for exponent in exponents],
        "ticktext": [power_of_ten(exponent) for exponent in exponents],
    }
