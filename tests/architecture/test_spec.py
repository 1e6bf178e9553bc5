"""What a NetworkSpec refuses, and in which words."""

import pickle
from dataclasses import FrozenInstanceError, fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.architecture.spec import MAX_BLOCKS, MAX_STAGES, MAX_WEIGHTS, _weights
from explorer.words import FieldError
from tests.strategies import specs

GOOD = preset("resnet50")
WORDS = {
    "block": "'basic', 'bottleneck'",
    "stem": "'imagenet', 'cifar'",
    "activation_order": "'post', 'pre'",
    "stride_on": "'3x3', '1x1'",
    "shortcut": "'projection', 'padding', 'projection-always', 'none'",
}
SWITCHES = ("norm_on_projection", "batch_norm", "conv_bias")
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
        "depths",
        "widths",
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
    "projections of a thin branch": {"widths": (8192,) * 4, "width_per_group": 1},
    "projections in every block": {
        "depths": (250,) * 4,
        "widths": (1024,) * 4,
        "width_per_group": 1,
        "shortcut": "projection-always",
    },
    "classes": {"widths": (1024, 2048, 4096, 8192), "depths": (1,) * 4, "num_classes": 100_000},
}


@pytest.mark.parametrize("change", GREEDY.values(), ids=GREEDY)
def test_networks_beyond_the_budget(change):
    with pytest.raises(ValueError, match=r"depths=.* widths=.* weights; at most 300,000,000"):
        replace(GOOD, **change)


@settings(max_examples=300)
@given(st.data())
def test_no_network_slips_past_the_budget(data):
    """Fields drawn near their limits: what is accepted really is that small."""
    stages = data.draw(st.integers(1, 8))
    block = data.draw(st.sampled_from(("basic", "bottleneck")))
    bottleneck = block == "bottleneck"
    numbers = {
        "depths": tuple(data.draw(st.integers(1, 125)) for _ in range(stages)),
        "widths": tuple(2 ** data.draw(st.integers(0, 13)) for _ in range(stages)),
        "groups": 2 ** data.draw(st.integers(0, 13)) if bottleneck else 1,
        "width_per_group": 2 ** data.draw(st.integers(0, 13)) if bottleneck else 64,
        "num_classes": data.draw(st.integers(1, 100_000)),
        "shortcut": data.draw(st.sampled_from(("projection", "projection-always", "none"))),
    }
    try:
        spec = NetworkSpec(block, **numbers)
    except ValueError as problem:
        assert "=" in str(problem)
        return
    ops = blueprint_or_none(spec)
    if ops is not None:
        weights = sum(op.params for op in ops if op.kind in ("conv", "linear"))
        assert weights - spec.num_classes <= MAX_WEIGHTS  # the classifier's biases are no weights


@settings(max_examples=60)
@given(specs())
def test_the_budgets_own_count_is_exact(spec):
    """It cannot use the blueprint, which asks for the spec first; here both are compared."""
    spec = replace(spec, conv_bias=False)
    ops = blueprint(spec, spec.minimum_image_size).ops
    weights = sum(op.params for op in ops if op.kind in ("conv", "linear"))
    assert _weights(spec) == weights - spec.num_classes


def blueprint_or_none(spec):
    """Even the smallest image may exceed the budget of activations."""
    try:
        return blueprint(spec, spec.minimum_image_size).ops
    except ValueError as problem:
        assert "activations" in str(problem)
        return None


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
    assert (GOOD.expansion, preset("resnet18").expansion) == (4, 1)
    assert (GOOD.stem_width, preset("resnet20").stem_width) == (64, 16)
    assert (GOOD.minimum_image_size, preset("resnet20").minimum_image_size) == (32, 4)
    assert preset("resnext50_32x4d").inner_width(64) == 128
    assert preset("wide_resnet50_2").inner_width(512) == 1024
    assert preset("resnet18").inner_width(64) == 64
    assert all(entry.spec.minimum_image_size <= entry.image_size for entry in PRESETS.values())
