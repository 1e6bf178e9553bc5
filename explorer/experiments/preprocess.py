"""A picture -> the tensor a network was trained to see, step by step."""

from dataclasses import dataclass, replace
from functools import lru_cache
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from explorer.experiments import cifar10
from explorer.experiments.images import PictureError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Shorter side to `resize`, centre `crop`, values to 0..1, then (x - mean) / std.

    `bgr`: the network takes blue first; mean and std are in its order.
    """

    resize: int
    crop: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    bgr: bool = False

    def at(self, crop: int) -> "Preprocessing":
        """The same framing for another crop size, in pixels."""
        return replace(self, crop=crop, resize=round(self.resize * crop / self.crop))

    def without_normalisation(self) -> "Preprocessing":
        """The classic mistake: values stay between 0 and 1."""
        return replace(self, mean=(0.0,) * len(self.mean), std=(1.0,) * len(self.std))


IMAGENET = Preprocessing(256, 224, IMAGENET_MEAN, IMAGENET_STD)
CIFAR = Preprocessing(32, 32, cifar10.MEAN, cifar10.STD)


@dataclass(frozen=True)
class Prepared:
    """Every step as it came out: two pictures and the tensor (1, C, H, H) on the CPU."""

    resized: Image.Image
    cropped: Image.Image
    tensor: Tensor
    seconds: float


def prepare(image: Image.Image, recipe: Preprocessing, channels: int = 3) -> Prepared:
    """Resize, crop, scale and normalise as torchvision's classification transforms do.

    Args:
        image: RGB.
        recipe: what the weights ask for.
        channels: of the network; 1 turns the picture grey first.

    Raises:
        PictureError: the network takes neither 3 nor 1 channels.
    """
    if channels not in (1, 3):
        raise PictureError("pictures", "channels", channels=channels)
    begun = perf_counter()
    if channels == 1:
        image = image.convert("L")
    resized = _resize(image, recipe.resize)
    cropped = _centre_crop(resized, recipe.crop)
    values = np.asarray(cropped).reshape(recipe.crop, recipe.crop, channels)
    planes = values.transpose(2, 0, 1)[::-1] if recipe.bgr else values.transpose(2, 0, 1)
    mean, std = _statistics(recipe.mean, recipe.std, channels)
    # Put in order while a value is one byte: a quarter of what it takes with floats. Not by torch,
    # which wakes its threads for each of these steps: on a busy machine they come late, and where
    # another engine answers they are in its way.
    ordered = np.ascontiguousarray(planes).astype(np.float32)  # (C, H, H)
    ordered /= np.float32(255)
    ordered -= mean
    ordered /= std
    tensor = torch.from_numpy(ordered)[None]
    return Prepared(resized, cropped, tensor, perf_counter() - begun)


def normalised_picture(tensor: Tensor) -> Image.Image:
    """Normalised values (1, C, H, H) made visible: their smallest is black, their largest white."""
    values = tensor[0].permute(1, 2, 0).numpy()
    low, high = values.min(), values.max()
    scaled = ((values - low) / (high - low if high > low else 1) * 255).astype(np.uint8)
    return Image.fromarray(scaled.squeeze())


def statistics(recipe: Preprocessing, channels: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per channel, (C, 1, 1); a grey picture has those of the three."""
    mean, std = _statistics(recipe.mean, recipe.std, channels)
    return torch.from_numpy(mean.copy()), torch.from_numpy(std.copy())


@lru_cache(maxsize=64)
def _statistics(
    mean: tuple[float, ...], std: tuple[float, ...], channels: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """As `statistics`; nobody may write into these."""
    found = torch.tensor(mean), torch.tensor(std)
    if channels == 1:
        found = found[0].mean(0, keepdim=True), found[1].mean(0, keepdim=True)
    return found[0].view(-1, 1, 1).numpy(), found[1].view(-1, 1, 1).numpy()


def _resize(image: Image.Image, shorter: int) -> Image.Image:
    width, height = image.size
    if width <= height:
        size = (shorter, int(shorter * height / width))
    else:
        size = (int(shorter * width / height), shorter)
    return image if size == image.size else image.resize(size, Image.Resampling.BILINEAR)


def _centre_crop(image: Image.Image, crop: int) -> Image.Image:
    left, top = (round((side - crop) / 2) for side in image.size)
    return image.crop((left, top, left + crop, top + crop))
