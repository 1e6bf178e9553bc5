"""Batch norm in whole networks: layers at work, two modes, scaling and folding."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from explorer.architecture import NetworkSpec, blueprint, preset
from explorer.experiments.batch_norm import network as on_network
from explorer.experiments.batch_norm.layer import STEPS, channel_steps, layer_at_work
from explorer.experiments.batch_norm.plan import foldable
from explorer.experiments.batch_norm.twins import (
    batch,
    batch_of,
    norms,
    on_batch_statistics,
    twin,
)
from explorer.networks import build
from tests.strategies import specs_and_sizes

SMALL = NetworkSpec("basic", (1, 1), (8, 16), stem="cifar", num_classes=5)
BOTTLENECK = replace(SMALL, block="bottleneck")
PRE = replace(SMALL, activation_order="pre", norm_on_projection=False)
PLAIN = replace(SMALL, shortcut="none")


def state(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def unchanged(network, before):
    return all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


@pytest.fixture
def images():
    return torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("spec", [SMALL, BOTTLENECK, PRE, PLAIN])
def test_every_layer_is_its_closed_form(spec, images):
    network = on_batch_statistics(build(spec))
    bp = blueprint(spec, 16)
    layers = [op for op in bp.ops if op.kind == "batch_norm"]
    assert [op.path for op in layers] and set(norms(network)) == {op.path for op in layers}
    for op in layers:
        found = layer_at_work(network, images, op)
        assert found.x.shape == (4, *op.in_shape)
        assert found.finite and found.difference < 1e-4
        statistics = found.statistics
        assert statistics.mean_after == pytest.approx(statistics.beta, abs=1e-4)
        expected = statistics.gamma**2 * statistics.variance / (statistics.variance + found.eps)
        assert statistics.variance_after == pytest.approx(expected, rel=1e-3)


@settings(max_examples=25)
@given(specs_and_sizes(), st.data())
def test_any_network(pair, data):
    spec, size = pair
    layers = [op for op in blueprint(spec, size).ops if op.kind == "batch_norm"]
    if not layers:
        assert norms(build(spec)) == {}
        return
    op = data.draw(st.sampled_from(layers))
    images = batch(spec, size, 2)
    found = layer_at_work(on_batch_statistics(build(spec)), images, op)
    assert found.x.shape == (2, *op.in_shape)


def test_the_network_it_came_from_stays_as_it_was(images):
    network = build(SMALL)
    before = state(network)
    pair = foldable(blueprint(SMALL, 16))[0]
    on_network.in_two_batches(network, images, images.flip(0))
    on_network.scale_convolution(network, images, "layer1.0.conv1")
    on_network.fold_pair(network, pair)
    layer_at_work(on_batch_statistics(network), images, pair[1])
    assert unchanged(network, before)
    assert not network.training
    assert all(layer.momentum == 0.1 for layer in norms(network).values())


def test_twins_share_weights_and_nothing_else():
    network = build(SMALL)
    other = twin(network)
    assert other.conv1.weight.data_ptr() == network.conv1.weight.data_ptr()
    other.bn1.running_mean += 1
    assert network.bn1.running_mean.abs().max() == 0


def test_batch_statistics_are_those_of_train_mode(images):
    network = build(SMALL)
    shared = on_batch_statistics(network)
    with torch.no_grad():
        assert torch.allclose(shared(images), twin(network).train()(images), atol=1e-6)
        again = state(shared)
        shared(images * 2 + 1)
    assert unchanged(shared, again)


def test_four_steps_of_a_channel(images):
    network = on_batch_statistics(build(SMALL))
    op = next(op for op in blueprint(SMALL, 16).ops if op.path == "bn1")
    layer = layer_at_work(network, images, op)
    found = channel_steps(layer, 3, gamma=2.0, beta=-1.0)
    assert [step.name for step in found.histograms] == list(STEPS)
    assert found.difference < 1e-5
    assert all(step.counts.sum() == 4 * 16 * 16 for step in found.histograms)
    before, centred, normalised, scaled = found.histograms
    assert before.mean == pytest.approx(layer.statistics.mean[3], abs=1e-6)
    assert (centred.mean, normalised.mean) == pytest.approx((0, 0), abs=1e-6)
    assert centred.variance == pytest.approx(before.variance)
    assert normalised.variance == pytest.approx(1, abs=1e-3)
    assert (scaled.mean, scaled.variance) == pytest.approx((-1, 4), abs=1e-2)
    own = channel_steps(layer, 3)
    assert (own.gamma, own.beta) == (1, 0)


def test_a_channel_of_equal_values():
    network = on_batch_statistics(build(SMALL))
    op = next(op for op in blueprint(SMALL, 16).ops if op.path == "bn1")
    layer = layer_at_work(network, torch.zeros(2, 3, 16, 16), op)
    found = channel_steps(layer, 0, beta=0.5)
    assert found.histograms[0].counts.sum() == 512
    assert (found.histograms[3].mean, found.histograms[3].variance) == (0.5, 0)


def test_a_path_that_is_no_batch_norm_is_refused(images):
    op = blueprint(SMALL, 16).ops[0]
    with pytest.raises(ValueError, match="not a batch norm"):
        layer_at_work(on_batch_statistics(build(SMALL)), images, op)


@pytest.mark.parametrize("trained", [False, True])
def test_the_batch_matters_in_train_mode_only(images, trained):
    other = torch.cat([images[:1], images[1:] * 2 + 1])
    found = on_network.in_two_batches(build(SMALL), images, other, trained)
    assert found.train_difference > 0.01
    assert found.eval_difference < 1e-4


def test_a_trained_network_keeps_its_statistics(images):
    network = build(SMALL)
    with torch.no_grad():
        network.train()(images)
    network.eval()
    found = on_network.in_two_batches(network, images, images, trained=True)
    with torch.no_grad():
        assert torch.allclose(found.evaluated[0], network(images)[0], atol=1e-5)


def test_without_batch_norm_the_mode_changes_nothing(images):
    network = build(replace(SMALL, norm="none"))
    found = on_network.in_two_batches(network, images, images * 3)
    again = torch.cat([images[:1], images[1:] * 2])
    found = on_network.in_two_batches(network, images, again)
    assert max(found.train_difference, found.eval_difference) < 1e-4


@pytest.mark.parametrize("spec", [SMALL, BOTTLENECK, PLAIN])
def test_scaling_matters_in_eval_mode_only(spec, images):
    found = on_network.scale_convolution(build(spec), images, "layer2.0.conv1")
    assert found.in_train < 1e-3
    assert found.in_eval > 10 * found.in_train + 0.01


def test_the_ledgers_scaling():
    """ResNet-18 with 10 classes, 16 images of 64x64: 9.2 in eval mode, 4e-6 in train mode."""
    spec = replace(preset("resnet18"), num_classes=10)
    images = torch.randn(16, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    found = on_network.scale_convolution(build(spec), images, "layer2.0.conv1")
    assert found.in_train < 1e-4
    assert found.in_eval > 1


def test_only_convolutions_are_scaled(images):
    with pytest.raises(ValueError, match="not a convolution"):
        on_network.scale_convolution(build(SMALL), images, "bn1")


@pytest.mark.parametrize("spec", [SMALL, BOTTLENECK, PRE, replace(SMALL, conv_bias=True)])
def test_folding(spec):
    network = build(spec)
    for pair in foldable(blueprint(spec, 16)):
        found = on_network.fold_pair(network, pair)
        assert found.largest > 0.1
        assert found.difference < 1e-4 and found.difference_torch < 1e-4


def test_folding_groups_and_strides():
    convolution = nn.Conv2d(8, 16, 3, stride=2, padding=1, groups=4, bias=False).eval()
    norm = nn.BatchNorm2d(16)
    x = torch.randn(4, 8, 9, 9, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        norm(convolution(x))
        expected = norm.eval()(convolution(x))
        assert torch.allclose(
            on_network.folded_convolution(convolution, norm)(x), expected, atol=1e-5
        )


def test_without_running_statistics_nothing_folds():
    norm = nn.BatchNorm2d(4, track_running_stats=False)
    with pytest.raises(ValueError, match="cannot be folded"):
        on_network.folded_convolution(nn.Conv2d(3, 4, 1), norm)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_batches(channels):
    spec = replace(SMALL, in_channels=channels)
    images = batch(spec, 33, 5)
    assert images.shape == (5, channels, 33, 33)
    assert torch.equal(images, batch(spec, 33, 5))
    assert not torch.equal(images, batch(spec, 33, 5, first=5))


def test_a_batch_of_own_pictures():
    pictures = [Image.new("RGB", (40, 30), "red"), Image.new("RGB", (9, 9), "blue")]
    images = batch_of(pictures, SMALL, 32)
    assert images.shape == (2, 3, 32, 32)
    assert images[0, 0].mean() > images[1, 0].mean()
