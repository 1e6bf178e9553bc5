"""torchinfo counts more than we do, and exactly what it counts more is known."""

from dataclasses import replace

import pytest

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.networks.torchinfo_summary import summary

SMALL = [name for name, entry in PRESETS.items() if sum(entry.spec.depths) < 60]


@pytest.mark.parametrize("name", SMALL)
def test_the_difference_is_batch_norm_and_biases(name):
    bp = blueprint(preset(name), PRESETS[name].image_size)
    found = summary(bp)
    assert found.params == bp.params
    assert found.macs == bp.macs
    assert found.mult_adds > found.macs
    assert found.explained


@pytest.mark.parametrize(
    ("spec", "size"),
    [
        (replace(preset("resnet18"), norm="none", conv_bias=True, shortcut="padding"), 33),
        (NetworkSpec("bottleneck", (1, 2), (16, 32), in_channels=1, groups=2, num_classes=7), 64),
        (replace(preset("d2l_resnet18"), activation_order="pre"), 225),
    ],
)
def test_custom_networks_too(spec, size):
    found = summary(blueprint(spec, size))
    assert found.explained
    assert found.params == blueprint(spec, size).params


def test_a_wrong_term_is_noticed():
    found = summary(blueprint(preset("resnet18"), 64))
    assert not replace(found, batch_norm=found.batch_norm + 1).explained


def test_the_text_is_torchinfos_own():
    found = summary(blueprint(preset("resnet18"), 224))
    assert "BatchNorm2d (bn1)" in found.text
    assert "Total params: 11,689,512" in found.text
    assert "[1, 512, 7, 7]" in found.text
