"""How volumes, counts, memory and receptive fields are written."""

import pytest

from explorer.architecture import PRESETS, blueprint, preset
from explorer.architecture.notation import (
    memory,
    receptive_field_formula,
    short_count,
    volume,
)


def test_a_volume_is_height_width_channels():
    assert volume((64, 56, 28)) == "56×28×64"
    assert volume((2048, 7, 7)) == "7×7×2,048"
    assert volume((1000,)) == "1,000"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10.00 k"),
        (269_722, "269.7 k"),
        (1_727_962, "1.728 M"),
        (11_689_512, "11.69 M"),
        (126_886_696, "126.9 M"),
        (4_089_184_256, "4.089 G"),
        (22_753_000_000, "22.75 G"),
        (1_234_000_000_000, "1234 G"),
    ],
)
def test_a_count_in_four_digits(count, text):
    assert short_count(count) == text


def test_memory_of_resnet50():
    # 25,557,032 * 4 = 102,228,128 bytes
    assert memory(25_557_032) == ("102.2 MB", "97.5 MiB")


@pytest.mark.parametrize(
    ("path", "formula"),
    [
        ("conv1", "1 + (7 - 1)*1 = 7"),
        ("bn1", "7 (kept)"),
        ("maxpool", "7 + (3 - 1)*2 = 11"),
        ("layer1.0.conv1", "11 + (3 - 1)*4 = 19"),
        ("layer2.0.downsample.0", "43 (kept)"),
        ("layer2.0.add", "max(67, 43) = 67"),
    ],
)
def test_receptive_field_of_resnet18(path, formula):
    bp = blueprint(preset("resnet18"), 224)
    op = next(op for op in bp.ops if op.path == path)
    assert receptive_field_formula(bp, op) == formula


@pytest.mark.parametrize("name", PRESETS)
def test_every_receptive_field_formula_is_true(name):
    bp = blueprint(preset(name), PRESETS[name].image_size)
    ops = bp.ops if len(bp.ops) < 1_000 else bp.ops[:: len(bp.ops) // 500]
    for op in ops:
        formula = receptive_field_formula(bp, op).replace(",", "_").replace("_ ", ", ")
        left, _, right = formula.removesuffix(" (kept)").partition(" = ")
        assert eval(left, {"max": max}) == int(right or left) == op.receptive_field
