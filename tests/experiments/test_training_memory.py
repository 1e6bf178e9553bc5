"""The closed form of what training keeps, byte by byte against autograd's own hooks."""

from dataclasses import replace
from itertools import pairwise
from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from torch.nn import functional

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.architecture.saved_tensors import FLOAT, Precision, kept
from explorer.architecture.training_memory import (
    CARDS_GB,
    OPTIMISERS,
    Checkpointing,
    Setting,
    largest_batches,
    memory,
    recomputed_macs,
    saved,
)
from explorer.experiments.training_memory import measure
from explorer.networks import build
from explorer.networks.resnet import ResNet
from tests.experiments.test_origin import FAMILIES
from tests.strategies import specs_and_sizes

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


def saved_without_numbers(spec: NetworkSpec, size: int, batch: int) -> int:
    """Bytes of all distinct storages that autograd saves, on tensors that have shapes only: so the
    largest network at its own image size takes moments."""
    with torch.device("meta"):
        network = ResNet(spec).train()
    x = torch.empty(batch, spec.in_channels, size, size, device="meta")
    wanted = torch.empty(batch, dtype=torch.long, device="meta")
    own = {one.untyped_storage()._cdata for one in (*network.parameters(), *network.buffers())}
    pieces: dict[int, int] = {}
    alive = []

    def pack(tensor):
        storage = tensor.untyped_storage()
        pieces[storage._cdata] = storage.nbytes()
        alive.append((tensor.detach(), storage))
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        functional.cross_entropy(network(x), wanted)
    return sum(nbytes for address, nbytes in pieces.items() if address not in own)


def not_too_deep(spec: NetworkSpec) -> NetworkSpec:
    """The network itself; of more than a hundred blocks a stage it has forty: more are alike."""
    return replace(spec, depths=tuple(depth if depth <= 100 else 40 for depth in spec.depths))


@pytest.mark.parametrize("name", PRESETS)
def test_every_named_network_at_its_own_size(name):
    chosen = PRESETS[name]
    spec = not_too_deep(chosen.spec)
    expected = saved(blueprint(spec, chosen.image_size), Setting(32))
    assert saved_without_numbers(spec, chosen.image_size, 32) == expected


@settings(max_examples=40, deadline=None)
@given(specs_and_sizes(largest=40))
def test_any_network(drawn):
    """Of the networks that the sidebar can compose, with every field."""
    spec, size = drawn
    assert saved_without_numbers(spec, size, 3) == saved(blueprint(spec, size), Setting(3))


@pytest.mark.usefixtures("one_thread")
@settings(max_examples=12, deadline=None)
@given(specs_and_sizes(largest=24, stages=2, depth=2))
def test_any_network_in_every_setting_on_real_numbers(drawn):
    spec, size = drawn
    bp = blueprint(spec, size)
    for precision in get_args(Precision):
        for checkpointing in get_args(Checkpointing):
            setting = Setting(3, precision=precision, checkpointing=checkpointing)
            found = measure(spec, size, 3, precision, checkpointing)
            assert found.saved == saved(bp, setting), (precision, checkpointing)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", ["resnet18", "preact_resnet110", "seresnet50", "resnet50_gn"])
def test_optimisers_keep_what_is_counted(name):
    """torch's own, after a step. Adam's counters of steps lie beside the processor, not counted."""
    chosen = PRESETS[name]
    network, bp = build(chosen.spec).train(), blueprint(chosen.spec, chosen.image_size)
    made = {
        "sgd": torch.optim.SGD(network.parameters(), 0.1),
        "momentum": torch.optim.SGD(network.parameters(), 0.1, momentum=0.9),
        "adam": torch.optim.Adam(network.parameters(), 0.1),
    }
    assert set(made) == set(OPTIMISERS)
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    grads = sum(one.grad.nbytes for one in network.parameters())
    fixed = sum(one.nbytes for one in (*network.parameters(), *network.buffers()))
    for optimiser, theirs in made.items():
        theirs.step()
        kept_by_it = sum(
            value.nbytes
            for state in theirs.state.values()
            for key, value in state.items()
            if value is not None and key != "step"
        )
        ours = memory(bp, Setting(2, optimiser))
        assert (ours.optimiser, ours.gradients, ours.weights) == (kept_by_it, grads, fixed)


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
    (batch,) = largest_batches(bp, Setting(1, "adam", "mixed", checkpointing), (there,))
    assert memory(bp, Setting(batch, "adam", "mixed", checkpointing)).total <= there
    assert memory(bp, Setting(batch + 1, "adam", "mixed", checkpointing)).total > there


SETTINGS = [
    Setting(1, optimiser, precision, checkpointing, "cuda")
    for optimiser in OPTIMISERS
    for precision in get_args(Precision)
    for checkpointing in get_args(Checkpointing)
]


@pytest.mark.parametrize("name", PRESETS)
def test_the_largest_batches_of_every_named_network(name):
    """Each fits, one more does not, and more memory or less to keep is never a smaller batch."""
    bp = blueprint(not_too_deep(PRESETS[name].spec), PRESETS[name].image_size)
    sizes = [gigabytes * 2**30 for gigabytes in CARDS_GB]
    found = {}
    for setting in SETTINGS:
        batches = found[setting] = largest_batches(bp, setting, sizes)
        assert list(batches) == sorted(batches)
        for size, batch in zip(sizes, batches, strict=True):
            assert memory(bp, replace(setting, batch=batch)).total <= size or batch == 0
            assert memory(bp, replace(setting, batch=batch + 1)).total > size
    for setting, batches in found.items():
        if setting.optimiser != "sgd":
            less = replace(setting, optimiser="sgd")
            assert all(a >= b for a, b in zip(found[less], batches, strict=True))
        if setting.checkpointing == "none":
            less = replace(setting, checkpointing="blocks")
            assert all(a >= b for a, b in zip(found[less], batches, strict=True))


def test_which_block_takes_most_may_change_with_the_batch():
    """Statistics of wide norms are there once, maps of narrow ones for each image: both count."""
    spec = NetworkSpec("basic", (1, 1, 1), (150, 8, 1600), stem="cifar", num_classes=2)
    bp = blueprint(spec, 8)
    setting = Setting(1, "sgd", "mixed", "blocks")
    inside = [memory(bp, replace(setting, batch=batch)).recomputed for batch in range(1, 5)]
    assert len({after - before for before, after in pairwise(inside)}) > 1
    first = memory(bp, setting).total
    for size in range(first, first + 10**9, 10**8 // 7):
        (batch,) = largest_batches(bp, setting, (size,))
        assert memory(bp, replace(setting, batch=batch)).total <= size
        assert memory(bp, replace(setting, batch=batch + 1)).total > size


def test_nothing_fits_into_nothing():
    assert largest_batches(blueprint(preset("resnet50"), 224), Setting(1), (10**6,)) == (0,)


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


CUDA = [
    ("resnet18", 32, "float32", "none", 709_921_540),
    ("resnet18", 32, "mixed", "none", 404_156_036),
    ("resnet18", 32, "mixed", "blocks", 224_451_204),
    ("resnet50", 32, "float32", "blocks", 995_882_756),
    ("resnet50", 32, "mixed", "none", 1_451_652_740),
    ("resnet20", 128, "mixed", "blocks", 30_173_924),
    ("preact_resnet50", 32, "mixed", "none", 1_300_693_124),
    ("preact_resnet50", 32, "mixed", "blocks", 540_736_132),
    ("seresnet50", 32, "mixed", "none", 1_811_915_396),
    ("seresnet50", 32, "mixed", "blocks", 527_874_692),
    ("resnet50_gn", 32, "float32", "none", 2_749_666_564),
    ("resnet50_gn", 32, "mixed", "none", 3_438_041_220),
    ("resnet50_gn", 32, "mixed", "blocks", 990_304_388),
]
"""Measured by `measure` on an NVIDIA H200, torch 2.11 for CUDA 13.0."""


@pytest.mark.parametrize(("name", "batch", "precision", "checkpointing", "measured"), CUDA)
def test_what_was_measured_on_cuda(name, batch, precision, checkpointing, measured):
    bp = blueprint(PRESETS[name].spec, PRESETS[name].image_size)
    setting = Setting(batch, "sgd", precision, checkpointing, "cuda")
    assert saved(bp, setting) == measured


@pytest.mark.skipif(not torch.cuda.is_available(), reason="asks for CUDA")
@pytest.mark.parametrize("checkpointing", ["none", "blocks"])
@pytest.mark.parametrize("precision", ["float32", "mixed"])
@pytest.mark.parametrize("family", SPECS)
def test_cuda_keeps_what_is_counted(family, precision, checkpointing):
    spec, batch = SPECS[family], 3
    setting = Setting(batch, "sgd", precision, checkpointing, "cuda")
    found = measure(spec, 32, batch, precision, checkpointing, "cuda")
    assert found.saved == saved(blueprint(spec, 32), setting)
    assert found.peak is not None and found.peak > found.saved
