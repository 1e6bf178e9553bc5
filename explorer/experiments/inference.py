"""One picture through one network: what it answers, how surely, and where the time went."""

from collections.abc import Container
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter

import torch
from torch import Tensor

from explorer.networks import ResNet
from explorer.networks.devices import synchronise
from explorer.networks.engines import Engine


@dataclass(frozen=True, slots=True)
class Guess:
    """One class with its probability (softmax; a sigmoid of a single output) and logit."""

    index: int
    name: str
    probability: float
    logit: float


@dataclass(frozen=True)
class Prediction:
    """The logits of one image, (K,), on the CPU, and the seconds of the forward pass.

    `engine` is what answered, one of explorer.networks.engines.ENGINES; "eager" is the network
    itself.
    """

    logits: Tensor
    classes: tuple[str, ...]
    seconds: float
    engine: str = "eager"
    probabilities: Tensor = field(init=False)

    def __post_init__(self) -> None:
        # Softmax over one output would always be sure.
        exact = self.logits.double()
        shares = exact.sigmoid() if len(exact) == 1 else exact.softmax(0)
        object.__setattr__(self, "probabilities", shares)

    @property
    def finite(self) -> bool:
        """False if the network overflowed on the way, as deep untrained ones may."""
        return bool(self.logits.isfinite().all())

    @cached_property
    def best(self) -> Guess:
        return self.top(1)[0]

    @property
    def margin(self) -> float:
        """Probability of the first class less that of the second; 1.0 if there is only one."""
        first = self.top(2)
        return first[0].probability - first[1].probability if len(first) > 1 else 1.0

    def top(self, count: int = 5) -> list[Guess]:
        """The likeliest classes, likeliest first."""
        order = self.logits.argsort(descending=True, stable=True)[:count].tolist()
        return [self.guess(index) for index in order]

    def guess(self, index: int) -> Guess:
        """What is said of the class of this index."""
        return Guess(
            index,
            self.classes[index],
            float(self.probabilities[index]),
            float(self.logits[index]),
        )


def predict(
    network: ResNet,
    x: Tensor,
    classes: tuple[str, ...],
    skip: Container[str] = (),
    engine: Engine | None = None,
) -> Prediction:
    """Run x, (1, C, H, H), through the network on the network's own device.

    The network is not changed: many threads may predict with one network at once.

    Args:
        network: in eval mode.
        x: a preprocessed image.
        classes: a name per output of the network.
        skip: blocks to run without their main branch, see ResNet.walk.
        engine: answers in the network's place, and must be made of it; it skips nothing.

    Raises:
        ValueError: the number of names is not the number of outputs, or `skip` names a plain
            block that changes the shape.
    """
    if len(classes) != network.fc.out_features:
        raise ValueError(f"{len(classes)} class names for {network.fc.out_features} outputs")
    assert engine is None or not skip
    device = network.fc.weight.device
    begun = perf_counter()
    with torch.inference_mode():
        logits = network(x.to(device), skip) if engine is None else engine(x)
        synchronise(device)
    seconds = perf_counter() - begun
    by = "eager" if engine is None else engine.id
    return Prediction(logits[0].float().cpu().clone(), classes, seconds, by)
