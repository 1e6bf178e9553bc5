"""The closed form of what training keeps, byte by byte against autograd's own hooks."""

import pytest
import torch

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.architecture.training_memory import (
    FLOAT,
    Setting,
    kept,
    largest_batch,
    memory,
    recomputed_macs,
    saved,
)
from explorer.experiments.training_memory import measure
from tests.experiments.test_origin import FAMILIES

SPECS = FAMILIES | {
    "bottleneck, pre": NetworkSpec(
        "bottleneck", (1, 2), (8, 8), activation_order="pre", norm_on_projection=False
    ),
    "option C": NetworkSpec("basic", (2, 1), (8, 8), stem="cifar", shortcut="projection-always"),
    "plain, pre": NetworkSpec(
        "basic", (2, 1), (8, 12), stem="cifar", activation_order="pre", shortcut="none"
    ),
}


@pytest.mark.parametrize("checkpointing", ["none", "blocks"])
@pytest.mark.parametrize("precision", ["float32", "mixed"])
@pytest.mark.parametrize("family", SPECS)
def test_bytes_by_unique_storage_equal_the_formula(family, precision, checkpointing):
    spec, batch = SPECS[family], 3
    setting = Setting(batch, precision=precision, checkpointing=checkpointing)
    found = measure(spec, 32, batch, precision, checkpointing)
    assert found.saved == saved(blueprint(spec, 32), setting)
    assert torch.isfinite(torch.tensor(found.loss))


@pytest.mark.parametrize("name", ["resnet18", "resnet20", "preact_resnet18", "plain20"])
def test_named_networks(name):
    chosen = PRESETS[name]
    size = 64 if chosen.image_size == 224 else 32
    assert measure(chosen.spec, size, 2).saved == saved(blueprint(chosen.spec, size), Setting(2))


@pytest.mark.parametrize("name", PRESETS)
def test_parts_add_up_and_more_is_more(name):
    bp = blueprint(PRESETS[name].spec, PRESETS[name].image_size)
    one = memory(bp, Setting(8))
    assert one.total == sum(one.parts.values())
    assert one.gradients == FLOAT * bp.params and one.optimiser == one.gradients
    assert memory(bp, Setting(8, "adam")).optimiser == 2 * one.gradients
    assert memory(bp, Setting(8, "sgd")).optimiser == 0
    assert memory(bp, Setting(16)).activations > 1.9 * one.activations
    half = memory(bp, Setting(8, precision="mixed"))
    assert half.activations < one.activations and half.halves > 0 == one.halves
    less = memory(bp, Setting(8, checkpointing="blocks"))
    assert less.total < one.total and less.recomputed > 0
    assert 0 < recomputed_macs(bp) < bp.macs


@pytest.mark.parametrize("checkpointing", ["none", "blocks"])
@pytest.mark.parametrize("gigabytes", [8, 80])
def test_the_largest_batch_fits_and_one_more_does_not(gigabytes, checkpointing):
    bp, there = blueprint(preset("resnet50"), 224), gigabytes * 2**30
    batch = largest_batch(bp, Setting(1, "adam", "mixed", checkpointing), there)
    assert memory(bp, Setting(batch, "adam", "mixed", checkpointing)).total <= there
    assert memory(bp, Setting(batch + 1, "adam", "mixed", checkpointing)).total > there


def test_nothing_fits_into_nothing():
    assert largest_batch(blueprint(preset("resnet50"), 224), Setting(1), 10**6) == 0


def test_each_tensor_is_kept_once():
    bp = blueprint(preset("resnet50"), 224)
    tensors = [path for entry in kept(bp) for path in entry.tensors]
    assert len(tensors) == len(set(tensors))
    by_op = {entry.op.name: entry for entry in kept(bp) if entry.op.path.startswith("layer2.1.")}
    # Its input is what the block before handed on, and kept by that block's last ReLU.
    assert by_op["conv1"].tensors == () and by_op["conv1"].shared == ("layer2.0.relu3",)
    assert by_op["bn1"].tensors == ("layer2.1.conv1",)
    assert by_op["relu1"].tensors == ("layer2.1.relu1",)
    assert by_op["conv2"].tensors == () and by_op["add"].tensors == ()


def test_by_hand():
    """The smallest post-activation network, counted on paper: 8 channels, 4 x 4 pixels."""
    spec = NetworkSpec("basic", (1,), (8,), stem="cifar", num_classes=5)
    values = 3 * 16 + (
        2 * 8 * 16  # conv1's output for bn1, relu's for itself
        + 3 * 8 * 16  # conv1, relu1 and conv2 of the block
        + 8 * 16  # relu2, of which the average pool keeps nothing
        + 8  # the pooled features for the classifier
    )
    batch = 2
    norms = 3 * 2 * 8
    loss = batch * (5 * 4 + 8) + 4
    assert saved(blueprint(spec, 4), Setting(batch)) == 4 * (batch * values + norms) + loss
