"""Numbers stay readable, whatever their size."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.views.numbers import (
    duration,
    fixed,
    in_brackets,
    latex,
    magnitude,
    plain,
    points,
    power_of_ten,
    printed,
    readable,
    short,
)


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


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.000_056_5, "0.0565 ms"), (0.185, "185 ms"), (4.96, "5.0 s")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), (2_500, "2.5 k"), (20_000_000, "20 M"), (1.8e9, "1.8 G")]
)
def test_short(value, text):
    assert short(value) == text


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (1.8e9, 1e8, "1.8 G"),
        (25.6e6, 1e5, "25.6 M"),
        (270_000, 10_000, "0.27 M"),
        (2e9, 1e9, "2 G"),
    ],
)
def test_as_printed(value, step, text):
    assert printed(value, step) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.123, "12.3 points"), (1, "100.0 points"), (0.000_123, "0.012 points")]
)
def test_differences_of_shares_are_points(share, text):
    assert points(share) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.3e+19", "1.3 × 10¹⁹"),
        ("2e-07 or 5.0e-7", "2 × 10⁻⁷ or 5.0 × 10⁻⁷"),
        ("conv2e+1, 0x1e-2, resnet50", "conv2e+1, 0x1e-2, resnet50"),
        ("1e5 and e+19", "1e5 and e+19"),
        ("differ by 0e+00, or 0.0e+00", "differ by 0, or 0"),
    ],
)
def test_pythons_powers_of_ten_in_a_text(text: str, expected: str) -> None:
    assert readable(text) == expected
