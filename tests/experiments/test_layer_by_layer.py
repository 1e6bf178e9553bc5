"""Batch norm's memory, each layer by itself, and what it decides that whole networks do not."""

from dataclasses import replace
from math import hypot

import pytest
import torch
from torch import nn
from torch.nn import functional

from explorer.architecture import NetworkSpec, preset
from explorer.experiments import layer_by_layer, other_programs, readings, weighing
from explorer.experiments.embedded import cards
from explorer.experiments.images import decode
from explorer.experiments.preprocess import CIFAR
from explorer.experiments.samples import samples
from explorer.networks import build
from explorer.networks.recognise import recognise
from explorer.networks.resnet import ResNet
from explorer.networks.weights import load
from tests.networks.test_recognise import saved

BOTTLENECKS = NetworkSpec("bottleneck", (1, 1, 1), (8, 16, 32), stem="cifar", num_classes=10)


def photographs() -> list:
    return [decode(one.data, one.name).image for one in samples().values()]


def batch(size: int = 32) -> torch.Tensor:
    raw = readings.raw(photographs(), CIFAR.at(size), 3)
    return readings.normalised(raw, readings.VALUES["cifar10"])


def lived_in(network: ResNet, pictures: torch.Tensor) -> ResNet:
    """With statistics of these pictures, and scales and shifts as after some training."""
    torch.manual_seed(3)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0, 0.2)
            layer.momentum = None
    with torch.no_grad():
        network.train()(pictures)
    return network.eval()


def test_the_distances_by_hand() -> None:
    path = cards()["resnet20"].path
    network = load(preset("resnet20"), recognise(path, path.name).tensors)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    told = layer_by_layer.remembered(network, batch(), layers=2)
    norm, block = network.bn1, network.layer1[0]
    with torch.inference_mode():
        first = network.conv1(batch())
        # The next layer is fed with what training would have fed it.
        second = block.conv1(functional.relu(functional.batch_norm(
            first, None, None, norm.weight, norm.bias, training=True, eps=norm.eps
        )))  # fmt: skip
        for index, (layer, out) in enumerate(((norm, first), (block.bn1, second))):
            heard = layer.weight.abs() > 0.01 * layer.weight.abs().max()
            stored = (layer.running_var + layer.eps).sqrt()
            away = ((out.mean((0, 2, 3)) - layer.running_mean) / stored)[heard]
            variance = out.var((0, 2, 3), correction=0)
            wide = ((variance + layer.eps).sqrt() / stored)[heard].log()
            assert told.distances[index] == pytest.approx(
                float(away.square().mean().sqrt()), abs=1e-4
            )
            assert told.spreads[index] == pytest.approx(
                float(wide.square().mean().sqrt()), abs=1e-4
            )
    assert told.paths == ("bn1", "layer1.0.bn1") and told.values == (12 * 32 * 32,) * 2
    assert all(bool((value == before[key]).all()) for key, value in network.state_dict().items())
    assert not network.training


@pytest.mark.parametrize("place", ["3x3", "1x1"])
def test_where_the_stride_of_a_bottleneck_sits_is_decided(place) -> None:
    """Of other photographs than those that its statistics are of."""
    spec = replace(BOTTLENECKS, stride_on=place)
    network = lived_in(build(spec, seed=4), batch()[::2])
    found = recognise(saved(network.state_dict()), "file.pth")
    verdict = weighing.weigh(
        found, lambda one: load(one.spec, found.tensors_of(one)), photographs()[1::2]
    )
    assert weighing.best_reading(found, verdict).spec.stride_on == place


def test_what_whole_networks_decide_is_not_weighed_again() -> None:
    path = cards()["resnet20"].path
    found = recognise(path, path.name)
    network = {str(at): lambda one=one: load(one.spec, found.tensors_of(one))
               for at, one in enumerate(found.readings)}  # fmt: skip
    ranked = readings.weigh_readings(network, batch())
    closer = layer_by_layer.closer(network, ranked, batch())
    assert {one.name for one in closer} == set(readings.undecided(ranked))
    assert layer_by_layer.closer(network, ranked[:1], batch()) == ()
    assert layer_by_layer.near(ranked[:1], ()) == (ranked[0].name,)


def test_only_layers_at_which_readings_differ_count() -> None:
    network = lived_in(build(BOTTLENECKS, seed=4), batch()[::2])
    state = network.state_dict()
    made = {place: lambda place=place: load(replace(BOTTLENECKS, stride_on=place), state)
            for place in ("3x3", "1x1")}  # fmt: skip
    ranked = layer_by_layer.weigh(made, batch())
    # The stem, the first stage and the projections behind it are the same in both.
    assert ranked[0].found.paths[0] == "layer2.0.bn1"
    assert not {"bn1", "layer1.0.bn1", "layer2.0.downsample.1"} & set(ranked[0].found.paths)
    whole = layer_by_layer.remembered(made[ranked[0].name](), batch())
    at = whole.paths.index("layer2.0.bn2")
    assert ranked[0].found.distances[ranked[0].found.paths.index("layer2.0.bn2")] == (
        pytest.approx(hypot(whole.distances[at], whole.spreads[at]))
    )


@pytest.mark.parametrize("same", [True, False])
def test_a_large_stem_at_small_pictures_is_told_with_its_padding(same: bool) -> None:
    """TensorFlow's padding moves a 7x7 and a pool, too, and most where pictures are small: the
    size is told in spite of it, and then the padding."""
    spec = replace(preset("resnet18"), widths=(16, 32, 64, 128), num_classes=10)
    network = build(spec, seed=2)
    network = other_programs.with_same(network) if same else network
    lived_in(network, batch())
    state = {key.replace(".inner.", "."): value for key, value in network.state_dict().items()}
    found = recognise(saved(state), "file.pth")
    verdict = weighing.weigh(
        found, lambda one: load(one.spec, found.tensors_of(one)), photographs()
    )
    assert verdict.side == 32
    assert other_programs.told(verdict.others) == ("same" if same else None)


def test_where_nothing_remembers_pixels_what_hangs_on_them_is_counted() -> None:
    spec = replace(preset("resnet20"), norm="group")
    network = build(spec, seed=5)
    with torch.no_grad():
        network.fc.weight.mul_(30)
    found = recognise(saved(network.state_dict()), "file.pth")
    verdict = weighing.weigh(found, lambda _: network, photographs())
    assert not verdict.readings and not verdict.values and verdict.pictures == 12
    counts = dict(verdict.otherwise)
    assert set(counts) == set(readings.VALUES) - {"cifar10"}
    raw = readings.raw(photographs(), CIFAR, 3)
    with torch.inference_mode():
        usual, other = (
            network((raw - torch.tensor(values[0]).view(3, 1, 1))
                    / torch.tensor(values[1]).view(3, 1, 1)).argmax(1)
            for values in (readings.VALUES["cifar10"], readings.VALUES["half"])
        )  # fmt: skip
    assert counts["half"] == int((usual != other).sum())
    assert max(counts.values()) > 0
