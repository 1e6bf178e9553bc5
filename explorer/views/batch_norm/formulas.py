"""The four steps of batch norm in LaTeX, with the live numbers."""

import re
from collections.abc import Sequence
from typing import Final

from explorer.experiments.batch_norm.steps import Steps
from explorer.views.numbers import in_brackets, latex

_WIDEST: Final = 33
"""Digits that stand side by side in the narrowest column where formulas are shown."""


def formulas(result: Steps, row: int) -> tuple[str, str, str, str]:
    """Mean, variance, and the last two steps for value `row` (from 0).

    Where numbers are long, terms and the symbolic form are left out, so that the result is seen.
    """
    return (
        _mean(result),
        _variance(result),
        _normalised(result, row),
        _scaled(result, row),
    )


def _mean(result: Steps) -> str:
    terms = [in_brackets(value) for value in result.values]
    fractions = [(total, str(len(terms))) for total in _sums(terms, (4, 3, 2, 1))]
    return _first_that_fits([(r"\mu", "", fraction, latex(result.mean)) for fraction in fractions])


def _variance(result: Steps) -> str:
    mean = in_brackets(result.mean)
    terms = [f"({latex(value)} - {mean})^2" for value in result.values]
    fractions = [(total, str(len(terms))) for total in _sums(terms, (2, 1))]
    variance = latex(result.variance)
    return _first_that_fits([(r"\sigma^2", "", fraction, variance) for fraction in fractions])


def _normalised(result: Steps, row: int) -> str:
    name = rf"\hat{{x}}_{{{row + 1}}}"
    symbols = rf"\frac{{x_{{{row + 1}}} - \mu}}{{\sqrt{{\sigma^2 + \varepsilon}}}} = "
    fraction = (
        f"{latex(result.values[row])} - {in_brackets(result.mean)}",
        rf"\sqrt{{{latex(result.variance)} + {latex(result.eps)}}}",
    )
    value = latex(result.normalised[row])
    return _first_that_fits([(name, middle, fraction, value) for middle in (symbols, "")])


def _scaled(result: Steps, row: int) -> str:
    name = rf"\hat{{x}}_{{{row + 1}}}"
    numbers = (
        rf"{latex(result.gamma)} \cdot {in_brackets(result.normalised[row])}"
        f" + {in_brackets(result.beta)}"
    )
    symbols = rf"\gamma {name} + \beta = "
    value = latex(result.scaled[row])
    left = f"y_{{{row + 1}}}"
    return _first_that_fits([(left, middle, (numbers, ""), value) for middle in (symbols, "")])


def _sums(terms: Sequence[str], lengths: Sequence[int]) -> list[str]:
    """The sum of the terms, with ever fewer of them written out; the last one stays longest."""
    sums = []
    for length in lengths:
        if len(terms) <= length:
            shown = list(terms)
        elif length == 1:
            shown = [terms[0], r"\dots"]
        else:
            shown = [*terms[: length - 1], r"\dots", terms[-1]]
        sums.append(" + ".join(shown))
    return sums


def _first_that_fits(variants: Sequence[tuple[str, str, tuple[str, str], str]]) -> str:
    """The first of (left, middle, (numerator, denominator), right) that is not too wide."""
    for left, middle, (over, under), right in variants:
        fraction = rf"\frac{{{over}}}{{{under}}}" if under else over
        formula = rf"\small {left} = {middle}{fraction} = {right}"
        width = _width(f"{left} = {middle} = {right}") + max(_width(over), _width(under))
        if width <= _WIDEST:
            break
    return formula


def _width(part: str) -> int:
    """Of a piece of LaTeX as it is printed, in digits. An operator takes the place of two."""
    # The symbolic fraction is as wide as its lower part.
    part = re.sub(r"\\frac\{.*?\}\{(.*)\}", r"\1++", part)
    part = re.sub(r" [-+=] | \\cdot |\\dots", "++", part.replace(r"\hat", ""))
    return len(re.sub(r"\\[a-z]+", "x", re.sub(r"[{}^_ ]", "", part)))
