"""The gradient of a block and of batch norm as one writes them on a board, with live numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.experiments.origin.shares import Split
from explorer.views.numbers import in_brackets, latex

if TYPE_CHECKING:
    from explorer.experiments.origin.norm_backward import NormBackward


def block(split: Split, kind: str) -> list[str]:
    """dL/dx = dL/dy (1 + dF/dx) in steps, each with the lengths that were found.

    Args:
        split: of the block.
        kind: of its shortcut; one that is not the identity has a matrix in place of the 1.
    """
    arriving, main, skip = (latex(value) for value in (split.arriving, split.main, split.skip))
    carried = r"\mathbf{1}" if kind == "identity" else r"\frac{\partial s}{\partial x}"
    through = rf"\frac{{\partial L}}{{\partial y}} {carried}"
    if kind == "identity":
        through = r"\frac{\partial L}{\partial y}"
    both = r"\frac{\partial L}{\partial y} \frac{\partial F}{\partial x}"
    squares = (
        f"{latex(split.main)}^2 + {latex(split.skip)}^2 + 2 \\cdot {latex(split.main)} "
        f"\\cdot {latex(split.skip)} \\cdot {in_brackets(split.cosine)}"
    )
    return [
        r"y = F(x) + x" if kind == "identity" else r"y = F(x) + s(x)",
        r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} "
        rf"\frac{{\partial y}}{{\partial x}} = \frac{{\partial L}}{{\partial y}} "
        rf"\left({carried} + \frac{{\partial F}}{{\partial x}}\right), \quad "
        rf"\left\|\frac{{\partial L}}{{\partial y}}\right\| = {arriving}",
        rf"\left\|{through}\right\| = {skip}, \quad \left\|{both}\right\| = {main}",
        rf"\left\|\frac{{\partial L}}{{\partial x}}\right\| = \sqrt{{{squares}}} "
        rf"= {latex(split.sum)}",
    ]


def norm(told: NormBackward) -> list[str]:
    """Batch norm's backward pass for one value, step by step."""
    sigma = latex(told.variance + told.eps)
    count = f"{told.count:,}".replace(",", "{,}")
    return [
        r"\frac{\partial L}{\partial \hat{x}} = \gamma \frac{\partial L}{\partial y} = "
        rf"{latex(told.gamma)} \cdot {in_brackets(told.dy)} = {latex(told.dx_hat)}",
        r"\frac{\partial L}{\partial \sigma^2} = \sum_i \frac{\partial L}{\partial \hat{x}_i} "
        r"(x_i - \mu) \cdot \left(-\tfrac{1}{2}\right) (\sigma^2 + \varepsilon)^{-3/2} = "
        rf"{latex(told.d_variance)}",
        r"\frac{\partial L}{\partial \mu} = -\frac{1}{\sqrt{\sigma^2 + \varepsilon}} \sum_i "
        r"\frac{\partial L}{\partial \hat{x}_i} + \frac{\partial L}{\partial \sigma^2} "
        rf"\frac{{-2 \sum_i (x_i - \mu)}}{{m}} = {latex(told.d_mean)}",
        r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial \hat{x}} "
        r"\frac{1}{\sqrt{\sigma^2 + \varepsilon}} + \frac{\partial L}{\partial \sigma^2} "
        r"\frac{2 (x - \mu)}{m} + \frac{1}{m} \frac{\partial L}{\partial \mu}",
        rf"= \frac{{{latex(told.dx_hat)}}}{{\sqrt{{{sigma}}}}} + "
        rf"{in_brackets(told.d_variance)} \cdot \frac{{2 \cdot {in_brackets(told.x - told.mean)}}}"
        rf"{{{count}}} + \frac{{{latex(told.d_mean)}}}{{{count}}} = {latex(told.dx)}",
    ]
