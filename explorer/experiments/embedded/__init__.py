"""The small networks that the app carries, trained by explorer.experiments.train_embedded."""

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class ModelCard:
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

    @property
    def extremes(self) -> tuple[tuple[str, float], ...]:
        """(path, accuracy left) of the block whose deletion costs most, of the second, and of
        the one whose deletion costs least."""
        left = [(path, value) for path, value in self.after_deleting.items() if value is not None]
        worst, second, *_, least = sorted(left, key=lambda pair: pair[1])
        return worst, second, least


@cache
def cards() -> dict[str, ModelCard]:
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


def _card(preset: str) -> ModelCard:
    figures = json.loads((FOLDER / f"{preset}.json").read_text(encoding="utf-8"))
    with (FOLDER / f"{preset}.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = rows[0].keys() if rows else ()
    return ModelCard(
        preset, figures, {name: [float(row[name]) for row in rows] for name in columns}
    )
