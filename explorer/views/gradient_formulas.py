"""The gradient of a block and of batch norm as one writes them on a board, with live numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from explorer.experiments.origin.shares import Split
from explorer.views.numbers import significant

if TYPE_CHECKING:
    from explorer.experiments.origin.norm_backward import NormBackward

_INPUTS: Final = 6
_RESULT: Final = 4
"""Significant digits of what one computes with and of what comes out: with fewer of the former
the latter could not be found again from what is shown."""


def block(split: Split, kind: str) -> list[str]:
    """dL/dx = dL/dy (1 + dF/dx) in steps, each with the lengths that were found.

    Args:
        split: of the block.
        kind: of its shortcut; one that is not the identity has a matrix in place of the 1.
    """
    arriving, main, skip = (
        significant(value, _INPUTS) for value in (split.arriving, split.main, split.skip)
    )
    carried = r"\mathbf{1}" if kind == "identity" else r"\frac{\partial s}{\partial x}"
    through = rf"\frac{{\partial L}}{{\partial y}} {carried}"
    if kind == "identity":
        through = r"\frac{\partial L}{\partial y}"
    both = r"\frac{\partial L}{\partial y} \frac{\partial F}{\partial x}"
    cosine = significant(split.cosine, _INPUTS)
    cosine = f"({cosine})" if split.cosine < 0 else cosine
    squares = rf"({main})^2 + ({skip})^2 + 2 \cdot {main} \cdot {skip} \cdot {cosine}"
    return [
        r"y = F(x) + x" if kind == "identity" else r"y = F(x) + s(x)",
        r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} "
        rf"\frac{{\partial y}}{{\partial x}} = \frac{{\partial L}}{{\partial y}} "
        rf"\left({carried} + \frac{{\partial F}}{{\partial x}}\right), \quad "
        rf"\left\|\frac{{\partial L}}{{\partial y}}\right\| = {arriving}",
        rf"\left\|{through}\right\| = {skip}, \quad \left\|{both}\right\| = {main}",
        rf"\left\|\frac{{\partial L}}{{\partial x}}\right\| = \sqrt{{{squares}}} "
        rf"\approx {significant(split.sum, _RESULT)}",
    ]


def norm(told: NormBackward) -> list[str]:
    """Batch norm's backward pass for one value, step by step."""
    sigma = significant(told.variance + told.eps, _INPUTS)
    count = f"{told.count:,}".replace(",", "{,}")
    dx_hat, d_mean = (significant(value, _INPUTS) for value in (told.dx_hat, told.d_mean))
    return [
        r"\frac{\partial L}{\partial \hat{x}} = \gamma \frac{\partial L}{\partial y} = "
        rf"{significant(told.gamma, _INPUTS)} \cdot {_bracketed(told.dy)} "
        rf"\approx {significant(told.dx_hat, _RESULT)}",
        r"\frac{\partial L}{\partial \sigma^2} = \sum_i \frac{\partial L}{\partial \hat{x}_i} "
        r"(x_i - \mu) \cdot \left(-\tfrac{1}{2}\right) (\sigma^2 + \varepsilon)^{-3/2} = "
        rf"-\frac{{{significant(told.sum_weighted, _INPUTS)}}}{{2 \cdot ({sigma})^{{3/2}}}} "
        rf"\approx {significant(told.d_variance, _RESULT)}",
        r"\frac{\partial L}{\partial \mu} = -\frac{1}{\sqrt{\sigma^2 + \varepsilon}} \sum_i "
        r"\frac{\partial L}{\partial \hat{x}_i} + \frac{\partial L}{\partial \sigma^2} "
        r"\frac{-2 \sum_i (x_i - \mu)}{m} = "
        rf"-\frac{{{significant(told.sum_dx_hat, _INPUTS)}}}{{\sqrt{{{sigma}}}}} + 0 "
        rf"\approx {significant(told.d_mean, _RESULT)}",
        r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial \hat{x}} "
        r"\frac{1}{\sqrt{\sigma^2 + \varepsilon}} + \frac{\partial L}{\partial \sigma^2} "
        r"\frac{2 (x - \mu)}{m} + \frac{1}{m} \frac{\partial L}{\partial \mu}",
        rf"= \frac{{{dx_hat}}}{{\sqrt{{{sigma}}}}} + "
        rf"{_bracketed(told.d_variance)} \cdot \frac{{2 \cdot {_bracketed(told.x - told.mean)}}}"
        rf"{{{count}}} + \frac{{{d_mean}}}{{{count}}} "
        rf"\approx {significant(told.dx, _RESULT)}",
    ]


def _bracketed(value: float) -> str:
    shown = significant(value, _INPUTS)
    return f"({shown})" if value < 0 else shown
