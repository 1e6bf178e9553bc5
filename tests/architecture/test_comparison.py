"""The bottleneck's closed forms against torch modules, torch's own counter and the networks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.architecture import blueprint, preset
from explorer.architecture.comparison import bottleneck, compare, two_3x3


def test_the_tutorials_numbers() -> None:
    """1,179,648 against 69,632; the tutorials' 1,170,648 has a 0 for the 9."""
    pair = compare(256, 4)
    assert [layer.weights for layer in pair.same_channels.layers] == [589_824, 589_824]
    assert [layer.weights for layer in pair.bottleneck.layers] == [16_384, 36_864, 16_384]
    assert (pair.same_channels.params, pair.bottleneck.params) == (1_179_648, 69_632)
    assert round(pair.saving, 3) == 16.941


def test_the_paper_s_own_comparison() -> None:
    pair = compare(256, 4)
    assert pair.same_cost.params == 73_728
    assert round(pair.paper_ratio, 3) == 1.059
    assert round(pair.same_cost.macs(56) / 1e6, 1) == 231.2
    assert round(pair.bottleneck.macs(56) / 1e6, 1) == 218.4


@pytest.mark.parametrize(
    ("switch", "wide", "narrow", "ratio"),
    [("batch_norm", 1_180_672, 70_400, 16.771), ("bias", 1_180_160, 70_016, 16.856)],
)
def test_with_batch_norm_or_biases(switch: str, wide: int, narrow: int, ratio: float) -> None:
    pair = compare(256, 4, **{switch: True})
    assert (pair.same_channels.params, pair.bottleneck.params) == (wide, narrow)
    assert round(pair.saving, 3) == ratio


def test_a_projection_doubles_a_bottleneck() -> None:
    pair = compare(256, 4)
    assert pair.projection == 65_536
    assert round((pair.bottleneck.params + pair.projection) / pair.bottleneck.params, 2) == 1.94


@given(st.integers(1, 200), st.integers(1, 32))
def test_the_ratios_do_not_depend_on_the_channels(middle: int, reduction: int) -> None:
    pair = compare(middle * reduction, reduction)
    assert pair.saving == pytest.approx(18 * reduction**2 / (2 * reduction + 9))
    assert pair.paper_ratio == pytest.approx(18 / (2 * reduction + 9))


@given(
    middle=st.integers(1, 64),
    reduction=st.integers(1, 16),
    bias=st.booleans(),
    batch_norm=st.booleans(),
    size=st.integers(1, 40),
)
def test_closed_forms_equal_torch(middle, reduction, bias, batch_norm, size) -> None:
    from explorer.networks.count import count

    pair = compare(middle * reduction, reduction, bias=bias, batch_norm=batch_norm)
    for stack in pair.stacks:
        assert count(stack, size) == (stack.params, stack.macs(size))


@pytest.mark.parametrize(
    ("network", "block", "stack"),
    [
        ("resnet50", "layer1.1", bottleneck(256, 4, batch_norm=True)),
        ("resnet18", "layer1.1", two_3x3(64, batch_norm=True)),
        ("wide_resnet50_2", "layer4.1", bottleneck(2048, 2, batch_norm=True)),
    ],
)
def test_stacks_are_main_branches_of_real_networks(network, block, stack) -> None:
    found = blueprint(preset(network)).block(block)
    assert (found.params, found.macs) == (stack.params, stack.macs(found.in_shape[1]))


@pytest.mark.parametrize("reduction", [0, -4, 3, 512])
def test_a_reduction_that_does_not_divide_is_named(reduction: int) -> None:
    with pytest.raises(ValueError, match=f"reduction={reduction} must divide the 256 channels"):
        compare(256, reduction)
