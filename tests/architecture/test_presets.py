"""Every named network against figures from outside, and against a second count by hand.

The table holds parameters, MACs, receptive field and output stride of the last feature map,
and the number of dashed shortcuts, at the network's usual image size. Where they come from:

- TV: torchvision 0.28.0 prints the parameters and MACs (`num_params`, `_ops` of its weights);
  they are read live below as well.
- Table 1: "Deep Residual Learning" (arXiv 1512.03385) prints the MACs, rounded; Table 6
  the parameters of the CIFAR networks, rounded.
- Identity Mappings (arXiv 1603.05027): 1.7 M (ResNet-164) and 10.2 M (ResNet-1001) parameters.
- d2l.ai's ResNet-18, counted from its published code.
The exact figures of the rest were counted by hand (by_hand.py).
"""

from dataclasses import replace
from typing import get_args

import pytest

from explorer.architecture import FAMILIES, PRESETS, TORCHVISION, blueprint, preset
from explorer.architecture.presets import Family
from explorer.words import has_label
from tests.architecture.by_hand import count

TABLE = {
    "resnet18": (11_689_512, 1_814_073_344, 435, 32, 3),  # TV; Table 1: 1.8
    "resnet34": (21_797_672, 3_663_761_408, 899, 32, 3),  # TV; Table 1: 3.6
    "resnet50": (25_557_032, 4_089_184_256, 427, 32, 4),  # TV
    "resnet101": (44_549_160, 7_801_405_440, 971, 32, 4),  # TV
    "resnet152": (60_192_808, 11_513_626_624, 1451, 32, 4),  # TV
    "resnext50_32x4d": (25_028_904, 4_230_479_872, 427, 32, 4),  # TV
    "resnext101_32x8d": (88_791_336, 16_414_015_488, 971, 32, 4),  # TV
    "resnext101_64x4d": (83_455_272, 15_460_270_080, 971, 32, 4),  # TV
    "wide_resnet50_2": (68_883_240, 11_398_021_120, 427, 32, 4),  # TV
    "wide_resnet101_2": (126_886_696, 22_753_050_624, 971, 32, 4),  # TV
    "resnet50_v1": (25_557_032, 3_857_973_248, 483, 32, 4),  # Table 1: 3.8
    "resnet101_v1": (44_549_160, 7_570_194_432, 1027, 32, 4),  # Table 1: 7.6
    "resnet152_v1": (60_192_808, 11_282_415_616, 1507, 32, 4),  # Table 1: 11.3
    "resnet10": (5_418_792, 889_229_312, 195, 32, 3),
    "resnet26": (15_995_176, 2_342_256_640, 195, 32, 4),  # timm: 16.0 M
    "resnet18d": (11_708_744, 2_053_713_920, 439, 32, 3),  # timm: 11.7 M
    "resnet50d": (25_576_264, 4_328_824_832, 431, 32, 4),  # timm: 25.6 M
    "seresnet50": (28_088_024, 4_091_699_200, 427, 32, 4),  # SE paper: 28.1 M
    "resnet50_gn": (25_557_032, 4_089_184_256, 427, 32, 4),
    "resnet50_os16": (25_557_032, 6_208_618_496, 427, 16, 4),
    "resnet20": (269_722, 40_551_040, 81, 4, 2),  # Table 6: 0.27 M
    "resnet32": (464_154, 68_862_592, 137, 4, 2),  # Table 6: 0.46 M
    "resnet44": (658_586, 97_174_144, 193, 4, 2),  # Table 6: 0.66 M
    "resnet56": (853_018, 125_485_696, 249, 4, 2),  # Table 6: 0.85 M
    "resnet110": (1_727_962, 252_887_680, 501, 4, 2),  # Table 6: 1.7 M
    "resnet1202": (19_421_274, 2_829_238_912, 5597, 4, 2),  # Table 6: 19.4 M
    "resnet20_both": (269_722, 40_551_040, 81, 4, 2),
    "resnet32_both": (464_154, 68_862_592, 137, 4, 2),
    "resnet44_both": (658_586, 97_174_144, 193, 4, 2),
    "resnet56_both": (853_018, 125_485_696, 249, 4, 2),
    "resnet110_both": (1_727_962, 252_887_680, 501, 4, 2),
    "resnet18_cifar": (11_173_962, 555_422_720, 109, 8, 3),
    "preact_resnet18_cifar": (11_171_146, 555_422_720, 109, 8, 3),
    "wrn_16_4": (2_748_890, 392_612_352, 53, 4, 3),  # Wide ResNets: 2.7 M
    "wrn_28_10": (36_479_194, 5_243_328_768, 109, 4, 3),  # Wide ResNets: 36.5 M
    "wrn_40_2": (2_243_546, 327_599_360, 165, 4, 3),  # Wide ResNets: 2.2 M
    "resnext29_8x64d": (34_426_698, 5_387_266_048, 39, 4, 3),  # ResNeXt: 34.4 M
    "resnext29_32x4d": (4_774_218, 772_483_072, 37, 4, 3),
    "preact_resnet18": (11_687_848, 1_814_073_344, 435, 32, 3),
    "preact_resnet34": (21_796_008, 3_663_761_408, 899, 32, 3),
    "preact_resnet50": (25_549_480, 3_857_973_248, 483, 32, 4),
    "preact_resnet101": (44_541_608, 7_570_194_432, 1027, 32, 4),
    "preact_resnet152": (60_185_256, 11_282_415_616, 1507, 32, 4),
    "preact_resnet200": (64_666_280, 14_776_270_848, 1763, 32, 4),
    "preact_resnet110": (1_727_962, 252_887_680, 501, 4, 2),
    "preact_resnet164": (1_703_258, 244_500_992, 255, 4, 3),  # Identity Mappings: 1.7 M
    "preact_resnet1001": (10_327_706, 1_487_849_984, 1557, 4, 3),  # 10.2 M without its BN
    "plain18": (11_515_688, 1_794_805_760, 435, 32, 0),  # Table 1: 1.8
    "plain34": (21_623_848, 3_644_493_824, 899, 32, 0),  # Table 1: 3.6
    "plain20": (269_722, 40_551_040, 81, 4, 0),
    "plain56": (853_018, 125_485_696, 249, 4, 0),
    "plain110": (1_727_962, 252_887_680, 501, 4, 0),
    "d2l_resnet18": (11_184_650, 1_813_566_464, 435, 32, 3),  # parameters: d2l's code
}

BASIC = {"10": (1, 1, 1, 1), "18": (2, 2, 2, 2), "34": (3, 4, 6, 3)}
BOTTLENECK = {
    "26": (2, 2, 2, 2),
    "50": (3, 4, 6, 3),
    "101": (3, 4, 23, 3),
    "152": (3, 8, 36, 3),
    "200": (3, 24, 36, 3),
}


WIDE = (64, 128, 256, 512)
OTHERS = {
    "resnet18d": lambda: count("basic", BASIC["18"], deep=True),
    "resnet50d": lambda: count("bottleneck", BOTTLENECK["50"], deep=True),
    "seresnet50": lambda: count("bottleneck", BOTTLENECK["50"], ratio=16),
    "resnet50_os16": lambda: count("bottleneck", BOTTLENECK["50"], undivided=1),
    "resnet18_cifar": lambda: count("basic", BASIC["18"], cifar=True, widths=WIDE),
    "preact_resnet18_cifar": lambda: count(
        *("basic", BASIC["18"]), cifar=True, widths=WIDE, final=False, **PRE
    ),
    "resnext29_8x64d": lambda: count(
        *("bottleneck", (3, 3, 3)), cifar=True, widths=WIDE[:3], groups=8, base_width=64
    ),
    "resnext29_32x4d": lambda: count(
        *("bottleneck", (3, 3, 3)),
        cifar=True,
        widths=WIDE[:3],
        groups=32,
        base_width=4,
        entry_kernel=1,
    ),
}
"""Networks whose name does not say how they are counted."""
PRE = {"pre": True, "norm_on_projection": False}


def wide_by_hand(depth: int, times: int):
    """WRN-n-k: n counts the projections too, so a stage has (n - 4) / 6 blocks."""
    widths = (16 * times, 32 * times, 64 * times)
    blocks = ((depth - 4) // 6,) * 3
    return count("basic", blocks, cifar=True, widths=widths, entry=16, **PRE)


def counted_by_hand(name: str):
    """The preset, told a second time in the papers' words."""
    if name in OTHERS:
        return OTHERS[name]()
    if name.startswith("wrn"):
        return wide_by_hand(*map(int, name.split("_")[1:]))
    digits = name.removeprefix("preact_").removeprefix("wide_").lstrip("abcdefghijklmnopqrstuvwxyz")
    number = digits.split("_")[0]
    if name.startswith("resnext"):
        groups, width = (int(part) for part in digits.split("_")[1].removesuffix("d").split("x"))
        return count("bottleneck", BOTTLENECK[number], groups=groups, base_width=width)
    if name.startswith("wide"):
        return count("bottleneck", BOTTLENECK[number], base_width=128)
    if name.startswith("d2l"):
        return count("basic", BASIC["18"], biases=True, norm_on_projection=False, classes=10)
    plain = {"option": "plain"} if name.startswith("plain") else {}
    pre = PRE if name.startswith("preact") else {}
    if number in BASIC:
        return count("basic", BASIC[number], **plain, **pre)
    if number in BOTTLENECK:
        v1 = bool(pre) or name.endswith("_v1")
        return count("bottleneck", BOTTLENECK[number], v1=v1, **pre)
    if pre and number != "110":
        blocks = (int(number) - 2) // 9
        return count("bottleneck", (blocks,) * 3, cifar=True, v1=True, **pre)
    blocks = (int(number) - 2) // 6
    return count("basic", (blocks,) * 3, cifar=True, **{"option": "A", **plain, **pre})


def test_the_table_has_every_preset():
    assert list(TABLE) == list(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_figures_of_every_preset(name):
    entry = PRESETS[name]
    bp = blueprint(entry.spec, entry.image_size)
    found = (bp.params, bp.macs, bp.receptive_field, bp.output_stride, len(bp.dashed))
    assert found == TABLE[name]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_against_a_count_by_hand(name):
    entry = PRESETS[name]
    bp = blueprint(entry.spec, entry.image_size)
    hand = counted_by_hand(name)
    assert (bp.params, bp.macs) == (hand.params, hand.macs)
    assert (bp.receptive_field, bp.output_stride) == (hand.receptive_field, hand.output_stride)
    assert bp.additions == hand.additions
    convs = [op for op in bp.ops if op.kind == "conv"]
    assert sum(op.on_shortcut for op in convs) == hand.projections
    assert sum(not op.on_shortcut for op in convs) == hand.convs_on_main


@pytest.mark.parametrize("name", PRESETS)
def test_depth_is_the_number_in_the_name(name):
    """Convolutions of stem and main branches plus the classifier (paper, Table 1)."""
    entry = PRESETS[name]
    ops = blueprint(entry.spec, entry.image_size).ops
    on_main = [op for op in ops if op.kind in ("conv", "linear") and not op.on_shortcut]
    deep = 2 if entry.spec.stem == "deep" else 0  # three convolutions in the place of one
    assert entry.spec.depth == len(on_main) - deep
    if entry.number:  # Wide Residual Networks count convolutions, projections among them
        assert entry.number == sum(op.kind == "conv" for op in ops)
    in_title = entry.title.removesuffix(" v1").removesuffix("-2").replace("-", " ").replace(",", "")
    assert str(entry.number or entry.spec.depth) in in_title.split()


def test_published_counts_of_wide_and_grouped_networks_for_cifar():
    """Wide Residual Networks, Tables 2 and 4; ResNeXt, Table 7; 28 x 10 to the last digit is
    what every public implementation prints."""
    for name, millions in (("wrn_28_10", 36.5), ("wrn_40_2", 2.2), ("wrn_16_4", 2.7)):
        assert round(blueprint(preset(name), 32).params / 1e6, 1) == millions
    assert round(blueprint(preset("resnext29_8x64d"), 32).params / 1e6, 1) == 34.4


def test_resnet_c_and_d_cost_the_same_and_26_d():
    """timm prints 16.01 M for resnet26d."""
    c = replace(preset("resnet50"), stem="deep")
    d = preset("resnet50d")
    assert (blueprint(c).params, blueprint(c).macs) == (25_576_264, 4_328_824_832)
    assert (blueprint(d).params, blueprint(d).macs) == (25_576_264, 4_328_824_832)
    assert blueprint(replace(d, depths=(2, 2, 2, 2))).params == 16_014_408


def test_dilation_costs_macs_and_no_parameter():
    """torchvision's replace_stride_with_dilation: 6.21 and 19.08 G."""
    macs = {32: 4_089_184_256, 16: 6_208_618_496, 8: 19_079_364_608}
    for stride, expected in macs.items():
        bp = blueprint(replace(preset("resnet50"), output_stride=stride))
        hand = count("bottleneck", (3, 4, 6, 3), undivided={32: 0, 16: 1, 8: 2}[stride])
        assert (bp.params, bp.macs, bp.output_stride) == (25_557_032, expected, stride)
        assert (hand.macs, hand.receptive_field) == (expected, bp.receptive_field)


def test_a_final_norm_is_two_numbers_per_channel():
    without = preset("preact_resnet18_cifar")
    assert blueprint(without, 32).params == 11_171_146
    assert blueprint(replace(without, final_norm=True), 32).params == 11_172_170


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_own_metadata(name):
    from explorer.networks.torchvision_import import torchvision

    entry = PRESETS[name]
    bp = blueprint(entry.spec, entry.image_size)
    weights = list(torchvision.models.get_model_weights(name))
    assert weights
    for weight in weights:
        assert weight.meta["num_params"] == bp.params
        assert weight.meta["_ops"] == round(bp.macs / 1e9, 3)


@pytest.mark.parametrize(
    ("name", "sides", "channels"),
    [
        ("resnet18", (112, 56, 28, 14, 7), (64, 64, 128, 256, 512)),
        ("resnet34", (112, 56, 28, 14, 7), (64, 64, 128, 256, 512)),
        ("resnet50_v1", (112, 56, 28, 14, 7), (64, 256, 512, 1024, 2048)),
        ("resnet101_v1", (112, 56, 28, 14, 7), (64, 256, 512, 1024, 2048)),
        ("resnet152_v1", (112, 56, 28, 14, 7), (64, 256, 512, 1024, 2048)),
        ("resnet110", (32, 32, 16, 8), (16, 16, 32, 64)),
    ],
)
def test_shapes_of_the_papers_tables(name, sides, channels):
    entry = PRESETS[name]
    bp = blueprint(entry.spec, entry.image_size)
    shapes = [bp.ops[0].out_shape, *(stage.out_shape for stage in bp.stages)]
    assert shapes == [(c, s, s) for c, s in zip(channels, sides, strict=True)]


@pytest.mark.parametrize(
    ("name", "published"),
    # arXiv 1512.03385, Table 1, in 10^9: 3.6 and 3.8 are cut off, the others rounded.
    [
        ("resnet18", 1.8),
        ("resnet34", 3.6),
        ("resnet50_v1", 3.8),
        ("resnet101_v1", 7.6),
        ("resnet152_v1", 11.3),
    ],
)
def test_macs_of_the_papers_table_1(name, published):
    macs = blueprint(preset(name)).macs / 1e9
    assert published in (round(macs, 1), int(macs * 10) / 10)


def test_families_are_all_used_and_titles_tell_networks_apart():
    assert {*FAMILIES, "custom"} == set(get_args(Family))
    assert all(has_label(f"family.{family}") for family in get_args(Family))
    assert len({entry.title for entry in PRESETS.values()}) == len(PRESETS)
    assert len({entry.spec for entry in PRESETS.values()}) == len(PRESETS)
    assert all(entry.name == name for name, entry in PRESETS.items())


def test_preset_gives_the_spec_or_offers_near_names():
    assert preset("resnet50") == PRESETS["resnet50"].spec
    with pytest.raises(ValueError, match=r"'resnet51' is unknown; perhaps .*resnet50"):
        preset("resnet51")
    for nonsense in ("", "🦆", "x" * 10_000, None, 50):
        with pytest.raises(ValueError, match="unknown"):
            preset(nonsense)


# --- closed forms and differences that the literature states or that follow from it -------------


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7, 9, 18, 200])
def test_cifar_networks_in_closed_form(n):
    """6n+2 layers: A(n) = 97,216 n - 21,926; option B adds two projections."""
    option_a = replace(preset("resnet20"), depths=(n,) * 3)
    option_b = replace(option_a, shortcut="projection")
    without_norm = replace(option_b, norm_on_projection=False)
    assert option_a.depth == 6 * n + 2
    assert blueprint(option_a, 32).params == 97_216 * n - 21_926
    assert blueprint(option_b, 32).params == 97_216 * n - 21_926 + 2_752
    assert blueprint(without_norm, 32).params == 97_216 * n - 21_926 + 16 * 32 + 32 * 64


@pytest.mark.parametrize("depth", [50, 101, 152])
def test_v1_to_v15_moves_the_stride_and_nothing_else(depth):
    v1, v15 = preset(f"resnet{depth}_v1"), preset(f"resnet{depth}")
    before, after = blueprint(v1), blueprint(v15)
    assert after.params == before.params
    assert after.macs - before.macs == 231_211_008 == 3 * 77_070_336
    assert before.receptive_field - after.receptive_field == 56
    different = [
        new.path for old, new in zip(before.ops, after.ops, strict=True) if old.macs != new.macs
    ]
    assert different == [f"layer{stage}.0.conv1" for stage in (2, 3, 4)]


@pytest.mark.parametrize(
    ("shortcut", "params", "macs", "dashed"),
    [
        ("none", 21_623_848, 3.6445, 0),
        ("padding", 21_623_848, 3.6445, 3),
        ("projection", 21_797_672, 3.6638, 3),
        ("projection-always", 22_716_840, 3.8307, 16),
    ],
)
def test_options_a_b_c_of_resnet34(shortcut, params, macs, dashed):
    bp = blueprint(replace(preset("resnet34"), shortcut=shortcut))
    assert (bp.params, round(bp.macs / 1e9, 4), len(bp.dashed)) == (params, macs, dashed)


def test_option_c_of_resnet50():
    bp = blueprint(replace(preset("resnet50_v1"), shortcut="projection-always"))
    assert bp.params == 40_128_552
    assert round(bp.macs / 1e9, 3) == 6.324
    assert all(block.shortcut.dashed for block in bp.blocks)


def test_where_the_parameters_of_resnet50_are():
    ops = blueprint(preset("resnet50")).ops
    projections = sum(op.params for op in ops if op.on_shortcut)
    convolutions = sum(op.params for op in ops if op.kind == "conv" and not op.on_shortcut)
    norms = sum(op.params for op in ops if op.kind == "batch_norm")
    norms_on_main = sum(op.params for op in ops if op.kind == "batch_norm" and not op.on_shortcut)
    classifier = sum(op.params for op in ops if op.kind == "linear")
    assert (convolutions, projections, norms_on_main, classifier) == (
        20_686_016,
        2_776_576,
        45_440,
        2_049_000,
    )
    assert norms == 53_120
    assert sum(op.kind == "conv" for op in ops) == sum(op.kind == "batch_norm" for op in ops) == 53


@pytest.mark.parametrize(
    ("name", "additions"),
    [
        ("resnet18", 752_640),
        ("resnet34", 1_379_840),
        ("resnet50", 5_519_360),
        ("resnet101", 8_931_328),
        ("resnet152", 13_146_112),
    ],
)
def test_additions_of_the_shortcuts(name, additions):
    assert blueprint(preset(name)).additions == additions


def test_resnet18_for_ten_classes_and_d2ls_form():
    ten = replace(preset("resnet18"), num_classes=10)
    assert blueprint(ten).params == 11_181_642
    assert blueprint(replace(ten, stem="cifar"), 32).params == 11_173_962
    d2l = preset("d2l_resnet18")
    assert blueprint(d2l, 96).params == 11_184_650
    assert blueprint(replace(d2l, in_channels=1), 96).params == 11_178_378


def test_keras_prints_resnet50_with_conv_biases():
    """25,636,712 in Keras also counts two running statistics for each of 26,560 channels."""
    biased = replace(preset("resnet50_v1"), conv_bias=True)
    assert blueprint(biased).params + 53_120 == 25_636_712


@pytest.mark.parametrize(
    ("name", "with_norm", "without_norm"),
    [
        ("preact_resnet1001", 10_327_706, 10_178_490),
        ("resnet1202", 19_421_274, 19_331_642),
    ],
)
def test_published_sizes_with_and_without_batch_norm(name, with_norm, without_norm):
    """10.2 M matches only without BN and 19.4 M only with it: the two papers count differently."""
    spec = preset(name)
    assert blueprint(spec, 32).params == with_norm
    assert blueprint(replace(spec, norm="none"), 32).params == without_norm


def test_pre_activation_164_without_batch_norm():
    spec = replace(preset("preact_resnet164"), norm="none")
    hand = count("bottleneck", (18,) * 3, cifar=True, pre=True, v1=True, batch_norm=False)
    assert blueprint(spec, 32).params == hand.params


def test_plain_networks_are_residual_ones_of_option_a_without_the_shortcuts():
    for plain, residual in (("plain20", "resnet20"), ("plain110", "resnet110")):
        assert blueprint(preset(plain), 32).params == blueprint(preset(residual), 32).params
    plain34 = blueprint(preset("plain34"))
    assert plain34.additions == 0
    assert all(block.shortcut.line == "none" for block in plain34.blocks)
