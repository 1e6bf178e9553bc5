"""torchvision's trained weights: which there are, where they lie, how they were tested."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

from explorer.architecture import TORCHVISION


@dataclass(frozen=True, slots=True)
class PublishedWeights:
    """One file of weights. Accuracies are per cent on ImageNet's validation set, one crop."""

    name: str
    url: str
    bytes: int
    top1: float
    top5: float
    resize: int
    crop: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def path(self) -> Path:
        """Where torch.hub keeps it on this machine, downloaded or not."""
        return cache_folder() / self.url.rsplit("/", 1)[-1]

    @property
    def sha256_prefix(self) -> str:
        """The first digits of the file's SHA-256, which its name carries."""
        return self.path.stem.rsplit("-", 1)[-1]


def cache_folder() -> Path:
    """The folder that torch.hub and torchvision keep downloaded weights in."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def files_there(suffixes: tuple[str, ...]) -> list[Path]:
    """The files in `cache_folder()` that end so: no folders, pipes or links that lead nowhere."""
    try:
        found = [path for path in cache_folder().iterdir() if path.suffix.lower() in suffixes]
        return sorted(path for path in found if path.is_file())
    except OSError:  # the folder need not exist, nor be ours to read
        return []


@lru_cache(maxsize=16)
def published_weights(preset: str) -> tuple[PublishedWeights, ...]:
    """torchvision's weights for a preset, newest last; none if it has no such network."""
    if preset not in TORCHVISION:
        return ()
    from explorer.networks.torchvision_import import torchvision

    found = []
    for entry in torchvision.models.get_model_weights(preset):
        transforms = entry.transforms()
        accuracy = entry.meta["_metrics"]["ImageNet-1K"]
        found.append(
            PublishedWeights(
                entry.name.removeprefix("IMAGENET1K_"),
                entry.url,
                round(entry.meta["_file_size"] * 2**20),
                accuracy["acc@1"],
                accuracy["acc@5"],
                transforms.resize_size[0],
                transforms.crop_size[0],
                tuple(transforms.mean),
                tuple(transforms.std),
            )
        )
    return tuple(found)


@lru_cache(maxsize=1)
def imagenet_classes() -> tuple[str, ...]:
    """The 1,000 class names in the order of the outputs, as torchvision names them."""
    from explorer.networks.torchvision_import import torchvision

    weights = torchvision.models.get_model_weights("resnet18").IMAGENET1K_V1
    return tuple(weights.meta["categories"])


def is_intact(path: Path, sha256_prefix: str) -> bool:
    """Whether the file exists and its SHA-256 begins as its name says."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest().startswith(sha256_prefix)
    except OSError:
        return False
