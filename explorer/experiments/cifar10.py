"""CIFAR-10 (Krizhevsky 2009) as tensors: 50,000 + 10,000 photographs of 32x32 pixels."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tarfile import TarError
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from explorer.words import WordedError, listed

FOLDER_VARIABLE: Final = "RESNET_EXPLORER_CIFAR10"
_BATCHES: Final = "cifar-10-batches-py"
_PICTURES: Final = ("image", "img")
"""What the column of pictures is called."""
_DAMAGED: Final = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
SIZE: Final = 32

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
HUNDRED_MEAN = (0.5071, 0.4865, 0.4409)
HUNDRED_STD = (0.2673, 0.2564, 0.2762)
"""Of CIFAR-100's training pictures, as its usual training programs have them."""


class PhotographsError(WordedError):
    """CIFAR-10 is not here, or not as it was published; the message is for whoever reads it."""


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
        PhotographsError: the pictures are not there, or not as they were published.
    """
    if not present():
        raise PhotographsError("photographs", "not here")
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
        altered = PhotographsError("photographs", "altered")
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
    """A split from a parquet file of JPEGs or PNGs with their labels.

    The columns are `image` or `img`, bytes or (Hugging Face's layout) a struct with a field
    `bytes`, and `label`.

    Returns bytes (N, 3, 32, 32) of RGB, and the labels (N,).

    Args:
        path: the file.
        limit: how many pictures, drawn once and for all; all of them by default.
        check: called before every picture; may raise to stop the reading.

    Raises:
        PhotographsError: no such file, no parquet, other columns, or damaged pictures or labels.
    """
    import pyarrow
    import pyarrow.parquet as parquet

    def defect(title: str, **values: object) -> PhotographsError:
        return PhotographsError("photographs", title, file=path.name, **values)

    try:
        table = parquet.read_table(path)
    except FileNotFoundError:
        raise defect("no file") from None
    except (OSError, pyarrow.ArrowException):
        raise defect("no parquet") from None
    column = next((name for name in _PICTURES if name in table.column_names), None)
    if column is None or "label" not in table.column_names:
        raise defect("other columns", columns=listed(table.column_names) or "-")
    if not len(table):
        raise defect("no rows")
    table = table.take(_drawn(len(table), limit).numpy())
    arrays: list[NDArray[np.uint8]] = []
    for row, value in enumerate(table.column(column)):
        check()
        pixels = _pixels(value.as_py())
        if pixels is None:
            raise defect("no picture", row=row)
        arrays.append(pixels)
    labels = table.column("label").to_pylist()
    for row, label in enumerate(labels):
        if not isinstance(label, int) or label not in range(len(CLASSES)):
            raise defect("no label", row=row, most=len(CLASSES) - 1)
    images = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()
    return Split(images, torch.tensor(labels))


def _pixels(value: object) -> NDArray[np.uint8] | None:
    """(32, 32, 3) of a cell; None where it holds no such picture."""
    if isinstance(value, Mapping):
        value = value.get("bytes")
    if not isinstance(value, bytes):
        return None
    try:
        image = Image.open(BytesIO(value), formats=("JPEG", "PNG"))
        return np.asarray(image.convert("RGB")) if image.size == (SIZE, SIZE) else None
    except _DAMAGED:
        return None


def from_torchvision(folder: Path, train: bool, download: bool) -> Split:
    """A split of the lossless original from torchvision's folder, downloaded there if wished.

    Raises:
        RuntimeError: a file is missing there, or its checksum is wrong.
    """
    from explorer.networks.torchvision_import import torchvision

    data = torchvision.datasets.CIFAR10(str(folder), train=train, download=download)
    images = torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous()
    return Split(images, torch.tensor(data.targets))
