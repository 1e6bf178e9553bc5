"""A trace measures a real pass, and a network that is not as foretold is found out."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.networks import ResNet, best_device, build, trace
from explorer.words import FieldError
from tests.strategies import specs_and_sizes

SMALL = NetworkSpec("basic", (2, 2), (4, 8), stem="cifar", num_classes=3)
PLAIN = replace(SMALL, shortcut="none")


def image(spec, size=16, batch=1):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(batch, spec.in_channels, size, size, generator=generator)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_agrees(name):
    """Shapes by torch's own rules; on the meta device no numbers are computed."""
    entry = PRESETS[name]
    with torch.device("meta"):
        network = ResNet(entry.spec).eval()
        x = torch.empty(1, entry.spec.in_channels, entry.image_size, entry.image_size)
    found = trace(network, x)
    assert found.mismatches == ()
    assert found.agrees
    assert len(found.ops) == len(found.blueprint.ops)


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "resnet110", "preact_resnet164"])
def test_presets_agree_on_numbers_too(name):
    spec = preset(name)
    found = trace(build(spec), image(spec, 33, batch=2))
    assert found.agrees, found.mismatches
    assert found.device == "cpu"
    assert found.blueprint == blueprint(spec, 33)


@settings(max_examples=40)
@given(specs_and_sizes(largest=40))
def test_any_network_agrees(chosen):
    spec, size = chosen
    found = trace(build(spec), image(spec, size))
    assert found.agrees, found.mismatches
    assert [op.path for op in found.ops] == [op.path for op in found.blueprint.ops]


def test_an_image_that_is_not_square_is_traced():
    spec = preset("resnet20")
    found = trace(build(spec), torch.zeros(1, 3, 32, 16))
    assert found.agrees, found.mismatches
    assert found.blueprint.image_size == (32, 16)


def test_what_torch_refuses_to_normalise_is_told():
    spec = replace(preset("resnet20"), norm="group", widths=(4, 4, 4))
    with pytest.raises(FieldError, match="choose image_size=5 or more"):
        trace(build(spec), torch.zeros(1, 3, 4, 4))
    in_train = build(preset("resnet20")).train()
    found = trace(in_train, torch.zeros(1, 3, 4, 4))
    assert not found.agrees and "Expected more than 1 value" in found.mismatches[0]


def test_times_add_up():
    found = trace(build(preset("resnet20")), image(preset("resnet20"), 32))
    assert all(op.seconds > 0 for op in found.ops)
    parts = found.seconds_by_part
    assert list(parts) == [part.path for part in found.blueprint.parts]
    assert sum(parts.values()) == pytest.approx(found.seconds)


# --- networks that are not what their spec says -------------------------------------------------


def complaints(network, size=16):
    found = trace(network, image(network.spec, size))
    assert not found.agrees
    return found.mismatches


def test_another_stride_without_shortcut_changes_every_later_shape():
    network = build(PLAIN)
    network.layer1[0].conv1.stride = (2, 2)
    found = complaints(network)
    assert found[0] == "layer1.0.conv1 wrote (4, 8, 8), foretold was (4, 16, 16)"
    assert "layer1.1.conv2 wrote (4, 8, 8), foretold was (4, 16, 16)" in found


def test_another_stride_fails_at_the_addition():
    network = build(SMALL)
    network.layer1[0].conv2.stride = (2, 2)
    found = complaints(network)
    assert found[0] == "layer1.0.conv2 wrote (4, 8, 8), foretold was (4, 16, 16)"
    assert found[-1].startswith("layer1.0.add could not run: The size of tensor a (8) must match")
    assert not any("did not run" in sentence for sentence in found), "the rest is a consequence"


def test_other_channels_fail_at_the_norm():
    network = build(SMALL)
    network.layer2[1].conv1 = nn.Conv2d(8, 7, 3, padding=1, bias=False)
    found = complaints(network)
    params = sum(p.numel() for p in network.parameters()), blueprint(SMALL, 16).params
    assert found[0] == "layer2.1.conv1 wrote (7, 8, 8), foretold was (8, 8, 8)"
    assert found[1].startswith("layer2.1.bn1 could not run: ")
    assert found[2] == f"the network holds {params[0]:,} parameters, not {params[1]:,}"


def test_a_network_that_fails_at_once():
    network = build(SMALL)
    network.conv1 = nn.Conv2d(5, 4, 3, padding=1, bias=False)
    assert complaints(network)[0].startswith("conv1 could not run: ")
    found = trace(network, image(SMALL))
    assert found.ops == ()
    assert found.seconds == 0


def test_an_op_that_runs_twice():
    network = build(SMALL)
    block = network.layer1[1]
    block.order = (*block.order, "relu1")
    assert complaints(network) == ("layer1.1.relu1 ran 2 times",)


def test_an_op_that_nobody_foretold():
    network = build(SMALL)
    block = network.layer1[1]
    block.dropout = nn.Dropout()
    block.order = (*block.order, "dropout")
    assert complaints(network) == ("layer1.1.dropout ran and was not foretold",)


def test_an_op_that_is_missing():
    network = build(SMALL)
    block = network.layer2[0]
    block.order = tuple(name for name in block.order if name != "relu1")
    assert complaints(network) == ("layer2.0.relu1 was foretold and did not run",)


def test_ops_in_another_order():
    network = build(SMALL)
    block = network.layer1[0]
    conv1, bn1, relu1, *rest = block.order
    block.order = (conv1, relu1, bn1, *rest)
    assert complaints(network) == ("the ops ran in another order than foretold",)


def test_the_same_shapes_with_other_parameters():
    network = build(SMALL)
    network.layer1[0].conv1 = nn.Conv2d(4, 4, 3, padding=1, bias=True)
    params = blueprint(SMALL, 16).params
    assert complaints(network) == (f"the network holds {params + 4:,} parameters, not {params:,}",)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((3, 16, 16), "(N, C, H, W) is needed"),
        ((1, 4, 16, 16), "x has 4 channels; the network takes 3"),
        ((1, 3, 1, 1), "image_size=1 must be"),
    ],
)
def test_images_that_cannot_be_traced(shape, words):
    with pytest.raises(ValueError) as caught:
        trace(build(SMALL), torch.zeros(shape))
    assert words in str(caught.value)


@pytest.mark.skipif(best_device().id == "cpu", reason="no accelerator")
@pytest.mark.parametrize("name", ["resnet50", "preact_resnet50", "resnet110"])
def test_an_accelerator_agrees(name):
    entry, device = PRESETS[name], best_device().id
    found = trace(build(entry.spec, device), image(entry.spec, entry.image_size).to(device))
    assert found.agrees, found.mismatches
    assert found.device == device
    assert 0 < found.seconds < 10
