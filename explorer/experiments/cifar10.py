"""CIFAR-10 (Krizhevsky 2009) as tensors: 50,000 + 10,000 photographs of 32x32 pixels."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tarfile import TarError
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

FOLDER_VARIABLE: Final = "RESNET_EXPLORER_CIFAR10"
_BATCHES: Final = "cifar-10-batches-py"

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


@dataclass(frozen=True, slots=True)
class Archive:
    """The file that torchvision unpacks, as its author publishes it."""

    path: Path
    name: str = "CIFAR-10"
    url: str = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    bytes: int = 170_498_071
    sha256_prefix: str = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def folder() -> Path:
    """Where the pictures lie, or would be kept: $RESNET_EXPLORER_CIFAR10, or torch's cache."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(torch.hub.get_dir()) / "cifar10"


def archive() -> Archive:
    """What to download into `folder()`."""
    return Archive(folder() / "cifar-10-python.tar.gz")


def present() -> bool:
    """Whether the pictures lie in `folder()`, in any layout that `load` reads."""
    return _has_parquet() or (folder() / _BATCHES).is_dir() or archive().path.is_file()


def load(
    train: bool, limit: int | None = None, check: Callable[[], object] = lambda: None
) -> Split:
    """The split in `folder()`, or `limit` of its pictures. Never asks the internet.

    Args:
        train: the 50,000 training pictures; else the 10,000 test pictures.
        limit: how many, drawn once and for all, since a file may be sorted by class; all of
            them by default.
        check: may raise to stop the reading of a parquet file, which takes seconds.

    Raises:
        FileNotFoundError: the pictures are not there, or not as they were published.
    """
    if not present():
        raise FileNotFoundError(f"CIFAR-10 is not in {folder()}")
    if _has_parquet():
        return from_parquet(folder() / f"{'train' if train else 'test'}.parquet", limit, check)
    whole = _unpacked(train)
    chosen = _drawn(len(whole.labels), limit)
    return Split(whole.images[chosen], whole.labels[chosen])


def _drawn(count: int, limit: int | None) -> Tensor:
    """Which of `count` pictures are taken, in their order; always the same ones."""
    drawn = torch.randperm(count, generator=torch.Generator().manual_seed(0))[:limit]
    return drawn.sort().values


def _has_parquet() -> bool:
    return all((folder() / f"{name}.parquet").is_file() for name in ("train", "test"))


def _unpacked(train: bool) -> Split:
    """From torchvision's folder, which is checked file by file; unpacks the archive if need be."""
    try:
        return from_torchvision(folder(), train, download=False)
    except RuntimeError as problem:
        altered = FileNotFoundError(
            f"CIFAR-10 in {folder()} is incomplete or altered: delete it and download it again"
        )
        if not archive().path.is_file():
            raise altered from problem
    from explorer.networks.torchvision_import import torchvision

    try:
        torchvision.datasets.utils.extract_archive(str(archive().path), str(folder()))
        return from_torchvision(folder(), train, download=False)
    except (RuntimeError, OSError, TarError, EOFError) as problem:
        raise altered from problem


def augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """Pad by 4, crop at random, flip half of them: (N, 3, 32, 32) -> the same."""
    count, size, device = len(images), images.shape[-1], images.device
    padded = nn.functional.pad(images, (4, 4, 4, 4))
    shift = torch.randint(9, (2, count), generator=generator).to(device)
    flip = (torch.rand(count, generator=generator) < 0.5).to(device)
    steps = torch.arange(size, device=device)
    rows = shift[0, :, None] + steps
    columns = shift[1, :, None] + torch.where(flip[:, None], steps.flip(0), steps)
    batch = torch.arange(count, device=device)[:, None, None]
    return padded[batch, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def normalise(images: Tensor) -> Tensor:
    """Bytes (N, 3, 32, 32) -> floats with the training set's mean and deviation per channel."""
    mean = torch.tensor(MEAN, device=images.device).view(3, 1, 1)
    std = torch.tensor(STD, device=images.device).view(3, 1, 1)
    return (images.float() / 255 - mean) / std


def from_parquet(
    path: Path, limit: int | None = None, check: Callable[[], object] = lambda: None
) -> Split:
    """A split from a parquet file with the columns `image` (JPEG or PNG bytes) and `label`.

    Returns bytes (N, 3, H, W) of RGB, and the labels (N,).

    Args:
        path: the file.
        limit: how many pictures, drawn once and for all; all of them by default.
        check: called before every picture; may raise to stop the reading.

    Raises:
        FileNotFoundError: no such file.
        KeyError: it has other columns.
    """
    import pyarrow.parquet as parquet

    table = parquet.read_table(path)
    table = table.take(_drawn(len(table), limit).numpy())
    arrays = []
    for value in table.column("image"):
        check()
        arrays.append(np.asarray(Image.open(BytesIO(value.as_py())).convert("RGB")))
    images = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()
    return Split(images, torch.tensor(table.column("label").to_pylist()))


def from_torchvision(folder: Path, train: bool, download: bool) -> Split:
    """A split of the lossless original from torchvision's folder, downloaded there if wished.

    Raises:
        RuntimeError: a file is missing there, or its checksum is wrong.
    """
    from explorer.networks.torchvision_import import torchvision

    data = torchvision.datasets.CIFAR10(str(folder), train=train, download=download)
    images = torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous()
    return Split(images, torch.tensor(data.targets))
