"""What kind of file it is, told by its first bytes and never by its name; and what it holds."""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any, Final

import torch

from explorer.networks import pickles
from explorer.networks.reading.calls import Bounds
from explorer.networks.reading.inert import Reader
from explorer.networks.reading.legacy import Storages, read_legacy
from explorer.networks.reading.tensors import Damaged, Storage, View

UNFOLDED: Final = 2
"""An archive may hold so many bytes for each of its own: weights compress by a tenth."""
_SAFE_TYPES: Final = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}
_TEXT: Final = 3
"""Bytes that may come of text, for each of the file: numbers in a pickle are turned twice."""
_MOST_HEADER: Final = 100_000_000
_PARTS: Final = (b"[", b"{", b",")
_MOST_PARTS: Final = 40 * pickles.MAX_TENSORS
"""Of a header: Python makes an object of each, and a tensor has some ten."""
_ENTRY: Final = b"PK\x01\x02"
_MOST_ENTRIES: Final = 4 * pickles.MAX_TENSORS
_UNFOLDED_IN_PARTS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of the others, a few kilobytes can become gigabytes before any of them can be counted."""
_OTHERS: Final = (
    (b"version https://git-lfs", "pointer"),
    (b"\x89HDF\r\n\x1a\n", "keras"),
    (b"\x1f\x8b", "packed"),
    (b"7z\xbc\xaf", "packed"),
    (b"Rar!", "packed"),
    (b"\xfd7zXZ", "packed"),
    (b"BZh", "packed"),
    (b"\x12\x01\x00\x00\x00\x00\x00\x00", "mxnet"),
    (b"\x93NUMPY", "one array"),
)


class NotWeights(Exception):
    """A file of another kind; `title` is a heading of weights.md."""

    def __init__(self, title: str, **values: Any) -> None:
        super().__init__(title)
        self.title, self.values = title, values


@dataclass(frozen=True, eq=False)
class Contents:
    """What a file holds: `root` is the object saved, `asked` the names it would have looked up,
    `kind` one of "torch", "torchscript", "legacy", "safetensors"."""

    root: Any
    kind: str
    asked: dict[str, int]


def contents(data: bytes | bytearray) -> Contents:
    """Read a file of any form that weights come in.

    Raises:
        NotWeights: it is of another kind, damaged, or asks for more than it holds.
        pickles.TooMuch, pickles.NoStateDict: see pickles.check_pickle.
    """
    title = _another_kind(data)
    if title is not None:
        raise NotWeights(title)
    safe = len(data) > 8 and data[8:9] == b"{" and int.from_bytes(data[:8], "little") < _MOST_HEADER
    try:
        if safe:
            return _safetensors(memoryview(bytearray(data)))
        file = io.BytesIO(data)
        archive = zipfile.is_zipfile(file)
        if not archive and data[:4] == b"PK\x03\x04":
            raise NotWeights("cut short")
        if archive:
            # Looked at before Python makes an object of each entry.
            if data.count(_ENTRY) > _MOST_ENTRIES:
                raise pickles.TooMuch
            return _archive(file, len(data))
        root, asked = read_legacy(data, _TEXT * len(data))
        return Contents(root, "legacy", asked)
    except (NotWeights, pickles.TooMuch, pickles.NoStateDict):
        raise
    except Damaged as problem:
        cut = "cut short" if problem.cut else "damaged"
        raise NotWeights("damaged safetensors" if safe else cut) from None
    except Exception:  # whatever a reader stumbles over, the file is the reason
        raise NotWeights("damaged safetensors" if safe else "damaged") from None


def _another_kind(data: bytes | bytearray) -> str | None:
    if not data:
        return "empty"
    start = bytes(data[:512]).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "page"
    for magic, title in _OTHERS:
        if data.startswith(magic):
            return title
    if bytes(data[257:262]) == b"ustar":
        return "packed"
    return None


def _archive(file: io.BytesIO, size: int) -> Contents:
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        # Of torch's archives only the code of TorchScript is compressed, and that is not read.
        needed = [entry for entry in entries if _is_read(entry.filename)]
        if any(entry.compress_type not in _UNFOLDED_IN_PARTS for entry in needed):
            raise NotWeights("compressed otherwise")
        if sum(entry.file_size for entry in needed) > UNFOLDED * size:
            raise NotWeights("compressed")
        main = next((one for one in needed if one.filename.endswith("data.pkl")), None)
        if main is None:
            raise NotWeights(_archive_of_another_kind(archive))
        folder = main.filename.removesuffix("data.pkl")
        inside = {entry.filename: entry for entry in needed}
        order = inside.get(f"{folder}byteorder")
        if order is not None and _unfolded(archive, order).strip() != b"little":
            raise NotWeights("byte order")
        bounds, instructions = Bounds(_TEXT * size), _unfolded(archive, main)
        pickles.check_pickle(io.BytesIO(instructions), bounds.spent)
        storages = Storages()
        reader = Reader(storages.persistent, bounds)
        root = reader.read(io.BytesIO(instructions))
        for key, storage in storages.found.items():
            entry = inside.get(f"{folder}data/{key}") or inside.get(f"{folder}tensors/{key}")
            if entry is None:
                raise Damaged(cut=True)
            # Read again or not, each entry is read once, into memory that torch may keep.
            storage.data = memoryview(bytearray(_unfolded(archive, entry)))
        script = any(entry.filename.startswith(f"{folder}code/") for entry in entries)
        return Contents(root, "torchscript" if script else "torch", reader.named)


def _unfolded(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """An entry's bytes: no more of them than its head says, which was added up before."""
    with archive.open(entry) as opened:
        data = opened.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise Damaged(cut=True)
    return data


def _is_read(name: str) -> bool:
    return name.endswith((".pkl", "byteorder")) or "/data/" in name or "/tensors/" in name


def _archive_of_another_kind(archive: zipfile.ZipFile) -> str:
    names = archive.namelist()
    if any(name.endswith(".npy") for name in names):
        return "numpy archive"
    if any(name.endswith((".keras", "config.json", ".weights.h5")) for name in names):
        return "keras"
    weights = (".pth", ".pt", ".safetensors", ".bin", ".ckpt", ".th", ".tar", ".pkl")
    return "packed" if any(name.lower().endswith(weights) for name in names) else "another archive"


def _safetensors(data: memoryview) -> Contents:
    """Eight bytes of length, a table in JSON, and the numbers."""
    length = int.from_bytes(data[:8], "little")
    if 8 + length > len(data):
        raise Damaged(cut=True)
    text = bytes(data[8 : 8 + length])
    if text.count(b'"dtype"') > pickles.MAX_TENSORS or sum(map(text.count, _PARTS)) > _MOST_PARTS:
        raise pickles.TooMuch
    table = json.loads(text)
    table.pop("__metadata__", None)
    body, found = data[8 + length :], {}
    for key, entry in table.items():
        start, end = entry["data_offsets"]
        kind = _SAFE_TYPES.get(entry["dtype"])
        shape = tuple(entry["shape"])
        if kind is None or type(start) is not int or not 0 <= start <= end <= len(body):
            raise Damaged
        steps, step = [], 1
        for size in reversed(shape):
            if type(size) is not int or size < 0:
                raise Damaged
            steps.append(step)
            step *= size
        if step * kind.itemsize != end - start:
            raise Damaged
        found[key] = View(Storage(kind, body[start:end]), 0, shape, tuple(reversed(steps)), kind)
    return Contents(found, "safetensors", {})
