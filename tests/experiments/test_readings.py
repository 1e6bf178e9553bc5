"""Batch norm remembers: the right reading of networks on board is nearest to what they stored."""

from dataclasses import replace

import torch
from torch import nn

from explorer.architecture import preset
from explorer.experiments import readings
from explorer.experiments.embedded import cards
from explorer.experiments.images import decode
from explorer.experiments.preprocess import CIFAR, prepare
from explorer.experiments.readings import VALUES
from explorer.experiments.samples import samples
from explorer.networks import build
from explorer.networks.recognise import recognise
from explorer.networks.weights import load


def batch(count: int = 8) -> torch.Tensor:
    pictures = [decode(one.data, one.name).image for one in list(samples().values())[:count]]
    return readings.raw(pictures, CIFAR, 3)


def test_the_distance_by_hand() -> None:
    """Of what arrives at a layer, against a computation that takes its input and no shortcut."""
    path = cards()["resnet20"].path
    found = recognise(path, path.name)
    network = load(preset("resnet20"), found.tensors)
    images = readings.normalised(batch(), VALUES["cifar10"])
    with torch.inference_mode():
        arrives = network.conv1(images)
    layer = network.bn1
    assert isinstance(layer, nn.BatchNorm2d)
    assert layer.running_mean is not None and layer.running_var is not None
    away = (arrives.mean((0, 2, 3)) - layer.running_mean) / (layer.running_var + layer.eps).sqrt()
    heard = layer.weight.abs() > 0.01 * layer.weight.abs().max()
    away = away[heard]  # a channel that is scaled to nothing tells nothing
    told = readings.remembered(network, images, 1)
    assert abs(told.distances[0] - float(away.square().mean().sqrt())) < 1e-4
    assert told.paths == ("bn1",)


def test_option_a_is_told_from_zeros_on_both_sides_and_from_plain() -> None:
    path = cards()["resnet20"].path
    found = recognise(path, path.name)
    images = readings.normalised(batch(12), VALUES["cifar10"])
    some = {
        str(index): (lambda one=one: load(one.spec, found.tensors_of(one)))
        for index, one in enumerate(found.readings)
        if one.spec.stem == "cifar" and not one.twin
    }
    ranked = readings.weigh_readings(some, images)
    near = [found.readings[int(name)].spec for name in readings.undecided(ranked)]
    assert preset("resnet20") in near
    assert all(one.shortcut == "padding" and one.zero_padding == "after" for one in near)
    assert found.readings[int(readings.best(ranked, list(some)))].spec == preset("resnet20")


def test_a_forgotten_normalisation_is_told_and_the_usual_values_stay() -> None:
    path = cards()["resnet20"].path
    found = recognise(path, path.name)
    network = load(preset("resnet20"), found.tensors)
    ranked = readings.weigh_values(network, batch(12), VALUES)
    near = readings.undecided(ranked, readings.CLEAR_VALUES)
    assert "cifar10" in near and not {"none", "half", "bytes", "caffe"} & set(near)
    assert readings.best(ranked, ["cifar10", *VALUES], readings.CLEAR_VALUES) == "cifar10"


def test_raw_pictures_normalised_are_the_pages_own() -> None:
    image = decode(next(iter(samples().values())).data, "x").image
    raw = readings.raw([image], CIFAR, 3)
    torch.testing.assert_close(
        readings.normalised(raw, VALUES["cifar10"]), prepare(image, CIFAR).tensor
    )
    recipe = readings.with_values(CIFAR, VALUES["imagenet_bgr"])
    torch.testing.assert_close(
        readings.normalised(raw, VALUES["imagenet_bgr"]), prepare(image, recipe).tensor
    )


def test_untrained_networks_remember_nothing() -> None:
    assert not readings.has_memory(build(preset("resnet20")))
    path = cards()["resnet20"].path
    assert readings.has_memory(load(preset("resnet20"), recognise(path, path.name).tensors))


def test_what_is_said_of_the_limits_is_measured() -> None:
    """One network again, in fewer draws: told in all of them, or in none, as the kept counts."""
    from explorer.experiments.reading_limits import limits, measure

    kept = {(one.what, one.way): one for one in limits() if one.network == "resnet20"}
    again = measure("resnet20", draws=2)
    assert {(one.what, one.way) for one in again} == set(kept)
    for one in again:
        before = kept[one.what, one.way]
        if before.told in (0, before.draws):
            assert one.told == before.told * one.draws // before.draws


def test_limits_have_words_and_those_of_strides_are_computed_as_kept() -> None:
    """And a network whose statistics are its own pictures' is near in the right place alone."""
    from explorer.experiments import stride_limits
    from explorer.experiments.reading_limits import limits
    from explorer.networks.resnet import ResNet
    from explorer.words import label

    for row in limits():
        table = "reading_way" if row.what == "reading" else "infer_values"
        assert label(f"{table}.{row.way}")
        assert row.network in cards() or label(f"recognised_limits.{row.network}")
    kept = {one.network: one for one in limits() if one.network not in cards()}
    assert set(kept) == {f"bottlenecks_{place}" for place in stride_limits.PLACES}
    network: ResNet = build(stride_limits.SPEC, seed=1).train()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None
    images = readings.normalised(batch(12), VALUES["cifar10"])
    with torch.no_grad():
        network(images)
    state = dict(network.state_dict())
    found = stride_limits.measure("3x3", state)
    assert (found.network, found.way) == ("bottlenecks_3x3", "stride_1x1")
    assert 0 <= found.told <= found.draws and found.told + found.nearer <= found.draws
    # Of the very pictures that it saw, the figures are zero as it is, and not otherwise.
    right, wrong = (
        readings.remembered(load(replace(stride_limits.SPEC, stride_on=place), state), images)
        for place in stride_limits.PLACES
    )
    assert right.average < 0.01 < wrong.average
