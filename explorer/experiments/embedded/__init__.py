"""The small networks that the app carries, trained by explorer.experiments.train_embedded."""

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Card:
    """What is known of one embedded network: its figures (JSON) and training curves (CSV).

    `curves` maps a column name to its value per epoch.
    """

    preset: str
    figures: dict[str, Any]
    curves: dict[str, list[float]]

    @property
    def path(self) -> Path:
        """Its weights, a safetensors file."""
        return FOLDER / f"{self.preset}.safetensors"

    @property
    def test_accuracy(self) -> float:
        """Share of CIFAR-10's 10,000 test images, read from JPEG, that it names rightly."""
        return float(self.figures["test_accuracy"])

    @property
    def after_deleting(self) -> dict[str, float | None]:
        """Block path -> that accuracy with the block's main branch off; None: it cannot be."""
        found: dict[str, float | None] = self.figures["after_deleting"]
        return found


@cache
def cards() -> dict[str, Card]:
    """Preset name -> card of every network that is carried, residual ones first."""
    names = sorted(path.stem for path in FOLDER.glob("*.safetensors"))
    names.sort(key=lambda name: name.startswith("plain"))
    return {name: _card(name) for name in names}


def default_network() -> str:
    """The one to answer where nobody has chosen: ResNet-20 if it is carried.

    Raises:
        StopIteration: none is carried.
    """
    return next(name for name in ("resnet20", *cards()) if name in cards())


def _card(preset: str) -> Card:
    figures = json.loads((FOLDER / f"{preset}.json").read_text(encoding="utf-8"))
    with (FOLDER / f"{preset}.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = rows[0].keys() if rows else ()
    return Card(preset, figures, {name: [float(row[name]) for row in rows] for name in columns})
