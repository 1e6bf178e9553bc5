"""The closed forms of batch norm, against torch and against what follows from them."""

from math import inf, isclose, nan, sqrt

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from explorer.experiments.batch_norm.steps import (
    MAX_VALUES,
    BadValue,
    backward,
    moments,
    parse_values,
    running,
    scale_ratio,
    steps,
    unbiased,
)

values = st.lists(st.floats(-1_000, 1_000), min_size=2, max_size=MAX_VALUES)
parameters = st.floats(-5, 5)
epsilons = st.sampled_from((1e-5, 1e-3, 0.1, 1.0))


def in_torch(x, gamma, beta, eps):
    x = torch.tensor(x, dtype=torch.float64)[:, None]
    weight, bias = (torch.tensor([number], dtype=torch.float64) for number in (gamma, beta))
    return functional.batch_norm(x, None, None, weight, bias, training=True, eps=eps)[:, 0]


def test_by_hand():
    result = steps((2, 4, 4, 4, 5, 5, 7, 9), gamma=2, beta=1, eps=0)
    assert (result.mean, result.variance) == (5, 4)
    assert result.centred == (-3, -1, -1, -1, 0, 0, 2, 4)
    assert result.normalised == (-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2)
    assert result.scaled == (-2, 0, 0, 0, 1, 1, 3, 5)
    assert result.undoing == (2, 5)


@given(values, parameters, parameters, epsilons)
def test_it_is_what_torch_computes(x, gamma, beta, eps):
    found = steps(x, gamma, beta, eps).scaled
    # Far from zero, float64 leaves 1e-13 of the mean, which a small deviation makes larger.
    assert found == pytest.approx(in_torch(x, gamma, beta, eps).tolist(), abs=1e-8)


@given(values, epsilons)
def test_variance_after_is_v_over_v_plus_eps(x, eps):
    result = steps(x, eps=eps)
    mean, variance = moments(result.normalised)
    assert mean == pytest.approx(0, abs=1e-8)
    assert variance == pytest.approx(result.variance / (result.variance + eps), abs=1e-8)


@given(values, epsilons)
def test_its_undoing_undoes_it(x, eps):
    gamma, beta = steps(x, eps=eps).undoing
    assert steps(x, gamma, beta, eps).scaled == pytest.approx(x, abs=1e-9)


def test_equal_values_without_epsilon_are_refused():
    with pytest.raises(ValueError, match="divide 0 by 0"):
        steps((3, 3, 3), eps=0)
    assert steps((3, 3, 3), gamma=2, beta=7).scaled == (7, 7, 7)


def test_no_value_is_refused():
    with pytest.raises(ValueError, match="at least one value"):
        steps(())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1, 2, 4", (1, 2, 4)),
        ("  1;2   4 ", (1, 2, 4)),
        ("1.5,,−2, +3e2", (1.5, -2, 300)),
        ("-0", (0,)),
        ("1000000", (1_000_000,)),
    ],
)
def test_parsing(text, expected):
    assert parse_values(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" , ; ", "empty"),
        ("1, two", "`'two'` is not a number"),
        ("1, inf", "not finite"),
        ("nan", "not finite"),
        ("1e999", "not finite"),
        ("-1000001", "too large"),
        (",".join("1" * (MAX_VALUES + 1)), f"has {MAX_VALUES + 1} values"),
    ],
)
def test_what_is_no_batch_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        parse_values(text)


@given(st.text())
def test_any_text_is_a_batch_or_refused(text):
    try:
        found = parse_values(text)
    except BadValue as problem:
        assert problem.word in text.replace("−", "-")
    except ValueError as problem:
        assert "batch" in str(problem)
    else:
        assert 1 <= len(found) <= MAX_VALUES
        assert steps(found).mean not in (inf, -inf, nan)


def test_what_pytorch_stores():
    """[1, 2, 4] leaves 1.1333, not 1.0556: the unbiased variance is stored."""
    biased = steps((1, 2, 4)).variance
    assert running(1, unbiased(biased, 3), 0.1) == pytest.approx(1.1333, abs=5e-5)
    assert running(1, biased, 0.1) == pytest.approx(1.0556, abs=5e-5)


def test_one_value_has_no_unbiased_variance():
    with pytest.raises(ValueError, match="at least 2"):
        unbiased(0, 1)


@pytest.mark.parametrize(
    ("spread", "factor", "expected"),
    [(1, 10, 1.00000495), (0.01, 10, 1.048), (sqrt(1e-5), 10, 1.407), (0.001, 10, 3.162)],
)
def test_epsilon_breaks_the_scale_invariance(spread, factor, expected):
    assert scale_ratio(spread, factor, 1e-5) == pytest.approx(expected, abs=5e-4)


@given(values, st.sampled_from((-10.0, -1.0, 0.1, 2.0, 100.0)), epsilons)
def test_scale_ratio_is_that_of_the_steps(x, factor, eps):
    plain, scaled = steps(x, eps=eps), steps([factor * value for value in x], eps=eps)
    ratio = scale_ratio(sqrt(plain.variance), factor, eps)
    expected = [ratio * value for value in plain.normalised]
    assert scaled.normalised == pytest.approx(expected, abs=1e-6)


@given(values, parameters, epsilons, st.randoms())
def test_backward_is_autograds(x, gamma, eps, random):
    upstream = [random.uniform(-3, 3) for _ in x]
    leaf = torch.tensor(x, dtype=torch.float64).requires_grad_()
    weight = torch.tensor([gamma], dtype=torch.float64)
    y = functional.batch_norm(leaf[:, None], None, None, weight, training=True, eps=eps)
    (expected,) = torch.autograd.grad(y[:, 0], leaf, torch.tensor(upstream, dtype=torch.float64))
    result = steps(x, gamma, eps=eps)
    found = backward(result.normalised, upstream, gamma, result.deviation)
    scale = max(1.0, abs(gamma) / result.deviation)
    assert found == pytest.approx(expected.tolist(), abs=1e-7 * scale)
    assert isclose(sum(found), 0, abs_tol=1e-7 * scale), "the mean of a gradient is taken out"
