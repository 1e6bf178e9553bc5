"""Degradation, reproduced: plain and residual networks trained beside each other in minutes."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from explorer.architecture import NetworkSpec, blueprint
from explorer.experiments.jobs import Reporter
from explorer.experiments.lesion import each_deleted
from explorer.experiments.training_data import FORMATS, Pictures, held_out_set, training_data
from explorer.networks import ResNet, build

BATCH = 64


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """One training. `depth` is 6n+2; `shortcut` "none" makes the plain network.

    The rate warms up over 50 steps and is divided by ten for the last quarter.
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
            raise ValueError(f"pictures={self.pictures!r} must be one of {', '.join(FORMATS)}")
        if self.depth not in range(8, 111, 6):
            raise ValueError(f"depth={self.depth} must be 6n+2, from 8 to 110")
        if not 10 <= self.steps <= 2_000:
            raise ValueError(f"steps={self.steps} must be from 10 to 2,000")
        if not 0 < self.rate <= 1:
            raise ValueError(f"rate={self.rate} must be above 0 and at most 1")

    @property
    def title(self) -> str:
        """The network's description, after the name that its visitor gave it, if any."""
        return f"{self.name}: {self.network}" if self.name else self.network

    @property
    def network(self) -> str:
        """What is trained and how, without the name."""
        kind = "plain" if self.shortcut == "none" else "ResNet"
        option = {"projection": ", option B"}.get(self.shortcut, "")
        bare = "" if self.batch_norm else ", no BN"
        other = "" if self.pictures == "gratings" else f", {self.pictures}"
        return f"{kind}-{self.depth}{option}{bare}{other}, rate {self.rate:g}, seed {self.seed}"

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
            batch_norm=self.batch_norm,
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
        FileNotFoundError: CIFAR-10 is not on this machine.
    """
    begun = perf_counter()
    data = training_data(recipe.pictures, recipe.seed, recipe.device, reporter.check)
    network = build(recipe.spec, recipe.device, recipe.seed).train()
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
    weights = reporter.folder / "weights.safetensors"
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
        FileNotFoundError: CIFAR-10 is not on this machine.
    """
    images, labels = held_out_set(pictures)
    device = next(network.parameters()).device
    with torch.inference_mode():
        found = network(images.to(device), skip).argmax(1).cpu()
    return float((found == labels).float().mean())


def trained(recipe: TrainingRecipe, weights: Path) -> ResNet:
    """The network of a finished training, on the CPU in eval mode."""
    network = build(recipe.spec)
    network.load_state_dict(load_file(weights))
    return network.eval()


@dataclass(frozen=True, slots=True)
class Deletion:
    """A finished training whose blocks are to be deleted, each in turn."""

    recipe: TrainingRecipe
    weights: Path


@dataclass(frozen=True, slots=True)
class DeletionResult:
    """Test accuracy of the `whole` network, and `after` each block's main branch is off.

    None stands for a plain block that changes the shape, which cannot be deleted.
    """

    whole: float
    after: tuple[float | None, ...]


def delete_each_block(order: Deletion, reporter: Reporter) -> DeletionResult:
    """Delete one block at a time, without training again; reports `done` blocks of `blocks`.

    Raises:
        Cancelled: the job was told to stop.
        FileNotFoundError: the weights were forgotten, or CIFAR-10 is no longer on this machine.
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
