"""Derivations on the board: what is shown, computed again, makes what is shown."""

import math
import re

import pytest
import torch

from explorer.experiments.origin.norm_backward import norm_backward
from explorer.experiments.origin.shares import Split
from explorer.views import gradient_charts, gradient_formulas
from explorer.views.numbers import magnitude, significant


def computed(latex: str) -> float:
    """A formula of numbers alone."""
    text = latex.replace("{,}", "").replace(r"\left", "").replace(r"\right", "")
    text = re.sub(r"\^\{(-?\d+)\}", r"**(\1)", text).replace("^{3/2}", "**1.5")
    text = text.replace(r"\cdot", "*").replace(")^2", ")**2")
    while r"\sqrt{" in text:
        text = re.sub(r"\\sqrt\{([^{}]*)\}", r"math.sqrt(\1)", text)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
    assert "\\" not in text and "{" not in text, text
    return eval(text, {"math": math})


def sides(line: str) -> tuple[str, str]:
    """The numbers before the last sign of equality, and what they make."""
    before, after = line.split(r"\approx")
    return before.rsplit(" = ", 1)[-1].removeprefix("= "), after


SPLITS = [
    Split("x", 0.0043116, 0.0069123, 1.23e-6, 0.0, 0.0092, 0.0),
    Split("x", 3.0e-9, 4.0e-9, -6.0e-18, 0.0, 4.0e-9, 0.0),
    Split("x", 1234.5678, 98765.4321, -1.1e8, 0.0, 98765.4321, 0.0),
    Split("x", 0.0, 0.7, 0.0, 0.7, 0.7, 0.0),
]


@pytest.mark.parametrize("kind", ["identity", "projection", "padding"])
@pytest.mark.parametrize("split", SPLITS)
def test_the_lengths_on_the_board_make_the_length_of_the_sum(split, kind):
    lines = gradient_formulas.block(split, kind)
    numbers, result = sides(lines[-1])
    assert computed(numbers) == pytest.approx(computed(result), rel=1e-3)
    assert computed(result) == pytest.approx(split.sum, rel=1e-3)
    for value in (split.main, split.skip, split.arriving):
        assert any(significant(value, 6) in line for line in lines)
    # And they are those of the picture above, with more digits.
    drawn = gradient_charts.block(split, kind, None)
    for value in (split.main, split.skip, split.arriving):
        assert f">{magnitude(value)}<" in drawn


@pytest.mark.parametrize("size", [1e-7, 1e-3, 1.0, 1e5])
def test_each_step_of_batch_norms_way_back_can_be_computed_from_what_it_shows(size):
    generator = torch.Generator().manual_seed(5)
    x, dy = torch.randn(2, 6, 7, generator=generator).double()
    told = norm_backward(3 * x + 1, dy * size, -1.7, 1e-5, (2, 3))
    first, second, third, _, last = gradient_formulas.norm(told)
    for line, value in (
        (first, told.dx_hat),
        (second, told.d_variance),
        (third, told.d_mean),
        (last, told.dx),
    ):
        numbers, result = sides(line)
        assert computed(result) == pytest.approx(value, rel=1e-3)
        assert computed(numbers) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(0, 4, "0"), (0.5, 4, "0.5"), (-12_345.678, 6, "-12{,}345.7"), (0.00099996, 4, "0.001"),
     (2e-9, 4, r"2 \cdot 10^{-9}"), (99999.6, 5, "100{,}000"), (1.5e9, 4, r"1.5 \cdot 10^{9}")],
)  # fmt: skip
def test_significant_digits(value, digits, shown):
    assert significant(value, digits) == shown


def test_nothing_to_share_out_has_no_bar():
    silent, whole = Split("a", 0, 0, 0, 0, 1, 0), Split("b", 3.0, 4.0, 0.0, 5.0, 4.0, 0.0)
    bars = gradient_charts.shares([silent, whole], {"a": "A", "b": "B"}, "b").data[0]
    assert bars.y == (None, pytest.approx(64.0)) and bars.text == ("", "64")
