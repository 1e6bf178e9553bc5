"""Files as torch.save wrote them before version 1.6, and plain pickles."""

import io
from typing import Any, Final

from explorer.networks import pickles
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
        """Of ("storage", type, key, location, size): the storage, still without its numbers; of
        ("module", class, file, source), as whole models had it: the class's name.

        Raises:
            Damaged: it is something else.
        """
        if isinstance(saved, tuple) and len(saved) == 4 and saved[0] in ("module", b"module"):
            return saved[1]
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


def read_legacy(data: bytes | bytearray, budget: int) -> tuple[Any, dict[str, int]]:
    """The object of a file of the old format, or of a plain pickle, and the names it asks for.

    Raises:
        Damaged, ValueError, LookupError: it is none, or cut short.
        pickles.TooMuch, pickles.NoStateDict: see pickles.check_pickle.
    """
    return _read(data, Bounds(budget, _read_nested))


def _read(whole: bytes | bytearray, bounds: Bounds) -> tuple[Any, dict[str, int]]:
    file, data = io.BytesIO(whole), memoryview(bytearray(whole))
    storages = Storages()
    reader = Reader(storages.persistent, bounds)

    def following() -> Any:
        start = file.tell()
        pickles.check_pickle(file, bounds.spent)
        file.seek(start)
        return reader.read(file)

    first = following()
    if first != MAGIC:
        return first, reader.named
    for _ in range(2):  # the version, and the system that wrote it
        following()
    found = following()
    keys = following()
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


def _read_nested(data: bytes, bounds: Bounds) -> Any:
    return _read(data, bounds)[0]
