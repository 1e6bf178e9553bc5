"""What torch itself says of every claim."""

from math import sqrt

import pytest

from explorer.experiments.batch_norm import in_torch
from explorer.experiments.batch_norm.steps import scale_ratio, steps


def test_the_closed_form_holds():
    found = in_torch.check(steps((2, 4, 4, 4, 5, 5, 7, 9), gamma=2.5, beta=-1))
    assert found.outputs[0] == pytest.approx(2.5 * -1.5 - 1, abs=1e-4)
    assert found.difference < 1e-14
    assert 0 < found.difference_float32 < 1e-5


def test_a_wrong_closed_form_would_show():
    result = steps((1, 2, 4), gamma=2)
    wrong = type(result)(
        **{f: getattr(result, f) for f in result.__slots__} | {"scaled": (0, 0, 0)}
    )
    assert in_torch.check(wrong).difference > 1


def test_one_value_is_refused_by_torch():
    found = in_torch.check(steps((3,)))
    assert found.outputs == ()
    assert "more than 1 value per channel" in found.refusal


def test_stored_variance():
    found = in_torch.stored_variance((1, 2, 4), 0.1)
    assert found.kept == pytest.approx(1.1333, abs=5e-5)
    assert found.kept == pytest.approx(found.from_unbiased, abs=1e-12)
    assert found.from_biased == pytest.approx(1.0556, abs=5e-5)


def test_small_batches():
    one, four = in_torch.batches_of_one()
    assert "more than 1 value" in one.refusal
    assert four.refusal == ""
    for (first, second), (a, b) in zip(in_torch.PAIRS, in_torch.batches_of_two(), strict=True):
        assert (abs(a), abs(b)) == pytest.approx((1, 1), abs=3e-3)
        assert (a > b) == (first > second)


@pytest.mark.parametrize("spread", [1, 0.01, sqrt(1e-5)])
@pytest.mark.parametrize("factor", [-1.0, 0.1, 10.0])
def test_scale_ratio(spread, factor):
    measured = in_torch.measured_scale_ratio(spread, factor)
    assert measured == pytest.approx(scale_ratio(spread, factor, 1e-5), rel=1e-8)


def test_bias_has_no_gradient():
    found = in_torch.useless_bias()
    assert found.bias < 1e-3
    assert found.weight > 10


def test_backward():
    found = in_torch.backward_check()
    assert found.difference < 1e-13
    assert found.difference_naive > 0.01
    assert abs(found.total) < 1e-12
    assert 1e-7 < abs(found.along) < 1e-4


def test_frozen_parameters_still_move():
    found = in_torch.frozen_parameters()
    assert found.in_train == pytest.approx(0.3)
    assert found.in_eval == 0


def test_accumulation_differs():
    assert in_torch.accumulation_difference() > 0.1
