"""What is said of a composed block: numbers from the block, no placeholder left open."""

import pytest
from hypothesis import given

from explorer.architecture import blueprint, preset
from explorer.architecture.unit import UnitSpec, unit
from explorer.lessons import block_lab, block_numbers
from explorer.views import block_tables
from tests.strategies import unit_specs


@given(unit_specs(channels=2048, size=1024))
def test_every_block_has_a_rule(spec):
    said = block_lab.rule(unit(spec))
    assert said and "{" not in said and "  " not in said


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (UnitSpec(), ["Solid line", "64 channels of 56×56", "200,704 additions", "0.09%"]),
        (
            UnitSpec(56, 256, 512, None, 2, "bottleneck", shortcut="projection"),
            ["Dashed line", "from 56×56 to 28×28", "512 kernels of 1×1×256", "132,096"],
        ),
        (
            UnitSpec(32, 16, 32, stride=2, shortcut="padding"),
            ["keeps every second pixel and fills 16 new channels with zeros"],
        ),
        (UnitSpec(shortcut="projection"), ["option C", "4,224"]),
        (UnitSpec(shortcut="none"), ["No line"]),
        (UnitSpec(56, 64, 32, shortcut="padding"), ["cannot take any away", "64", "32"]),
        (UnitSpec(8, 3, 1), ["broadcasting", "(1,\u00a08,\u00a08)"]),
    ],
)
def test_rules_carry_live_numbers(spec, words):
    said = block_lab.rule(unit(spec))
    for word in words:
        assert word in said


def test_cost_of_v15_in_a_block_and_in_resnet50():
    networks = [blueprint(preset(name)).macs for name in ("resnet50_v1", "resnet50")]
    said = block_numbers.stride_costs(UnitSpec(), *networks)
    assert "conv3_1 of ResNet-50" in said
    assert "v1 295,436,288 MACs, v1.5 372,506,624 (+26.1%)" in said
    assert "**+6.0%**" in said
    own = UnitSpec(28, 512, 1024, stride=2, block="bottleneck")
    assert "28×28×512 to 14×14×1,024:" in block_numbers.stride_costs(own, *networks)


def test_the_composed_cost_is_that_of_the_network():
    expected = blueprint(preset("resnet50")).block("layer2.0").macs
    assert f"{expected:,}" in block_numbers.stride_costs(UnitSpec(), 1, 1)


def test_dialects_are_counted_for_the_composed_shape():
    rows = block_tables.dialects(UnitSpec(56, 256, 512, stride=2, block="bottleneck"))
    counts = {row["dialect"]: row["parameters"] for row in rows}
    assert counts["torchvision"] == counts["The paper's authors (v1)"] == 379_392
    assert counts["torchvision"] == blueprint(preset("resnet50")).block("layer2.0").params
    assert counts["MXNet's residual_unit"] < counts["torchvision"]
