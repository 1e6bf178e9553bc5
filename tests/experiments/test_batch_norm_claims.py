"""Claims on numbers: shapes stay, the right gamma undoes, running averages are torch's."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from explorer.experiments.batch_norm.claims import (
    COUNT,
    DISTRIBUTIONS,
    running_statistics,
    shape,
    sigmoid_inputs,
    slope,
    undoing,
)


@pytest.mark.parametrize(
    ("distribution", "kurtosis"),
    [("uniform", 1.8), ("exponential", 9), ("two-point", 1.04), ("normal", 3)],
)
def test_normalising_keeps_the_shape(distribution, kurtosis):
    found = shape(distribution)
    assert found.kurtosis_before == pytest.approx(kurtosis, rel=0.05)
    assert found.kurtosis_after == pytest.approx(found.kurtosis_before, rel=1e-9)
    variance = found.before.variance
    assert found.after.mean == pytest.approx(0, abs=1e-9)
    assert found.after.variance == pytest.approx(variance / (variance + 1e-5), rel=1e-9)
    assert found.before.counts.sum() == found.after.counts.sum() == COUNT


def test_a_uniform_input_leaves_zero_to_one():
    found = shape("uniform")
    assert found.outside == pytest.approx(0.71, abs=0.01)
    assert found.after.edges[[0, -1]] == pytest.approx([-1.73, 1.73], abs=0.02)


def test_unknown_distribution():
    with pytest.raises(ValueError, match="allowed: uniform"):
        shape("gamma")
    assert len(set(DISTRIBUTIONS)) == 4


def test_only_the_right_pair_undoes_it():
    errors = [pair.error for pair in undoing()]
    assert errors[0] < 1e-14
    assert errors[1] == pytest.approx(1e-5, rel=0.2)
    assert errors[2] == pytest.approx(7.8, abs=0.5)
    assert errors[3] > 3


@given(st.floats(-8, 8), st.floats(0.5, 5))
def test_slope_of_the_sigmoid(mean, spread):
    found = sigmoid_inputs(mean, spread)
    assert 0 < found.slope_before < 0.25
    assert found.slope_after == pytest.approx(0.2066, abs=1e-4)


def test_slope_is_autograds():
    x = torch.linspace(-30, 30, 121, dtype=torch.float64).requires_grad_()
    (expected,) = torch.autograd.grad(torch.sigmoid(x).sum(), x)
    assert slope(x.detach().numpy()) == pytest.approx(expected.numpy(), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("momentum", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("size", [2, 256])
def test_running_statistics_are_torchs(momentum, size):
    from explorer.experiments.batch_norm.in_torch import running_difference

    found = running_statistics(momentum, size)
    assert running_difference(found, momentum) < 1e-10


def test_running_statistics_forget_their_start():
    found = running_statistics(1.0, 8, count=3)
    assert found.running_means == pytest.approx(found.means)
    long = running_statistics(0.05, 256, count=400)
    assert long.running_means[-1] == pytest.approx(3, abs=0.1)
    assert long.running_variances[-1] == pytest.approx(4, abs=0.3)


def test_means_of_larger_batches_scatter_less():
    spreads = {size: np.std(running_statistics(0.1, size, 4_000).means) for size in (2, 8, 32)}
    for size, spread in spreads.items():
        assert spread == pytest.approx(2 / size**0.5, rel=0.1)


def test_one_value_per_batch_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        running_statistics(0.1, 1)
