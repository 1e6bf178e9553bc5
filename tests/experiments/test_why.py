"""Likeness of gradients and learning the identity, against the ledger and against theory."""

import torch

from explorer.experiments.learning_identity import learn_identity
from explorer.experiments.shattered import likeness, theory


def test_likeness_falls_as_published():
    """The reference run had 600 to 1000 channels; its values at 2 and 5 layers."""
    found = likeness((2, 5), seeds=3)
    reference = {
        "plain": (0.299, 0.099),
        "plain_with_bn": (0.250, 0.033),
        "residual": (0.586, 0.306),
        "residual_with_bn": (0.607, 0.405),
    }
    for kind, values in reference.items():
        for value, expected in zip(found.by_kind[kind], values, strict=True):
            assert abs(value - expected) < 0.05, (kind, value, expected)


def test_theory():
    assert theory("plain", 3) == 0.125
    assert theory("residual", 2) == 0.5625
    assert theory("residual_with_bn", 4) == 0.5


def test_a_plain_linear_stack_fails_with_depth_and_a_residual_one_does_not():
    seen = []
    found = learn_identity((2, 16), steps=100, progress=seen.append)
    assert found.by_kind["residual_relu"][1] < 0.1
    assert found.by_kind["plain_linear"][0] < 0.1
    assert found.by_kind["plain_linear"][1] > 0.4
    assert found.by_kind["plain_relu"][1] > 0.4
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_experiments_leave_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    likeness((1,), seeds=1)
    assert torch.equal(torch.rand(3), expected)
