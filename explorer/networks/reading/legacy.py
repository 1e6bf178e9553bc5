"""Files as torch.save wrote them before version 1.6, and plain pickles."""

import io
from typing import Any, Final

from explorer.networks.reading.calls import Bounds
from explorer.networks.reading.inert import Reader
from explorer.networks.reading.tensors import Damaged, Storage, storage_type

MAGIC: Final = 0x1950A86A20F9469CFC6C
_SIZE: Final = 8


class Storages:
    """The storages that a pickle of torch.save names, each once."""

    def __init__(self) -> None:
        self.found: dict[str, Storage] = {}

    def persistent(self, saved: Any) -> Any:
        """Of ("storage", type, key, location, size): the storage, still without its numbers.

        Raises:
            Damaged: it is something else.
        """
        if (
            not isinstance(saved, tuple)
            or len(saved) < 5
            or saved[0] not in ("storage", b"storage")
        ):
            raise Damaged
        kind = storage_type(getattr(saved[1], "name", ""))
        if kind is None:
            raise Damaged
        return self.found.setdefault(str(saved[2]), Storage(kind[0], odd=kind[1]))


def read_legacy(file: io.BytesIO, data: memoryview, budget: int) -> tuple[Any, dict[str, int]]:
    """The object of a file of the old format, or of a plain pickle, and the names it asks for.

    Raises:
        Damaged, ValueError, LookupError: it is none, or cut short.
    """
    storages = Storages()
    reader = Reader(storages.persistent, Bounds(budget, _nested))
    first = reader.read(file)
    if first != MAGIC:
        return first, reader.named
    for _ in range(2):  # the version, and the system that wrote it
        reader.read(file)
    found = reader.read(file)
    keys = reader.read(file)
    if not isinstance(keys, list):
        raise Damaged
    place = file.tell()
    for key in keys:
        size = int.from_bytes(data[place : place + _SIZE], "little")
        storage = storages.found.get(str(key))
        width = storage.dtype.itemsize if storage else 1
        place += _SIZE
        if len(data) < place + size * width:
            raise Damaged(cut=True)
        if storage is not None:
            storage.data = data[place : place + size * width]
        place += size * width
    return found, reader.named


def _nested(data: bytes, budget: int) -> Any:
    return read_legacy(io.BytesIO(data), memoryview(bytearray(data)), budget)[0]
