"""Numbers stay readable, whatever their size."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.views.bn_numbers import fixed, in_brackets, latex, magnitude, plain, power_of_ten


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (5, "5"),
        (1.13333, "1.1333"),
        (-0.5, "−0.5"),
        (100_352, "100,352"),
        (3.6e-7, "3.6 × 10⁻⁷"),
        (-2e9, "−2.0 × 10⁹"),
        (inf, "overflow"),
        (-inf, "overflow"),
        (nan, "not a number"),
    ],
)
def test_plain(value, expected):
    assert plain(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(1e-17, "0.000"), (-1.5, "−1.500"), (9e-6, "9.0 × 10⁻⁶")]
)
def test_fixed(value, expected):
    assert fixed(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (8.6, "8.6"),
        (24, "24"),
        (3200, "3,200"),
        (9.96, "10"),
        (0.0039, "0.0039"),
        (1.4e7, "1.4 × 10⁷"),
        (-0.24, "−0.24"),
        (inf, "overflow"),
    ],
)
def test_magnitude(value, expected):
    assert magnitude(value) == expected


@pytest.mark.parametrize(
    ("exponent", "expected"), [(0, "1"), (3, "1,000"), (-1, "0.1"), (-7, "10⁻⁷")]
)
def test_power_of_ten(exponent, expected):
    assert power_of_ten(exponent) == expected


def test_latex():
    assert latex(1e-5) == "10^{-5}"
    assert latex(2.5e-8) == r"2.5 \cdot 10^{-8}"
    assert latex(12_345.5) == "12{,}345.5"
    assert in_brackets(-3) == "(-3)"
    assert in_brackets(3) == "3"


@given(st.floats(-1e12, 1e12))
def test_the_value_can_be_read_back(value):
    text = magnitude(value).replace("−", "-").replace(",", "")
    if "×" in text:
        raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
        mantissa, power = text.split(" × 10")
        text = f"{mantissa}e{power.translate(raised)}"
    assert float(text) == pytest.approx(value, rel=0.051)
