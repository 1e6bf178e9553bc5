"""What the trainings learn from: gratings that the app makes, or CIFAR-10 where it is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

from explorer.experiments import cifar10
from explorer.experiments.gratings import SIZE, gratings

Pictures = Literal["gratings", "cifar10"]
TRAIN_GRATINGS, TEST_GRATINGS, TEST_SEED = 4_096, 2_000, 9
TEST_PHOTOGRAPHS = 1_000


@dataclass(frozen=True, slots=True)
class Format:
    """What the pictures ask of a network, and the widths that are trained on them."""

    channels: int
    size: int
    widths: tuple[int, int, int]


FORMATS: dict[Pictures, Format] = {
    "gratings": Format(1, SIZE, (8, 16, 32)),
    "cifar10": Format(3, 32, (16, 32, 64)),
}


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Pictures (N, C, H, W) and labels (N,). Photographs are bytes until they are in a batch."""

    images: Tensor
    labels: Tensor

    def batch(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`count` pictures drawn at random; photographs are cropped and flipped (the paper's)."""
        chosen = torch.randint(0, len(self.labels), (count,), generator=generator)
        chosen = chosen.to(self.labels.device)
        images = self.images[chosen]
        if images.dtype == torch.uint8:
            images = cifar10.normalise(cifar10.augment(images, generator))
        return images, self.labels[chosen]


def training_data(
    pictures: Pictures, seed: int, device: str, check: Callable[[], object]
) -> TrainingData:
    """The pictures to learn from, on a device. `check` may raise to stop the reading.

    Raises:
        PhotographsError: CIFAR-10 is not on this machine.
    """
    if pictures == "gratings":
        made = gratings(TRAIN_GRATINGS, seed + 100)
        return TrainingData(made.images.to(device), made.labels.to(device))
    photographs = _photographs(check)
    return TrainingData(photographs.images.to(device), photographs.labels.to(device))


_kept: list[cifar10.Split] = []


def _photographs(check: Callable[[], object]) -> cifar10.Split:
    """Read once per process: decoding 50,000 pictures takes seconds."""
    if not _kept:
        _kept.append(cifar10.load(train=True, check=check))
    return _kept[0]


@lru_cache(maxsize=2)
def held_out_set(pictures: Pictures) -> tuple[Tensor, Tensor]:
    """Pictures that no training sees, as a network reads them (N, C, H, W), and their labels.

    2,000 gratings, or 1,000 of CIFAR-10's test images.

    Raises:
        PhotographsError: CIFAR-10 is not on this machine.
    """
    if pictures == "gratings":
        made = gratings(TEST_GRATINGS, TEST_SEED)
        return made.images, made.labels
    photographs = cifar10.load(train=False, limit=TEST_PHOTOGRAPHS)
    return cifar10.normalise(photographs.images), photographs.labels
