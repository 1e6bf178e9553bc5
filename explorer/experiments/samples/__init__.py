"""Pictures to try a network on, each with its author, licence and source."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture. `cifar10` is the class it belongs to, or empty if to none of the ten."""

    name: str
    shows: str
    cifar10: str
    author: str
    licence: str
    source: str

    @property
    def path(self) -> Path:
        return _FOLDER / f"{self.name}.jpg"

    @property
    def data(self) -> bytes:
        """The JPEG file."""
        return self.path.read_bytes()


@cache
def samples() -> dict[str, Sample]:
    """Name -> sample, in the order of SOURCES.toml."""
    entries = tomllib.loads((_FOLDER / "SOURCES.toml").read_text(encoding="utf-8"))["sample"]
    return {entry["name"]: Sample(**entry) for entry in entries}
