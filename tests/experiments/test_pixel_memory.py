"""What was done to CIFAR's pixels, told from the first layer of networks that learnt on them."""

import pytest
import torch
from torch.nn import functional

from explorer.architecture import preset
from explorer.experiments import cifar10, pixel_memory
from explorer.experiments.embedded import cards
from explorer.experiments.readings import RARE, VALUES, Values
from explorer.networks import build
from explorer.networks.resnet import ResNet
from explorer.networks.weights import load, read_state

FAR_AT_BORDERS = ("none_bgr", "bytes_bgr")
"""What `trained_with` leaves at a picture's border is too far off for believing in blue first."""
OWN: Values = (cifar10.MEAN, cifar10.STD, False)


def on_board(name: str = "resnet20") -> ResNet:
    path = cards()[name].path
    return load(preset(name), read_state(path, path.name))


def trained_with(network: ResNet, values: Values) -> ResNet:
    """The same function of raw pixels (borders aside), as if these values had been used."""
    mean, std = (torch.tensor(one).view(1, 3, 1, 1) for one in values[:2])
    here, spread = (torch.tensor(one).view(1, 3, 1, 1) for one in OWN[:2])
    if values[2]:
        mean, std = mean.flip(1), std.flip(1)
    with torch.no_grad():
        weight = network.conv1.weight * std / spread
        # (x - here) / spread = ((x - mean) / std) * std / spread + (mean - here) / spread
        shift = (network.conv1.weight * (mean - here) / spread).sum((1, 2, 3))
        network.bn1.running_mean -= shift  # type: ignore[operator]
        network.conv1.weight.copy_(weight.flip(1) if values[2] else weight)
    return network


@pytest.mark.parametrize("name", sorted(cards()))
@pytest.mark.parametrize("way", [way for way in (*VALUES, *RARE) if way not in FAR_AT_BORDERS])
def test_each_way_is_told_from_all_others(name: str, way: str) -> None:
    ways = VALUES | RARE
    ranked = pixel_memory.weigh_values(trained_with(on_board(name), ways[way]), ways)
    assert ranked[0].name == way
    # Clearly, but for those that differ in the order of colours alone.
    colours = {way, f"{way}_bgr", way.removesuffix("_bgr")}
    others = [one for one in ranked if one.name not in colours]
    assert ranked[0].distance < pixel_memory.CLEAR * others[0].distance


@pytest.mark.parametrize("way", FAR_AT_BORDERS)
def test_pictures_as_opencv_reads_them_are_told(way: str) -> None:
    """By a first layer whose norm stored what these pixels leave, to 2 %."""
    network, ways = on_board(), VALUES | RARE
    seen = pixel_memory.moments()["black"]
    mean, variance = pixel_memory.expected(network.conv1.weight, ways[way], seen)
    with torch.no_grad():
        network.bn1.running_mean.copy_(mean + 0.02 * variance.sqrt())  # type: ignore[operator]
        network.bn1.running_var.copy_(variance * 1.02)  # type: ignore[operator]
    ranked = pixel_memory.weigh_values(network, ways)
    assert ranked[0].name == way
    assert ranked[0].distance < pixel_memory.CLEAR * ranked[1].distance


def test_blue_first_is_not_believed_from_afar() -> None:
    """As of pictures that were standardised one by one, which this app does not do: it would be
    wrong by more than the colours' order."""
    network = trained_with(on_board(), VALUES["imagenet_bgr"])
    near = pixel_memory.weigh_values(network, VALUES)
    assert near[0].name == "imagenet_bgr"
    with torch.no_grad():
        network.bn1.running_var *= 1.2  # type: ignore[operator]
    far = pixel_memory.weigh_values(network, VALUES)
    assert not any(VALUES[one.name][2] for one in far)


@pytest.mark.parametrize("borders", ("whole", "grey"))
def test_expected_moments_are_those_of_a_forward_pass(borders: str) -> None:
    """Moments of any pictures, then a convolution over the same pictures, zeros outside."""
    draw = torch.Generator().manual_seed(0)
    images, inside = torch.rand(7, 3, 32, 32, generator=draw), torch.ones(7, 1, 32, 32)
    if borders == "grey":
        inside[:, :, :3] = 0
    weight = torch.randn(5, 3, 3, 3, generator=draw)
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in OWN[:2])
    out = functional.conv2d((images - mean) / std * inside, weight, padding=1)
    told, variance = pixel_memory.expected(weight, OWN, pixel_memory.measure(images, inside))
    torch.testing.assert_close(told.float(), out.mean((0, 2, 3)), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(
        variance.float(), out.var((0, 2, 3), correction=0), rtol=1e-3, atol=1e-4
    )


def test_the_kept_moments_are_those_of_colour_pictures() -> None:
    centre = {"red": 4, "green": 13, "blue": 22}  # of each colour's nine taps
    # Padded by 4, a picture moved by 0 to 8 pixels loses 20/9 of 32 rows, and as many columns.
    black = 1 - (1 - 20 / 9 / 32) ** 2
    for name, kept in pixel_memory.moments().items():
        covariance = kept.second - torch.outer(kept.mean, kept.mean)
        assert float(torch.linalg.eigvalsh(covariance).min()) > -1e-5
        lost = 0 if name == "whole" else black
        inside = float(kept.mean[31])
        assert inside == pytest.approx(1 - black if name == "grey" else 1, abs=0.003)
        for place, mean, std in zip(centre.values(), cifar10.MEAN, cifar10.STD, strict=True):
            wanted = (1 - lost) * mean
            assert float(kept.mean[place]) == pytest.approx(wanted, rel=0.02)
            spread = ((1 - lost) * (std**2 + mean**2) - wanted**2) ** 0.5
            assert float(covariance[place, place].sqrt()) == pytest.approx(spread, rel=0.03)


def test_pixels_that_were_not_cifars_are_not_told() -> None:
    network = on_board()
    with torch.no_grad():
        network.bn1.running_var *= torch.logspace(-1, 1, 16)  # type: ignore[operator]
    assert pixel_memory.weigh_values(network, VALUES) == ()
    assert pixel_memory.weigh_values(build(preset("resnet18")), VALUES) == ()
    assert pixel_memory.weigh_values(build(preset("resnet20")), VALUES) == ()
