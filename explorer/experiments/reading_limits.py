"""How often batch norm's memory names the right reading: networks trained for it, each read in
all ways.

    python -m explorer.experiments.reading_limits

Small networks learn CIFAR-10 for a few hundred steps, each with one choice that its file cannot
say: where a stride sits, where zeros are, what is done to pixels. Then the app's own pictures go
through every reading, and it is counted how often the nearest is the right one, how often nothing
is decided, and how often it is wrong. The counts are kept beside this file and shown on the page.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import torch
from torch.nn import functional

from explorer.architecture import NetworkSpec
from explorer.experiments import cifar10, readings
from explorer.experiments.images import decode
from explorer.experiments.preprocess import CIFAR
from explorer.experiments.readings import VALUES, Values
from explorer.experiments.samples import samples
from explorer.networks import ResNet, build
from explorer.networks.recognise import readings as ways
from explorer.networks.weights import load

RESULTS: Final = Path(__file__).parent / "reading_limits.json"
_STEPS: Final = 120
_BATCH: Final = 32
_PICTURES: Final = 4_000
_BASIC: Final = NetworkSpec(
    "basic", (2, 2, 2), (8, 16, 32), stem="cifar", shortcut="padding", num_classes=10
)
_BOTTLENECK: Final = NetworkSpec("bottleneck", (2, 2, 2), (4, 8, 16), stem="cifar", num_classes=10)
_CASES: Final[dict[str, tuple[NetworkSpec, str]]] = {
    "stride on the 3x3": (_BOTTLENECK, "cifar10"),
    "stride on the 1x1": (replace(_BOTTLENECK, stride_on="1x1"), "cifar10"),
    "zeros after": (_BASIC, "cifar10"),
    "zeros on both sides": (replace(_BASIC, zero_padding="both"), "cifar10"),
    "plain": (replace(_BASIC, shortcut="none"), "cifar10"),
    "average pool": (replace(_BASIC, avg_down=True), "cifar10"),
    "imagenet": (_BASIC, "imagenet"),
    "half": (_BASIC, "half"),
    "none": (_BASIC, "none"),
    "bgr": (_BASIC, "cifar10_bgr"),
}


@cache
def results() -> dict[str, Any]:
    """What was measured: {"networks": n, "readings": {case: {"right", "undecided", "wrong"}},
    "values": ...}."""
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def trained(spec: NetworkSpec, values: Values, seed: int, photographs: cifar10.Split) -> ResNet:
    """A network after a short training on photographs, in eval mode."""
    network = build(spec, seed=seed).train()
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.SGD(
        network.parameters(), 0.1, momentum=0.9, weight_decay=5e-4, nesterov=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.1, total_steps=_STEPS)
    for _ in range(_STEPS):
        chosen = torch.randint(0, len(photographs.labels), (_BATCH,), generator=generator)
        images = cifar10.augment(photographs.images[chosen], generator).float() / 255
        logits = network(readings.normalised(images, values))
        loss = functional.cross_entropy(logits, photographs.labels[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.eval()


def judge(network: ResNet, spec: NetworkSpec, values: str) -> tuple[str, str]:
    """Whether the reading and the values that the app would name are "right", "undecided" or
    "wrong"."""
    pictures = [decode(one.data, one.name).image for one in samples().values()]
    batch = readings.raw(pictures, CIFAR, spec.in_channels)
    named = readings.weigh_values(network, batch, VALUES)
    state = network.state_dict()
    some = ways(spec)
    networks = {str(i): (lambda one=one: load(one.spec, state)) for i, one in enumerate(some)}
    ranked = readings.weigh_readings(networks, readings.normalised(batch, VALUES[values]))
    return _verdict(ranked, "0", readings.CLEAR), _verdict(named, values, readings.CLEAR_VALUES)


def _verdict(ranked: tuple[readings.Weighed, ...], right: str, clear: float) -> str:
    near = readings.undecided(ranked, clear)
    if right not in near:
        return "wrong"
    return "right" if len(near) == 1 else "undecided"


def main(seeds: int = 1) -> None:
    """Train and judge all cases, and keep the counts."""
    torch.set_num_threads(1)
    photographs = cifar10.load(train=True, limit=_PICTURES)
    found: dict[str, Any] = {"steps": _STEPS, "networks": 0, "readings": {}, "values": {}}
    for seed in range(seeds):
        for case, (spec, values) in _CASES.items():
            network = trained(spec, VALUES[values], seed, photographs)
            reading, numbers = judge(network, spec, values)
            for what, verdict in (("readings", reading), ("values", numbers)):
                counts = found[what].setdefault(case, {"right": 0, "undecided": 0, "wrong": 0})
                counts[verdict] += 1
            print(seed, case, reading, numbers, flush=True)
            found["networks"] += 1
            RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
