"""One composed block in closed form: textbook cases by hand. tests/networks holds it to torch."""

from dataclasses import replace

import pytest

from explorer.architecture import blueprint, preset
from explorer.architecture.mends import mends
from explorer.architecture.unit import UnitSpec, unit

TEXTBOOK = {
    "224x224x3 to 3 adds directly": (UnitSpec(224, 3, 3, 64), "identity", (3, 224, 224)),
    "224x224x3 to 64 channels": (UnitSpec(224, 3, 64, 64), "fails", None),
    "56x56x64 to 256, channels only": (UnitSpec(56, 64, 256, block="bottleneck"), "fails", None),
    "both change": (UnitSpec(56, 256, 512, stride=2, block="bottleneck"), "fails", None),
    "one channel": (UnitSpec(224, 3, 1, 64), "broadcasts", (3, 224, 224)),
}


@pytest.mark.parametrize(("spec", "verdict", "out"), TEXTBOOK.values(), ids=TEXTBOOK)
def test_textbook_cases(spec, verdict, out):
    composed = unit(spec)
    assert composed.verdict == verdict
    assert composed.addition is not None
    assert composed.addition.out_shape == out


def test_mismatch_names_what_differs():
    channels_only = unit(UnitSpec(56, 64, 256)).addition
    size_only = unit(UnitSpec(56, 64, 64, stride=2)).addition
    assert channels_only is not None and size_only is not None
    assert (channels_only.channels_differ, channels_only.size_differs) == (True, False)
    assert (size_only.channels_differ, size_only.size_differs) == (False, True)


def test_a_failing_block_ends_before_its_addition():
    assert [op.name for op in unit(UnitSpec(56, 64, 256)).ops] == [
        "conv1",
        "bn1",
        "relu1",
        "conv2",
        "bn2",
    ]


def test_what_the_first_kernels_of_the_textbook_cost():
    """64 kernels of 3x3x3, then 3 kernels of 3x3x64, each with batch norm."""
    composed = unit(UnitSpec(224, 3, 3, 64))
    assert composed.block.params == 9 * 3 * 64 + 2 * 64 + 9 * 64 * 3 + 2 * 3
    assert composed.block.macs == (9 * 3 * 64 + 9 * 64 * 3) * 224 * 224
    assert composed.additions == 3 * 224 * 224


@pytest.mark.parametrize(
    ("network", "path", "spec"),
    [
        ("resnet18", "layer1.0", UnitSpec()),
        ("resnet34", "layer2.0", UnitSpec(56, 64, 128, stride=2, shortcut="projection")),
        (
            "resnet50",
            "layer1.0",
            UnitSpec(56, 64, 256, block="bottleneck", shortcut="projection"),
        ),
        (
            "resnet50_v1",
            "layer3.0",
            UnitSpec(28, 512, 1024, None, 2, "bottleneck", stride_on="1x1", shortcut="projection"),
        ),
        (
            "seresnet50",
            "layer1.0",
            UnitSpec(56, 64, 256, block="bottleneck", shortcut="projection", se_ratio=16),
        ),
        (
            "resnet50_gn",
            "layer2.0",
            UnitSpec(*(56, 256, 512, None, 2, "bottleneck"), shortcut="projection", norm="group"),
        ),
        (
            "resnet50_os16",
            "layer4.1",
            UnitSpec(14, 2048, 2048, block="bottleneck", dilation=2),
        ),
        ("plain18", "layer2.0", UnitSpec(56, 64, 128, stride=2, shortcut="none")),
        (
            "preact_resnet50",
            "layer2.0",
            UnitSpec(56, 256, 512, None, 2, "bottleneck", "pre", "1x1", "projection", False),
        ),
        ("resnet20", "layer2.0", UnitSpec(32, 16, 32, stride=2, shortcut="padding")),
        (
            "d2l_resnet18",
            "layer3.0",
            UnitSpec(
                28,
                128,
                256,
                stride=2,
                shortcut="projection",
                norm_on_projection=False,
                conv_bias=True,
            ),
        ),
    ],
)
def test_a_block_of_a_network_is_the_same_block_alone(network, path, spec):
    size = 32 if network == "resnet20" else 224
    expected = blueprint(preset(network), size).block(path)
    alone = unit(spec)

    def facts(op):
        window = op.kernel, op.stride, op.padding, op.dilation, op.groups
        return op.name, op.kind, op.in_shape, op.out_shape, op.params, op.macs, window

    assert [facts(op) for op in alone.ops] == [facts(op) for op in expected.ops]
    assert alone.kind == expected.shortcut.kind


def test_what_a_network_may_have_beside_the_usual_counted_by_hand():
    """A basic block from 64 to 128 channels with every such choice."""
    spec = UnitSpec(
        *(28, 64, 128), shortcut="projection", norm="group", dilation=2, expansion=2, se_ratio=16
    )
    composed = unit(spec)
    convolutions = 9 * 64 * 64 + 9 * 64 * 128 + 64 * 128
    norms = 2 * 64 + 2 * 128 + 2 * 128
    gate = 128 * 8 + 8 + 8 * 128 + 128
    assert composed.block.params == convolutions + norms + gate
    assert composed.block.macs == convolutions * 28 * 28 + 2 * 128 * 8
    assert composed.ops[-1].receptive_field == 1 + 2 * 2 + 2 * 2  # two 3x3 of dilation 2
    shapes = {op.name: (op.kernel, op.padding, op.dilation) for op in composed.ops}
    assert shapes["conv1"] == shapes["conv2"] == (3, 2, 2)
    bare = unit(replace(spec, norm="none", se_ratio=0, dilation=1))
    assert (bare.block.params, bare.block.macs) == (convolutions, convolutions * 28 * 28)


def test_each_mend_makes_the_sum_whole():
    broken = unit(UnitSpec(56, 256, 512, stride=2, block="bottleneck"))
    assert [mend.name for mend in mends(broken)] == ["projection", "padding", "both"]
    for mend in mends(broken):
        mended = unit(replace(broken.spec, **dict(mend.changes)))
        assert mended.verdict in ("projection", "padding", "identity")
    assert mends(unit(UnitSpec())) == []


def test_padding_cannot_take_channels_away():
    composed = unit(UnitSpec(56, 64, 32, shortcut="padding"))
    assert composed.verdict == "fails"
    assert "padding" not in [mend.name for mend in mends(composed)]


def test_a_projection_nobody_needs_is_named():
    assert unit(UnitSpec(shortcut="projection")).verdict == "needless projection"
    assert unit(UnitSpec(shortcut="padding")).verdict == "identity"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 0}, "size=0 must be a whole number from 1 to 1,024"),
        ({"in_channels": 4096}, "in_channels=4096 must be a whole number from 1 to 2,048"),
        ({"middle_channels": -3}, "middle_channels=-3 must be a whole number"),
        ({"stride": 3}, "stride=3 is unknown; allowed: 1, 2"),
        ({"shortcut": "concat"}, "shortcut='concat' is unknown"),
        ({"block": "dense"}, "block='dense' is unknown"),
        ({"dilation": 0}, "dilation=0 must be a whole number from 1 to 64"),
        ({"dilation": 65}, "dilation=65 must be a whole number from 1 to 64"),
        ({"expansion": 0}, "expansion=0 must be a whole number"),
        ({"expansion": 3}, "out_channels=64 must be a multiple of the expansion, 3"),
        ({"se_ratio": -1}, "se_ratio=-1 must be"),
        ({"norm": "layer"}, "norm='layer' is unknown"),
        ({"norm": "group", "size": 1, "out_channels": 32}, "norm='group' leaves groups of a"),
        ({"block": "bottleneck", "out_channels": 1}, "out_channels=1 must be a multiple of 4"),
    ],
)
def test_what_cannot_be_composed_is_named(changes, message):
    with pytest.raises(ValueError, match=message.replace(",", r"\,")):
        UnitSpec(**changes)
