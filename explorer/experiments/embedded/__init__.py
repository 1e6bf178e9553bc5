"""The small networks that the app carries, trained by explorer.experiments.train_embedded.

Beside this file lie those that name pictures; in `depth`, where they are on board, the four of the
paper's central figure, plain and residual, 20 and 56 layers, trained alike.
"""

import csv
import json
from dataclasses import dataclass
from functools import cache
from math import isnan, nan
from pathlib import Path
from typing import Any, Final

from explorer.experiments.surface import Surface

FOLDER = Path(__file__).parent
FOUR: Final = ("plain20", "plain56", "resnet20", "resnet56")


@dataclass(frozen=True)
class ModelCard:
    """What is known of one embedded network: its figures (JSON) and training curves (CSV).

    `curves` maps a column name to its values, one per row; NaN where it was not measured.
    """

    preset: str
    figures: dict[str, Any]
    curves: dict[str, list[float]]
    folder: Path = FOLDER

    @property
    def path(self) -> Path:
        """Its weights, a safetensors file."""
        return self.folder / f"{self.preset}.safetensors"

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

    @property
    def recipe(self) -> dict[str, Any]:
        """How it was trained: the fields of `EmbeddedRecipe` of train_embedded/recipe.py."""
        found: dict[str, Any] = self.figures["recipe"]
        return found

    def curve(self, column: str) -> list[tuple[float, float]]:
        """(epoch, value) where the column was measured."""
        pairs = zip(self.curves["epoch"], self.curves[column], strict=True)
        return [(epoch, value) for epoch, value in pairs if not isnan(value)]

    @property
    def training_loss(self) -> float:
        """Mean loss over the last row of its curve: an epoch, or the last part of one."""
        return self.curve("training_loss")[-1][1]


@cache
def cards() -> dict[str, ModelCard]:
    """Preset name -> card of every network that is carried, residual ones first."""
    names = sorted(path.stem for path in FOLDER.glob("*.safetensors"))
    names.sort(key=lambda name: name.startswith("plain"))
    return {name: _card(name, FOLDER) for name in names}


@cache
def depth_cards() -> dict[str, ModelCard]:
    """Preset name -> card of the networks that were trained alike to be held against each other.

    The four of the paper's central figure where all of them are on board; else, of the networks
    that name pictures, those with the recipe that most have, plain ones first.
    """
    depth = FOLDER / "depth"
    if all((depth / f"{name}.json").is_file() for name in FOUR):
        return {name: _card(name, depth) for name in FOUR}
    recipes = [json.dumps(card.recipe, sort_keys=True) for card in cards().values()]
    common = max(recipes, key=recipes.count, default="")
    alike = [name for name, recipe in zip(cards(), recipes, strict=True) if recipe == common]
    return {name: cards()[name] for name in sorted(alike)}


def trained() -> dict[str, ModelCard]:
    """Preset name -> card of every network whose trained weights are on board.

    Those of `cards`, and of `depth_cards` those that none of them is: a network that is in both
    answers with the weights of its longer training.
    """
    more = {name: card for name, card in depth_cards().items() if name not in cards()}
    return cards() | {name: card for name, card in more.items() if _is_there(card.path)}


@cache
def _is_there(weights: Path) -> bool:
    """Asked in every run of some pages; what is on board stays."""
    return weights.is_file()


def surface_cards() -> dict[str, ModelCard]:
    """Cards of the networks whose loss surface is shown.

    Those of `depth_cards` that have one beside them; where none has, those of `cards` that have.
    """
    for these in (depth_cards(), dict(sorted(cards().items()))):
        found = {name: card for name, card in these.items() if _surface(card).is_file()}
        if found:
            return found
    return {}


def _surface(card: ModelCard) -> Path:
    return card.folder / f"{card.preset}.surface.json"


@cache
def surfaces() -> dict[str, Surface]:
    """Preset name -> the loss surface of each of `surface_cards`."""
    found = {}
    for name, card in surface_cards().items():
        path = _surface(card)
        kept = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(tuple(row) for row in kept["rows"])
        seeds = tuple(kept["seeds"])
        found[name] = Surface(name, kept["reach"], kept["pictures"], seeds, rows, kept["bfloat16"])
    return found


def default_network() -> str:
    """The one to answer where nobody has chosen: ResNet-20 if it is carried.

    Raises:
        StopIteration: none is carried.
    """
    return next(name for name in ("resnet20", *cards()) if name in cards())


def _card(preset: str, folder: Path) -> ModelCard:
    figures = json.loads((folder / f"{preset}.json").read_text(encoding="utf-8"))
    with (folder / f"{preset}.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = rows[0].keys() if rows else ()
    curves = {name: [_number(row[name]) for row in rows] for name in columns}
    return ModelCard(preset, figures, curves, folder)


def _number(cell: str) -> float:
    return float(cell) if cell else nan
