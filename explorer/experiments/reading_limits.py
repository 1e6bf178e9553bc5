"""How often batch norm's memory tells a wrong reading from the right one, on networks whose right
one is known: those on board.

    python -m explorer.experiments.reading_limits

Each network goes through DRAWS draws of PICTURES of the app's own pictures, read rightly and in
each wrong way: it is counted how often the wrong way is clearly further away. The counts are kept
beside this file and shown where the method is explained. Where the stride of a bottleneck sits is
counted by explorer.experiments.stride_limits: no network with bottlenecks is on board.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Final

import torch

from explorer.architecture import PRESETS, NetworkSpec
from explorer.experiments import layer_by_layer, readings
from explorer.experiments.embedded import cards
from explorer.experiments.images import decode
from explorer.experiments.preprocess import CIFAR
from explorer.experiments.readings import VALUES, Weighed
from explorer.experiments.samples import samples
from explorer.networks.recognise import readings as ways
from explorer.networks.weights import load, read_state

RESULTS: Final = Path(__file__).parent / "reading_limits.json"
DRAWS: Final = 10
PICTURES: Final = 6
ANOTHER_EPS: Final = 1e-3
"""What TensorFlow programs add to the variance, where torch adds 1e-5."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A wrong way of a network: `what` is "reading" or "values", and in how many of the draws it
    was told from the right one, or even came out nearer."""

    network: str
    what: str
    way: str
    told: int
    nearer: int
    draws: int


@cache
def limits() -> tuple[Limit, ...]:
    """What was measured; empty if nothing was."""
    if not RESULTS.is_file():
        return ()
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))
    return tuple(Limit(**row) for row in rows)


def measure(preset: str, draws: int = DRAWS) -> list[Limit]:
    """The limits of one network on board."""
    spec, path = PRESETS[preset].spec, cards()[preset].path
    state = read_state(path, path.name)
    right = load(spec, state)
    some = [one.spec for one in ways(spec) if one.spec.stem == spec.stem and not one.twin]
    # No file holds eps either; it is no reading of its own, since it changes next to nothing.
    some.append(replace(spec, norm_eps=ANOTHER_EPS))
    networks = {_way(one): partial(load, one, state) for one in some}
    own = _way(spec)
    pictures = [decode(one.data, one.name).image for one in samples().values()]
    whole = readings.raw(pictures, CIFAR, spec.in_channels)
    counts: dict[tuple[str, str], list[int]] = {}
    for draw in range(draws):
        chosen = random.Random(draw).sample(range(len(pictures)), PICTURES)
        batch = whole[torch.tensor(chosen)]
        prepared = readings.normalised(batch, VALUES["cifar10"])
        ranked = readings.weigh_readings(networks, prepared)
        closer = layer_by_layer.closer(networks, ranked, prepared)
        near = layer_by_layer.near(ranked, closer)
        _count(counts, "reading", distances(ranked, closer), near, own)
        values = readings.weigh_values(right, batch, VALUES)
        near = readings.undecided(values, readings.CLEAR_VALUES)
        _count(counts, "values", distances(values), near, "cifar10")
    return [
        Limit(preset, what, way, told, nearer, draws)
        for (what, way), (told, nearer) in counts.items()
    ]


def _way(spec: NetworkSpec) -> str:
    """An entry of the labels [reading_way]."""
    if spec.norm_eps == ANOTHER_EPS:
        return "eps"
    if spec.shortcut == "none":
        return "plain"
    return f"{spec.zero_padding}_pooled" if spec.avg_down else spec.zero_padding


def distances(ranked: Sequence[Weighed], closer: Sequence[Weighed] = ()) -> dict[str, float]:
    """Name -> distance; of those that were weighed layer by layer, that instead, since they are
    compared with one another by it and nearer than the rest."""
    return {one.name: one.distance for one in (*ranked, *closer)}


def _count(
    counts: dict[tuple[str, str], list[int]],
    what: str,
    found: Mapping[str, float],
    near: Sequence[str],
    right: str,
) -> None:
    for name, distance in found.items():
        if name == right:
            continue
        row = counts.setdefault((what, name), [0, 0])
        row[0] += right in near and name not in near
        row[1] += distance < found[right]


def main() -> None:
    """Measure all networks on board and keep the counts."""
    found = [limit for preset in cards() for limit in measure(preset)]
    rows = [{name: getattr(one, name) for name in Limit.__slots__} for one in found]
    before = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else []
    rows += [row for row in before if row["network"] not in cards()]
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    for one in found:
        print(one)


if __name__ == "__main__":
    main()
