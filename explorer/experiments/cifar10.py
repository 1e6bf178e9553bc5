"""CIFAR-10 (Krizhevsky 2009) as tensors: 50,000 + 10,000 photographs of 32x32 pixels."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)


@dataclass(frozen=True, slots=True)
class Split:
    """Images as (N, 3, 32, 32) bytes, labels as (N,) class indices."""

    images: Tensor
    labels: Tensor


def normalise(images: Tensor) -> Tensor:
    """Bytes (N, 3, 32, 32) -> floats with the training set's mean and deviation per channel."""
    mean = torch.tensor(MEAN, device=images.device).view(3, 1, 1)
    std = torch.tensor(STD, device=images.device).view(3, 1, 1)
    return (images.float() / 255 - mean) / std


def from_parquet(path: Path) -> Split:
    """A split from a parquet file with the columns `image` (JPEG or PNG bytes) and `label`.

    Raises:
        FileNotFoundError: no such file.
    """
    import pyarrow.parquet as parquet

    table = parquet.read_table(path)
    pictures = (value.as_py() for value in table.column("image"))
    arrays = [np.asarray(Image.open(BytesIO(data)).convert("RGB")) for data in pictures]
    images = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()
    return Split(images, torch.tensor(table.column("label").to_pylist()))


def from_torchvision(folder: Path, train: bool) -> Split:
    """A split of the lossless original, downloaded by torchvision into `folder` if need be."""
    from explorer.networks.torchvision_import import torchvision

    data = torchvision.datasets.CIFAR10(str(folder), train=train, download=True)
    images = torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous()
    return Split(images, torch.tensor(data.targets))
