"""Compute loss surfaces of networks on board: python -m explorer.experiments.compute_surfaces.

    python -m explorer.experiments.compute_surfaces resnet20 --weights FOLDER --data FOLDER

reads NETWORK.safetensors and NETWORK.json (the card of its training) in the folder of weights, and
writes NETWORK.surface.json beside them. Every row of the grid is kept when it is done: started
again, it goes on.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from explorer.architecture import preset
from explorer.experiments import cifar10
from explorer.experiments.loss_surface import direction, losses
from explorer.experiments.surface import line, rounded
from explorer.experiments.train_embedded.recipe import learnt_from
from explorer.networks.weights import load, read_state

PICTURES, SIDE, REACH, SEEDS = 500, 31, 1.0, (1, 2)


def pictures_of(recipe: dict[str, Any], train_set: cifar10.Split) -> tuple[Tensor, Tensor]:
    """The 500 training pictures, as a network reads them, neither cropped nor flipped; labels."""
    chosen = learnt_from(len(train_set.labels), recipe["seed"])[:PICTURES]
    return cifar10.normalise(train_set.images[chosen]), train_set.labels[chosen]


def compute(
    name: str, folder: Path, train_set: cifar10.Split, side: int = SIDE, bfloat16: bool = True
) -> dict[str, Any]:
    """Compute what is missing, row by row; returns the card, and writes it."""
    figures = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    images, labels = pictures_of(figures["recipe"], train_set)
    path = folder / f"{name}.safetensors"
    network = load(preset(name), read_state(path, path.name)).eval()
    card = {
        "network": name,
        "reach": REACH,
        "pictures": len(labels),
        "seeds": SEEDS,
        "bfloat16": bfloat16,
        "torch": torch.__version__.split("+")[0],
    }
    part = folder / f"{name}.surface.part"
    rows = _begun(part, card | {"side": side})
    directions = [direction(network, seed) for seed in SEEDS]
    for up in line(side, REACH)[len(rows) :]:
        places: Sequence[Sequence[float]] = [(right, up) for right in line(side, REACH)]
        found = losses(network, directions, places, images, labels, bfloat16)
        rows.append([rounded(loss) for loss in found])
        part.write_text(json.dumps({"card": card | {"side": side}, "rows": rows}))
        print(f"\r{name}: {len(rows)} of {side} rows", end="", flush=True)
    card["rows"] = rows
    text = json.dumps(card, indent=1)
    for row in rows:
        text = text.replace(json.dumps(row, indent=1).replace("\n", "\n  "), json.dumps(row))
    (folder / f"{name}.surface.json").write_text(text + "\n", encoding="utf-8")
    part.unlink(missing_ok=True)
    print()
    return card


def _begun(part: Path, card: dict[str, Any]) -> list[list[float | None]]:
    """The rows that an earlier start has computed; none where it computed something else."""
    if not part.is_file():
        return []
    kept = json.loads(part.read_text())
    rows: list[list[float | None]] = kept["rows"]
    return rows if kept["card"] == json.loads(json.dumps(card)) else []


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", nargs="+", help="presets, such as resnet20 plain20")
    parser.add_argument("--weights", type=Path, required=True, help="folder with their weights")
    parser.add_argument("--data", type=Path, required=True, help="folder with train.parquet")
    parser.add_argument("--float32", action="store_true", help="twice as slow")
    options = parser.parse_args(arguments)
    train_set = cifar10.from_parquet(options.data / "train.parquet")
    for name in options.networks:
        compute(name, options.weights, train_set, bfloat16=not options.float32)


if __name__ == "__main__":
    main(sys.argv[1:])
