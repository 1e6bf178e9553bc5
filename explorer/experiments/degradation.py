"""Degradation, reproduced: plain and residual networks trained beside each other in minutes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final, Literal

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from explorer.architecture import NetworkSpec, blueprint
from explorer.experiments.deletion import each_deleted
from explorer.experiments.jobs import Reporter
from explorer.experiments.training_data import FORMATS, Pictures, held_out_set, training_data
from explorer.networks import ResNet, build, device_for
from explorer.words import FieldError, WordedError, label

BATCH = 64
REFERENCE: Final[dict[Pictures, dict[str, float]]] = {
    "gratings": {"plain20": 0.046, "plain56": 1.267, "resnet20": 0.009, "resnet56": 0.022},
    "cifar10": {"plain20": 1.77, "plain56": 2.16, "resnet20": 1.65, "resnet56": 1.76},
}
"""Final training losses of runs with these recipes: gratings, 300 steps, better of the rates 0.1
and 0.02, one seed, by an independent implementation; CIFAR-10 as JPEG, 300 steps, rate 0.1, seed 0.
"""


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """One training. `depth` is 6n+2; `shortcut` "none" makes the plain network.

    The rate warms up over 50 steps and is divided by ten for the last quarter. `device` is a
    kind of device ("cuda", "cpu") or "auto", resolved where the training runs.
    """

    depth: int
    shortcut: Literal["none", "padding", "projection"]
    pictures: Pictures = "gratings"
    batch_norm: bool = True
    rate: float = 0.1
    steps: int = 300
    seed: int = 0
    device: str = "cpu"
    name: str = ""

    def __post_init__(self) -> None:
        if self.pictures not in FORMATS:
            known = ", ".join(FORMATS)
            raise FieldError("training", "pictures", {"pictures": self.pictures}, known=known)
        if self.depth not in range(8, 111, 6):
            raise FieldError("training", "depth", {"depth": self.depth})
        if not 10 <= self.steps <= 2_000:
            raise FieldError("training", "steps", {"steps": self.steps})
        if not 0 < self.rate <= 1:
            raise FieldError("training", "rate", {"rate": self.rate})

    @property
    def title(self) -> str:
        """The network's description, after the name that its visitor gave it, if any."""
        if not self.name:
            return self.network
        return label("training.named", name=self.name, network=self.network)

    @property
    def network(self) -> str:
        """What is trained and how, without the name, in the language of whoever asks."""
        parts = [
            label("training.plain" if self.shortcut == "none" else "training.residual",
                  depth=self.depth),
            label("training.option_b") if self.shortcut == "projection" else "",
            "" if self.batch_norm else label("training.no_batch_norm"),
            "" if self.pictures == "gratings" else label(f"training.{self.pictures}"),
            label("training.rate", rate=self.rate),
            label("training.seed", seed=self.seed),
        ]  # fmt: skip
        return label("list.comma").join(filter(None, parts))

    def accepts(self, point: Mapping[str, float | None]) -> bool:
        """Whether a point of progress can be of this training; else its file was damaged."""
        step, accuracy = point.get("step"), point.get("accuracy")
        return (
            step in range(1, self.steps + 1)
            and accuracy is not None
            and 0 <= accuracy <= 1
            and "loss" in point
        )

    @property
    def image_size(self) -> int:
        """Height and width of the pictures, in pixels."""
        return FORMATS[self.pictures].size

    @property
    def spec(self) -> NetworkSpec:
        """The paper's CIFAR networks for photographs, half as wide for gratings."""
        form = FORMATS[self.pictures]
        return NetworkSpec(
            "basic",
            ((self.depth - 2) // 6,) * 3,
            form.widths,
            stem="cifar",
            shortcut=self.shortcut,
            norm="batch" if self.batch_norm else "none",
            in_channels=form.channels,
            num_classes=10,
        )


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """`train_loss` is the mean over the last 50 steps; accuracy is on fresh test images.

    `diverged` runs met a loss that is no number and stopped there. `weights` is a safetensors file.
    """

    train_loss: float
    test_accuracy: float
    diverged: bool
    seconds: float
    weights: Path


def train(recipe: TrainingRecipe, reporter: Reporter) -> TrainingResult:
    """Train one network, reporting loss and accuracy every ten steps.

    Raises:
        Cancelled: the job was told to stop.
        FieldError: this machine has no such device.
        PhotographsError: CIFAR-10 is not on this machine.
    """
    begun = perf_counter()
    device = device_for(recipe.device).id
    data = training_data(recipe.pictures, recipe.seed, device, reporter.check)
    network = build(recipe.spec, device, recipe.seed).train()
    optimiser = torch.optim.SGD(
        network.parameters(), lr=recipe.rate, momentum=0.9, weight_decay=1e-4
    )
    generator = torch.Generator().manual_seed(recipe.seed)
    losses: list[float] = []
    right = 0
    diverged = False
    for step in range(recipe.steps):
        reporter.check()
        decay = 0.1 if step > recipe.steps * 0.75 else 1.0
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * decay * min(1.0, (step + 1) / 50)
        images, labels = data.batch(BATCH, generator)
        logits = network(images)
        loss = nn.functional.cross_entropy(logits, labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        right += int((logits.argmax(1) == labels).sum())
        diverged = not torch.isfinite(loss).item()
        if (step + 1) % 10 == 0 or diverged:
            recent = losses[-10:]
            reporter.report(
                step=step + 1,
                loss=None if diverged else sum(recent) / len(recent),
                accuracy=right / (BATCH * len(recent)),
            )
            right = 0
        if diverged:
            break
    weights = reporter.made() / "weights.safetensors"
    save_file({key: value.cpu() for key, value in network.state_dict().items()}, weights)
    final = float("nan") if diverged else sum(losses[-50:]) / len(losses[-50:])
    accuracy = held_out_accuracy(network.eval(), recipe.pictures)
    return TrainingResult(final, accuracy, diverged, perf_counter() - begun, weights)


def held_out_accuracy(
    network: ResNet, pictures: Pictures = "gratings", skip: frozenset[str] = frozenset()
) -> float:
    """Share of test pictures named right, with the main branches of the blocks in `skip` off.

    Raises:
        ValueError: `skip` names a plain block that changes the shape.
        PhotographsError: CIFAR-10 is not on this machine.
    """
    images, labels = held_out_set(pictures)
    device = next(network.parameters()).device
    with torch.inference_mode():
        found = network(images.to(device), skip).argmax(1).cpu()
    return float((found == labels).float().mean())


def trained(recipe: TrainingRecipe, weights: Path) -> ResNet:
    """The network of a finished training, on the CPU in eval mode.

    Raises:
        WordedError: the weights are no longer there.
    """
    if not weights.is_file():
        raise WordedError("training", "weights gone")
    network = build(recipe.spec)
    network.load_state_dict(load_file(weights))
    return network.eval()


@dataclass(frozen=True, slots=True)
class DeletionOrder:
    """A finished training whose blocks are to be deleted, each in turn."""

    recipe: TrainingRecipe
    weights: Path

    def accepts(self, point: Mapping[str, float | None]) -> bool:
        """Whether a point of progress can be of these deletions; else its file was damaged."""
        done, blocks = point.get("done"), point.get("blocks")
        return done is not None and blocks == sum(self.recipe.spec.depths) and 0 <= done <= blocks


@dataclass(frozen=True, slots=True)
class DeletionResult:
    """Test accuracy of the `whole` network, and `after` each block's main branch is off.

    None stands for a plain block that changes the shape, which cannot be deleted.
    """

    whole: float
    after: tuple[float | None, ...]


def delete_each_block(order: DeletionOrder, reporter: Reporter) -> DeletionResult:
    """Delete one block at a time, without training again; reports `done` blocks of `blocks`.

    Raises:
        Cancelled: the job was told to stop.
        WordedError: the weights were forgotten, or CIFAR-10 is no longer on this machine.
    """
    recipe = order.recipe
    network = trained(recipe, order.weights)
    paths = [block.path for block in blueprint(recipe.spec, recipe.image_size).blocks]
    whole = held_out_accuracy(network, recipe.pictures)
    after: list[float | None] = []

    def without(path: str) -> float:
        reporter.report(done=len(after), blocks=len(paths))
        return held_out_accuracy(network, recipe.pictures, frozenset({path}))

    for _, accuracy in each_deleted(paths, without):
        after.append(accuracy)
    return DeletionResult(whole, tuple(after))
