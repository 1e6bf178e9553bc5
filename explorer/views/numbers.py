"""Numbers as tables, axes, sentences and formulas print them."""

import re
from collections.abc import Mapping, Sequence
from math import floor, isfinite, log10

from explorer.words import label

_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LARGE = 1e7
_PYTHONS = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([+-]\d+)\b")


def plain(value: float, digits: int = 4) -> str:
    """At most `digits` decimals, no trailing zeros; a power of ten where that would lose all."""
    if not isfinite(value):
        return label("number.overflow" if value == value else "number.nan")
    if value == 0:
        return "0"
    if abs(value) < 10 ** (1 - digits) or abs(value) >= _LARGE:
        return _scientific(value)
    text = f"{value:,.{digits}f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


def fixed(value: float, digits: int = 3) -> str:
    """Always `digits` decimals, so that a column lines up; a power of ten where that is no use.

    What float64's rounding leaves of a zero, below 1e-12, is printed as zero.
    """
    if abs(value) < 1e-12:
        value = 0.0
    if value == 0 or 0.5 * 10.0**-digits <= abs(value) < _LARGE:
        return f"{value:,.{digits}f}".replace("-", "−")
    return plain(value, digits)


def from_to(lines: Mapping[str, Sequence[float]]) -> str:
    """Each line's first and last value, in words, for who cannot see the chart of them."""
    ends = (
        label("why_alt.from_to", name=name, first=magnitude(values[0]), last=magnitude(values[-1]))
        for name, values in lines.items()
        if values
    )
    return label("list.semicolon").join(ends)


def magnitude(value: float) -> str:
    """Two significant digits, in full from 0.001 to a million."""
    if not isfinite(value):
        return plain(value)
    if value == 0:
        return "0"
    exponent = floor(log10(abs(float(f"{value:.1e}"))))
    if not -3 <= exponent < 6:
        return _scientific(value)
    return f"{round(value, 1 - exponent):,.{max(0, 1 - exponent)}f}".replace("-", "−")


def _scientific(value: float) -> str:
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} × {ten_to(int(exponent))}".replace("-", "−")


def readable(text: str) -> str:
    """A text in which numbers may be written as Python does: 1.3e+19 becomes 1.3 × 10¹⁹."""
    return _PYTHONS.sub(_with_power, text)


def _with_power(found: re.Match[str]) -> str:
    if not float(found[1]):
        return "0"
    return f"{found[1]} × {ten_to(int(found[2]))}"


def short(value: float) -> str:
    """With a letter for thousands, millions or billions, and no zeros at the end: `2.5 M`."""
    for unit, letter in _UNITS:
        if value >= unit:
            return f"{value / unit:g} {letter}"
    return f"{value:g}"


def printed(value: float, step: float) -> str:
    """In millions or billions, with as many decimals as its source prints, in steps of `step`."""
    unit, letter = _UNITS[0 if value >= _UNITS[0][0] else 1]
    digits = len(f"{unit / step:.0f}") - 1
    return f"{value / unit:.{digits}f} {letter}"


def duration(seconds: float) -> str:
    """Milliseconds below a second."""
    return f"{1e3 * seconds:,.3g} ms" if seconds < 1 else f"{seconds:,.1f} s"


def points(share: float) -> str:
    """A difference of two shares in percentage points: 0.123 is `12.3 points`."""
    value = 100 * share
    return label("infer_answer.points", n=f"{value:.1f}" if value >= 0.1 else f"{value:.2g}")


def power_of_ten(exponent: int) -> str:
    """As one reads it: 100, 0.1, 10⁶."""
    return f"{10.0**exponent:,g}" if -2 <= exponent <= 3 else ten_to(exponent)


def ten_to(exponent: int) -> str:
    """A power of ten.

    >>> ten_to(-6)
    '10⁻⁶'
    """
    return "10" + str(exponent).translate(_RAISED)


def latex(value: float) -> str:
    """For a formula: six significant digits, at most four decimals, else a power of ten."""
    if value == 0:
        return "0"
    exponent = floor(log10(abs(value)))
    if not -3 <= exponent < 7:
        mantissa = f"{value / 10**exponent:.2f}".rstrip("0").rstrip(".")
        power = f"10^{{{exponent}}}"
        return power if mantissa == "1" else rf"{mantissa} \cdot {power}"
    text = f"{value:,.{min(4, max(0, 5 - exponent))}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(",", "{,}")


def in_brackets(value: float) -> str:
    """For a formula, behind an operator: a negative number needs brackets there."""
    return f"({latex(value)})" if value < 0 else latex(value)


def significant(value: float, digits: int = 5) -> str:
    """For a formula that one may compute again: so many significant digits, whatever the size.

    >>> significant(0.0043116), significant(-1.5e-7, 3)
    ('0.0043116', '-1.5 \\\\cdot 10^{-7}')
    """
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if not -4 <= int(exponent) < 7:
        return rf"{mantissa.rstrip('0').rstrip('.')} \cdot 10^{{{int(exponent)}}}"
    text = f"{float(f'{mantissa}e{exponent}'):,.{max(0, digits - 1 - int(exponent))}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(",", "{,}")
