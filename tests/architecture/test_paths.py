"""Paths through residual blocks, against the binomial computed with fractions."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.architecture import preset
from explorer.architecture.paths import Paths
from explorer.architecture.studies import STUDIES


def test_the_figures_for_54_blocks():
    """Veit et al. 2016: 2^54 paths; 0.45% have 5 to 17 blocks; one deletion leaves half."""
    paths = Paths(sum(preset("resnet110").depths))
    assert paths.count == 18_014_398_509_481_984
    assert paths.mean_length == 27
    assert round(paths.deviation, 2) == 3.67
    assert round(100 * paths.share(5, 17), 4) == 0.4537
    assert round(100 * paths.share(19, 35), 1) == 98.0
    assert paths.left_after(1) == 0.5
    assert round(100 * paths.left_after(10), 3) == 0.098


@given(blocks=st.integers(1, 200), shortest=st.integers(-3, 210), longest=st.integers(-3, 210))
def test_shares_are_exact(blocks, shortest, longest):
    inside = [n for n in range(blocks + 1) if shortest <= n <= longest]
    exact = sum((Fraction(comb(blocks, n), 2**blocks) for n in inside), Fraction(0))
    assert Paths(blocks).share(shortest, longest) == pytest.approx(float(exact))


@pytest.mark.parametrize("blocks", [0, -1, 1_001])
def test_bad_counts(blocks):
    with pytest.raises(ValueError, match="blocks"):
        Paths(blocks)


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.id)
def test_studies_are_whole_tables(study):
    assert all(len(row) == len(study.columns) for row in study.rows.values())
    errors = [error for row in study.rows.values() for error in row if error is not None]
    assert errors
    assert all(0 < error < 30 for error in errors)
    assert study.source.url.startswith("https://")
