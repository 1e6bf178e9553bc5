"""What a NetworkSpec refuses, and in which words."""

import pickle
from dataclasses import FrozenInstanceError, fields, replace

import pytest
import torch
from hypothesis import given, settings

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset, smallest_image_size
from explorer.architecture.spec import MAX_BLOCKS, MAX_STAGES
from explorer.networks import ResNet
from explorer.words import FieldError
from tests.strategies import specs

GOOD = preset("resnet50")
WORDS = {
    "block": "'basic', 'bottleneck'",
    "stem": "'imagenet', 'cifar', 'deep', '3x3_pool', '3x3_stride2', '1x1'",
    "activation_order": "'post', 'pre'",
    "stride_on": "'3x3', '1x1'",
    "shortcut": "'projection', 'padding', 'projection-always', 'none'",
    "zero_padding": "'after', 'both'",
    "norm": "'batch', 'group', 'none'",
    "stem_norm": "'where_pooled', 'always', 'never'",
}
SWITCHES = (
    *("norm_on_projection", "conv_bias", "stem_bias"),
    *("avg_down", "final_norm", "share_first", "share_projection"),
)
NUMBERS = ("groups", "width_per_group", "in_channels", "num_classes")
NOT_A_WORD = ["", "Basic", "basic ", b"basic", None, True, 0, 1.0, ["basic"], {"basic"}, "x" * 5000]
NOT_A_SWITCH = [None, 0, 1, "yes", "True", [], 1.0, float("nan")]
NOT_A_NUMBER = [0, -1, 10**9, 10**30, True, False, 1.0, float("nan"), float("inf"), "1", None, [1]]
NOT_A_LIST = [None, 3, 2.5, "3463", [3, 4, 6, 3], {3, 4}, (), (1,) * (MAX_STAGES + 1), range(4)]


def refuses(field, value, *expected):
    """The message opens with field=value and says what is allowed."""
    with pytest.raises(ValueError) as caught:
        replace(GOOD, **{field: value})
    message = str(caught.value)
    assert message.startswith(f"{field}=")
    for part in expected:
        assert part in message
    assert "\n" not in message
    assert next(iter(caught.value.fields)) == field, "the first is the one to blame"
    return message


@pytest.mark.parametrize("value", NOT_A_WORD, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("field", WORDS)
def test_words(field, value):
    refuses(field, value, repr(value)[:20], WORDS[field])


@pytest.mark.parametrize("value", NOT_A_SWITCH, ids=repr)
@pytest.mark.parametrize("field", SWITCHES)
def test_switches(field, value):
    refuses(field, value, repr(value), "True, False")


@pytest.mark.parametrize("value", NOT_A_NUMBER, ids=repr)
@pytest.mark.parametrize("field", NUMBERS)
def test_numbers(field, value):
    refuses(field, value, repr(value), "a whole number from 1 to")


@pytest.mark.parametrize("value", NOT_A_LIST, ids=repr)
@pytest.mark.parametrize("field", ["depths", "widths"])
def test_lists(field, value):
    refuses(field, value, repr(value), f"1 to {MAX_STAGES} whole numbers")


@pytest.mark.parametrize("value", NOT_A_NUMBER, ids=repr)
@pytest.mark.parametrize("field", ["depths", "widths"])
def test_numbers_in_lists(field, value):
    refuses(field, (3, 4, 6, value), repr(value), "a whole number from 1 to")


def test_every_field_is_tested_above():
    assert {field.name for field in fields(NetworkSpec)} == {
        *WORDS,
        *SWITCHES,
        *NUMBERS,
        *("depths", "widths", "norm_eps", "stem_width", "expansion", "se_ratio", "output_stride"),
    }


def test_stages_must_match():
    refuses("depths", (3, 4, 6), "depths=(3, 4, 6) names 3 stages", "names 4")
    with pytest.raises(ValueError, match=r"depths=\(3, 4, 6, 3\) .* widths=\(64,\) names 1"):
        replace(GOOD, widths=(64,))


@pytest.mark.parametrize("change", [{"groups": 32}, {"width_per_group": 4}])
def test_basic_blocks_have_no_groups(change):
    with pytest.raises(ValueError, match=r"groups=\d+ and width_per_group=\d+ need block='bott"):
        replace(preset("resnet18"), **change)


def test_what_is_advised_is_blamed_last_and_worded_like_the_rest():
    with pytest.raises(FieldError) as caught:
        replace(preset("resnet18"), groups=32)
    error = pickle.loads(pickle.dumps(caught.value))
    assert list(error.fields) == ["groups", "width_per_group", "block"]
    assert error.worded(lambda field, value: f"<{field}: {value}>") == (
        "<groups: 32> and <width_per_group: 64> need <block: bottleneck>; "
        "basic blocks allow <groups: 1> and <width_per_group: 64> only"
    )


def test_a_width_that_leaves_no_channel():
    with pytest.raises(ValueError, match=r"width_per_group=3 leaves no channel .* widths=16"):
        replace(GOOD, widths=(16, 32, 64, 128), width_per_group=3)


def test_zero_padding_cannot_drop_channels():
    narrowing = replace(preset("resnet20"), shortcut="projection", widths=(64, 32, 16))
    with pytest.raises(ValueError, match=r"shortcut='padding' .* widths=\(64, 32, 16\)"):
        replace(narrowing, shortcut="padding")
    replace(preset("resnet20"), widths=(16, 16, 32))  # equal widths are fine


def test_too_many_blocks():
    depths = (MAX_BLOCKS // 2, MAX_BLOCKS // 2 + 1)
    with pytest.raises(ValueError, match=r"depths=\(500, 501\) is 1,001 blocks; at most 1,000"):
        NetworkSpec("basic", depths, (4, 4))
    assert NetworkSpec("basic", (500, 500), (4, 4)).depth == 2_002


# Each of these would take more memory than a laptop has, if it were built.
GREEDY = {
    "wide everywhere": {"depths": (8,) * 8, "widths": (8192,) * 8},
    "wide basic": {"block": "basic", "depths": (1,) * 4, "widths": (4096,) * 4},
    "many groups": {"groups": 8192, "width_per_group": 64},
    "wide groups": {"width_per_group": 8192},
    "projections in every block": {
        "depths": (250,) * 4,
        "widths": (1024,) * 4,
        "width_per_group": 1,
        "shortcut": "projection-always",
    },
    "classes": {"widths": (1024, 2048, 4096, 8192), "depths": (1,) * 4, "num_classes": 100_000},
}


@pytest.mark.parametrize("change", GREEDY.values(), ids=GREEDY)
def test_what_no_machine_builds_is_counted(change):
    spec = replace(GOOD, **change)
    bp = blueprint(spec, smallest_image_size(spec))
    assert bp.params > 300_000_000
    with torch.device("meta"):
        network = ResNet(spec)
    assert sum(parameter.numel() for parameter in network.parameters()) == bp.params


def test_resnext101_32x32d_and_large_images_are_counted():
    """468,530,472 parameters: torchvision's hub lists it, few machines train it."""
    spec = replace(preset("resnext101_32x8d"), width_per_group=32)
    assert blueprint(spec, 224).params == 468_530_472
    assert round(blueprint(spec, 224).macs / 1e9, 2) == 87.11
    large = blueprint(preset("resnet50"), 2048)
    assert large.params == 25_557_032 and large.stages[-1].out_shape == (2048, 64, 64)


@pytest.mark.parametrize("value", [0.0, -1e-5, 1.0, float("nan"), float("inf"), 1, "1e-5", None])
def test_eps(value):
    refuses("norm_eps", value, repr(value), "a number above 0 and at most 0.1")


@pytest.mark.parametrize("value", [0, -1, 10**9, True, 1.5, "3"])
@pytest.mark.parametrize("field", ["stem_width", "expansion"])
def test_numbers_that_may_be_left_to_the_rest(field, value):
    refuses(field, value, repr(value), "a whole number from 1 to")
    assert getattr(replace(GOOD, **{field: None}), field) is None


@pytest.mark.parametrize("value", [-1, 10**9, True, 1.5, "16", None])
def test_the_ratio_may_be_none_that_is_zero(value):
    refuses("se_ratio", value, repr(value), "a whole number from 0 (none) to")


@pytest.mark.parametrize("value", [0, 3, 12, 24, -8, 1024, True, 16.0, "16"])
def test_output_stride_is_a_power_of_two(value):
    refuses("output_stride", value, repr(value), "8, 16, 32")


def test_output_stride_cannot_be_less_than_the_stems():
    message = refuses("output_stride", 2)
    assert "less than the stride of the stem, 4" in message and "stem='imagenet'" in message
    assert replace(GOOD, output_stride=1, stem="cifar").stage_steps[-1] == (1, 4, 8)


def test_zero_padding_cannot_drop_the_stems_channels():
    with pytest.raises(ValueError, match=r"stem_width=64 is more than the 16 channels"):
        replace(preset("resnet20"), stem_width=64)
    replace(preset("resnet20"), stem_width=4)


def test_strides_and_dilations_of_the_stages():
    """torchvision's ResNet._make_layer: the first block keeps the dilation before."""
    assert GOOD.stage_steps == ((1, 1, 1), (2, 1, 1), (2, 1, 1), (2, 1, 1))
    assert replace(GOOD, output_stride=16).stage_steps[-1] == (1, 1, 2)
    assert replace(GOOD, output_stride=8).stage_steps[2:] == ((1, 1, 2), (1, 2, 4))
    assert replace(GOOD, output_stride=32).stage_steps == GOOD.stage_steps


# --- what it is good for ------------------------------------------------------------------------


@settings(max_examples=40)
@given(specs())
def test_equal_specs_are_one_cache_key(spec):
    again = pickle.loads(pickle.dumps(spec))
    assert again == spec == replace(spec)
    assert hash(again) == hash(spec)
    assert blueprint(again, 64) == blueprint(spec, 64)


def test_specs_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        GOOD.groups = 2
    with pytest.raises((AttributeError, TypeError)):
        GOOD.gruops = 2


def test_what_the_spec_says_of_itself():
    assert (GOOD.expands_by, preset("resnet18").expands_by) == (4, 1)
    assert (GOOD.stem_channels, preset("resnet20").stem_channels) == (64, 16)
    assert (GOOD.usual("expansion"), GOOD.usual("output_stride")) == (4, 32)
    assert (GOOD.usual("stem_width"), GOOD.usual("norm")) == (64, "batch")
    assert (smallest_image_size(GOOD), smallest_image_size(preset("resnet20"))) == (32, 4)
    assert preset("resnext50_32x4d").inner_width(64) == 128
    assert preset("wide_resnet50_2").inner_width(512) == 1024
    assert preset("resnet18").inner_width(64) == 64
    assert all(smallest_image_size(entry.spec) <= entry.image_size for entry in PRESETS.values())
