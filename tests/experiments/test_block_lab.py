"""A small tensor through real blocks: what is exact, and the figures of the fact ledger."""

from dataclasses import replace
from math import lcm

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.architecture.dialects import DIALECTS
from explorer.architecture.unit import UnitSpec, unit
from explorer.experiments.bench import one_thread
from explorer.experiments.block_lab import (
    SMALL_CHANNELS,
    dialect_difference,
    pattern,
    send_through,
    small,
)
from explorer.experiments.coverage import coverage
from explorer.experiments.identity import extended_plain, one_layer


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
@pytest.mark.parametrize(("order", "signed"), [("post", False), ("pre", False), ("pre", True)])
def test_zero_main_branch_gives_x_back_exactly(block, order, signed):
    spec = UnitSpec(12, 16, 16, block=block, activation_order=order)
    passage = send_through(spec, "zero", signed)
    assert not passage.branch.any()
    assert passage.exact


def test_post_activation_cuts_negative_values():
    passage = send_through(UnitSpec(12, 16, 16), "zero", signed=True)
    assert not passage.exact
    assert np.array_equal(passage.out, np.maximum(passage.x, 0))


@pytest.mark.parametrize("extra", [{"norm": "group"}, {"norm": "none"}, {"se_ratio": 4}])
def test_zeros_stay_zeros_with_all_that_networks_know(extra):
    passage = send_through(UnitSpec(12, 16, 16, **extra), "zero")
    assert not passage.branch.any()
    assert passage.exact


def test_what_is_said_of_dirac_kernels_behind_a_gate_or_group_norm():
    """The gate weakens every channel by one factor; group norm shifts and scales its groups."""
    plain = UnitSpec(12, 16, 16, shortcut="none")
    gated = send_through(replace(plain, se_ratio=4, norm="none"), "dirac")
    factors = gated.branch.max((1, 2)) / gated.x.max((1, 2))
    assert ((factors > 0) & (factors < 1)).all() and len(set(factors)) > 1
    np.testing.assert_allclose(gated.branch, factors[:, None, None] * gated.x, rtol=1e-4, atol=1e-6)
    bare = send_through(replace(plain, norm="none"), "dirac")
    assert bare.exact
    grouped = send_through(replace(plain, norm="group"), "dirac")
    np.testing.assert_allclose(grouped.branch.mean((1, 2)), 0, atol=1e-5)  # 16 groups of one
    assert not np.allclose(grouped.out, grouped.x, atol=0.1)


def test_group_norm_keeps_kernels_of_ones_from_growing():
    grown = send_through(UnitSpec(12, 16, 16), "ones")
    held = send_through(UnitSpec(12, 16, 16, norm="group"), "ones")
    assert abs(held.branch).max() < 10 < abs(grown.branch).max()


def test_plain_block_of_zeros_loses_x():
    passage = send_through(UnitSpec(12, 16, 16, shortcut="none"), "zero")
    assert passage.shortcut is None and passage.total is None
    assert not passage.out.any()


def test_dirac_kernels_are_the_identity_up_to_batch_norms_epsilon():
    passage = send_through(UnitSpec(12, 16, 16, shortcut="none"), "dirac")
    np.testing.assert_allclose(passage.out, passage.x / (1 + 1e-5), rtol=1e-6)
    doubled = send_through(UnitSpec(12, 16, 16), "dirac")
    np.testing.assert_allclose(doubled.out, 2 * doubled.x, rtol=1e-4)


def test_bottleneck_lets_only_its_narrow_middle_pass():
    passage = send_through(UnitSpec(12, 16, 16, block="bottleneck", shortcut="none"), "dirac")
    np.testing.assert_allclose(passage.out[:4], passage.x[:4], atol=1e-4)
    assert not passage.out[4:].any()


def test_all_ones_make_every_channel_the_same():
    passage = send_through(UnitSpec(12, 16, 16), "ones")
    assert passage.channels_equal
    assert passage.out.mean() > 100 * passage.x.mean()


def test_a_mismatch_stops_at_the_addition_with_torchs_words():
    passage = send_through(UnitSpec(12, 16, 32))
    assert "must match the size" in passage.complaint
    assert passage.branch.shape == (32, 12, 12)
    assert passage.shortcut.shape == (16, 12, 12)
    assert passage.total is None and passage.out is None


def test_sum_is_what_its_name_says():
    for spec in (
        UnitSpec(12, 16, 16),
        UnitSpec(12, 16, 32, stride=2, shortcut="padding"),
        UnitSpec(12, 16, 32, stride=2, shortcut="projection", activation_order="pre"),
        UnitSpec(12, 16, 16, se_ratio=4, norm="group", dilation=2, expansion=2),
        UnitSpec(12, 16, 32, se_ratio=4, norm="none", shortcut="padding", activation_order="pre"),
    ):
        passage = send_through(spec)
        np.testing.assert_allclose(passage.total, passage.branch + passage.shortcut, rtol=1e-6)


def test_single_layer_as_in_the_ledger():
    zero, dirac, ones = one_layer()
    assert (dirac.nonzero, dirac.all_weights) == (64, 36_864)
    assert (zero.plain_returns_x, zero.residual_returns_x) == (False, True)
    assert (dirac.plain_returns_x, dirac.residual_returns_x) == (True, False)
    assert not ones.plain_returns_x and ones.channels_equal
    assert f"{ones.mean_in:.3f}" == "0.395"
    assert f"{ones.mean_out:.2f}" == "206.38"


def test_extended_plain_net_keeps_its_logits_with_dirac_kernels_only():
    assert extended_plain("dirac") == 0
    assert extended_plain("zero") > 0.01
    assert extended_plain("ones") > 1e15


def test_shares_of_the_input_that_are_read():
    v1, v15, pooled = coverage()
    shares = [
        [one.share(counts) for counts in (one.main, one.shortcut, one.whole)]
        for one in (v1, v15, pooled)
    ]
    assert shares == [[0.25, 0.25, 0.25], [1.0, 0.25, 1.0], [1.0, 1.0, 1.0]]
    # A 3x3 with stride 2 reads odd rows and columns twice, so inner odd positions four times.
    assert v15.main[:2, :2].tolist() == [[1, 2], [2, 4]]
    assert v1.whole[1::2].sum() == v1.whole[:, 1::2].sum() == 0


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
@pytest.mark.parametrize(("outputs", "stride"), [(16, 1), (32, 1), (32, 2), (16, 2)])
def test_dialects_compute_what_the_projects_block_computes(dialect, block, outputs, stride):
    spec = UnitSpec(12, 16, outputs, stride=stride, block=block)
    assert dialect_difference(dialect, spec) < 1e-6


def test_dialect_differences_are_measured_not_assumed():
    """With batch norm's epsilon left alone, MXNet's 2e-5 is seen."""
    from explorer.networks.dialects import build_dialect, renamed
    from explorer.networks.unit import build_unit

    spec = DIALECTS["mxnet"].unit(UnitSpec(12, 16, 16))
    theirs, ours = build_dialect("mxnet", spec).eval(), build_unit(spec)
    ours.load_state_dict(renamed(theirs.state_dict()))
    with torch.inference_mode():
        difference = (theirs(pattern(16, 12)) - ours(pattern(16, 12))).abs().max()
    assert 0 < difference < 1e-3


@settings(max_examples=60)
@given(
    inputs=st.integers(1, 2048),
    outputs=st.integers(1, 512),
    middle=st.none() | st.integers(1, 2048),
    block=st.sampled_from(("basic", "bottleneck")),
    stride=st.sampled_from((1, 2)),
    shortcut=st.sampled_from(("identity", "padding", "projection", "none")),
    size=st.integers(1, 256),
    expansion=st.none() | st.integers(1, 6),
    norm=st.sampled_from(("batch", "group", "none")),
)
def test_the_small_block_tells_the_same_story(
    inputs, outputs, middle, block, stride, shortcut, size, expansion, norm
):
    by = expansion or (4 if block == "bottleneck" else 1)
    outputs = outputs * 4 // by * by or by
    more = {"shortcut": shortcut, "expansion": expansion}
    try:
        spec = UnitSpec(size, inputs, outputs, middle, stride, block, norm=norm, **more)
    except ValueError:
        return  # a group of one value
    tiny = small(spec)
    assert unit(tiny).verdict == unit(spec).verdict
    if tiny != spec:
        step = lcm(4, by)
        assert max(tiny.in_channels, tiny.out_channels, tiny.middle) <= SMALL_CHANNELS + step
    else:
        assert size <= 12
    assert tiny.size <= 12


def test_channels_are_halved_until_they_are_few_enough():
    """A power of two stays one, as it stands in the papers."""
    for channels in (64, 128, 256, 512, 1024):
        assert small(UnitSpec(14, channels, channels)).in_channels == SMALL_CHANNELS
    assert small(UnitSpec(14, 32, 48)).out_channels == 48


def test_pattern_is_what_the_page_says():
    x = pattern(6, 12)
    assert x.shape == (1, 6, 12, 12)
    assert x.min() >= 0 and x.max() == 1
    assert pattern(6, 12, signed=True).min() == -0.5


def test_one_thread_leaves_torch_as_it_was():
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
