"""Preprocessing against torchvision's own transforms, to the last bit."""

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.experiments import cifar10
from explorer.experiments.images import PictureError
from explorer.experiments.preprocess import (
    CIFAR,
    IMAGENET,
    Preprocessing,
    normalised_picture,
    prepare,
)
from explorer.networks.published_weights import published_weights
from explorer.networks.torchvision_import import torchvision


def noise(width: int, height: int) -> Image.Image:
    values = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


@pytest.mark.parametrize("size", [(451, 300), (300, 451), (224, 224), (1, 1), (500, 257), (33, 70)])
@pytest.mark.parametrize("name", ["V1", "V2"])
def test_equal_to_torchvision(size: tuple[int, int], name: str) -> None:
    ours = {weights.name: weights for weights in published_weights("resnet50")}[name]
    theirs = torchvision.models.ResNet50_Weights[f"IMAGENET1K_{name}"].transforms()
    image = noise(*size)
    recipe = Preprocessing(ours.resize, ours.crop, ours.mean, ours.std)
    torch.testing.assert_close(prepare(image, recipe).tensor[0], theirs(image), rtol=0, atol=1e-6)


def test_cifar_recipe_equals_the_training_script() -> None:
    image = noise(32, 32)
    bytes_ = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None]
    assert torch.equal(prepare(image, CIFAR).tensor, cifar10.normalise(bytes_))


def test_another_size_keeps_the_framing() -> None:
    assert (IMAGENET.at(112).resize, IMAGENET.at(112).crop) == (128, 112)
    assert prepare(noise(60, 40), IMAGENET.at(65)).tensor.shape == (1, 3, 65, 65)


def test_without_normalisation_values_stay_between_0_and_1() -> None:
    tensor = prepare(noise(40, 40), CIFAR.without_normalisation()).tensor
    assert 0 <= float(tensor.min()) < float(tensor.max()) <= 1


def test_grey_networks_get_grey_pictures() -> None:
    assert prepare(noise(40, 40), CIFAR, channels=1).tensor.shape == (1, 1, 32, 32)


def test_other_channel_counts_are_refused() -> None:
    with pytest.raises(PictureError, match="takes 5 channels"):
        prepare(noise(40, 40), CIFAR, channels=5)


def test_normalised_picture_spans_black_to_white() -> None:
    extremes = normalised_picture(prepare(noise(40, 40), CIFAR).tensor).getextrema()
    assert min(low for low, _ in extremes) == 0 and max(high for _, high in extremes) == 255
    flat = normalised_picture(torch.ones(1, 3, 4, 4))
    assert flat.getextrema() == ((0, 0),) * 3
