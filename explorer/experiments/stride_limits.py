"""Whether batch norm's memory tells where the stride of a bottleneck sits: on two small networks.

    python -m explorer.experiments.stride_limits   (needs CIFAR-10; some minutes)

None of the networks on board has bottlenecks, so two are trained for this alone, alike but for the
place of the stride, on part of CIFAR-10. What is counted stands with the other limits.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor
from torch.nn import functional

from explorer.architecture import NetworkSpec
from explorer.architecture.choices import StrideOn
from explorer.experiments import cifar10, layer_by_layer, readings
from explorer.experiments.images import decode
from explorer.experiments.preprocess import CIFAR
from explorer.experiments.reading_limits import DRAWS, PICTURES, RESULTS, Limit, distances
from explorer.experiments.readings import VALUES
from explorer.experiments.samples import samples
from explorer.networks import build
from explorer.networks.weights import load

if TYPE_CHECKING:
    from explorer.networks import ResNet

SPEC: Final = NetworkSpec("bottleneck", (1, 1, 1), (8, 16, 32), stem="cifar", num_classes=10)
PLACES: Final[tuple[StrideOn, ...]] = ("3x3", "1x1")
_IMAGES, _EPOCHS, _BATCH, _RATE = 6000, 6, 128, 0.1


def train(stride_on: StrideOn) -> dict[str, Tensor]:
    """A network with the stride there, some minutes old: SGD, a cosine's rate, crops and flips."""
    split = cifar10.load(True, limit=_IMAGES)
    network = build(replace(SPEC, stride_on=stride_on), seed=3).train()
    optimiser = torch.optim.SGD(
        network.parameters(), _RATE, momentum=0.9, weight_decay=5e-4, nesterov=True
    )
    draw = torch.Generator().manual_seed(1)
    steps = len(split.images) // _BATCH
    for epoch in range(_EPOCHS):
        order = torch.randperm(len(split.images), generator=draw)
        for step in range(steps):
            share = (epoch * steps + step) / (_EPOCHS * steps)
            optimiser.param_groups[0]["lr"] = _RATE * (1 + math.cos(math.pi * share)) / 2
            batch = order[step * _BATCH : (step + 1) * _BATCH]
            images = cifar10.normalise(cifar10.augment(split.images[batch], draw))
            loss = functional.cross_entropy(network(images), split.labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return dict(network.state_dict())


def measure(stride_on: StrideOn, state: Mapping[str, Tensor]) -> Limit:
    """In how many draws the other place was told from the right one, or came out nearer."""
    networks: dict[str, Callable[[], ResNet]] = {
        place: partial(load, replace(SPEC, stride_on=place), state) for place in PLACES
    }
    pictures = [decode(one.data, one.name).image for one in samples().values()]
    whole = readings.normalised(readings.raw(pictures, CIFAR, 3), VALUES["cifar10"])
    wrong = next(place for place in PLACES if place != stride_on)
    told = nearer = 0
    for seed in range(DRAWS):
        chosen = random.Random(seed).sample(range(len(pictures)), PICTURES)
        batch = whole[torch.tensor(chosen)]
        ranked = readings.weigh_readings(networks, batch)
        closer = layer_by_layer.closer(networks, ranked, batch)
        near = layer_by_layer.near(ranked, closer)
        told += stride_on in near and wrong not in near
        found = distances(ranked, closer)
        nearer += found[wrong] < found[stride_on]
    return Limit(f"bottlenecks_{stride_on}", "reading", f"stride_{wrong}", told, nearer, DRAWS)


def keep(found: list[Limit]) -> None:
    """Put these rows behind the others' in the kept counts."""
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))
    own = {limit.network for limit in found}
    rows = [row for row in rows if row["network"] not in own]
    rows += [{name: getattr(one, name) for name in Limit.__slots__} for one in found]
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    keep([measure(place, train(place)) for place in PLACES])
