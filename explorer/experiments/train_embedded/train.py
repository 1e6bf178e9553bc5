"""Training epoch by epoch, from the last checkpoint on."""

from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from explorer.architecture import preset
from explorer.experiments import cifar10
from explorer.experiments.cifar10 import Split
from explorer.experiments.train_embedded.files import finish, stored
from explorer.experiments.train_embedded.recipe import EmbeddedRecipe, held_out, learnt_from
from explorer.experiments.train_embedded.scores import accuracy
from explorer.networks import ResNet, best_device, build


def train(
    name: str, train_set: Split, test_set: Split, recipe: EmbeddedRecipe, folder: Path
) -> dict[str, Any]:
    """Train a preset; leaves NAME.safetensors, NAME.csv and NAME.json in `folder`.

    Raises:
        SystemExit: a checkpoint of another recipe lies there.
    """
    device = best_device().id
    used, held = (part(len(train_set.labels), recipe.seed) for part in (learnt_from, held_out))
    validation = _subset(train_set, held, device)
    training = _subset(train_set, used, device)
    run = _begun(name, recipe, len(used) // recipe.batch, device)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / f"{name}.checkpoint"
    if checkpoint.exists():
        run.go_on_from(checkpoint, device)
        print(f"{name}: going on after epoch {run.state['epoch']}")
    for epoch in range(run.state["epoch"] + 1, recipe.epochs + 1):
        begun = perf_counter()
        parts = one_epoch(run.network, training, run.optimiser, run.schedule, recipe, epoch)
        with torch.autocast(device, torch.bfloat16, enabled=recipe.bfloat16):
            validated = accuracy(run.network, validation)
        seconds = perf_counter() - begun
        if run.note(epoch, parts, validated):
            save_file(stored(run.network, recipe), folder / f"{name}.safetensors")
        run.save(checkpoint)
        left = (recipe.epochs - epoch) * seconds / 60
        print(
            f"\r{name} epoch {epoch}/{recipe.epochs}: loss {parts[-1][0]:.3f}, "
            f"train {parts[-1][1]:.4f}, "
            f"held-out {validated:.4f}, {seconds:.0f} s, about {left:.0f} min left",
            flush=True,
        )
    return finish(name, run.network, test_set, recipe, folder, run.state)


@dataclass(slots=True)
class _Run:
    """A training under way; `state` has its epoch, its curve, and which epoch was best."""

    network: ResNet
    optimiser: torch.optim.Optimizer
    schedule: Any
    recipe: EmbeddedRecipe
    state: dict[str, Any]

    def go_on_from(self, checkpoint: Path, device: str) -> None:
        """Take up what was saved last, if it was the same run until then."""
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        begun_with = saved.get("recipe")
        if not self.recipe.goes_on_from(begun_with, saved["state"]["epoch"]):
            raise SystemExit(
                f"{checkpoint} was begun with {begun_with}. Delete it, or use that recipe."
            )
        self.network.load_state_dict(saved["network"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.schedule.load_state_dict(saved["schedule"])
        self.state = saved["state"]

    def save(self, checkpoint: Path) -> None:
        """All at once or not at all."""
        torch.save(
            {
                "network": self.network.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "schedule": self.schedule.state_dict(),
                "state": self.state,
                "recipe": asdict(self.recipe),
            },
            checkpoint.with_suffix(".part"),
        )
        checkpoint.with_suffix(".part").replace(checkpoint)

    def note(self, epoch: int, parts: list[tuple[float, float]], validated: float) -> bool:
        """Add an epoch to the curve; whether its network is the one to keep."""
        self.state["curve"] += [
            [epoch - 1 + part / len(parts), *values, None]
            for part, values in enumerate(parts, start=1)
        ]
        self.state["curve"][-1][-1] = validated
        self.state["epoch"] = epoch
        kept = validated > self.state["best"] or bool(self.recipe.decay_epochs)
        if kept:
            self.state["best"], self.state["best_epoch"] = validated, epoch
        return kept


def _begun(name: str, recipe: EmbeddedRecipe, steps_per_epoch: int, device: str) -> _Run:
    network = build(preset(name), device, recipe.seed)
    # Convolutions on the CPU are a third faster so.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.SGD(
        network.parameters(),
        lr=recipe.peak_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=recipe.nesterov,
    )
    schedule = _schedule(optimiser, recipe, steps_per_epoch)
    state: dict[str, Any] = {"epoch": 0, "best": -1.0, "best_epoch": 0, "curve": []}
    return _Run(network, optimiser, schedule, recipe, state)


def _schedule(optimiser: Any, recipe: EmbeddedRecipe, steps_per_epoch: int) -> Any:
    """The learning rate, step by step."""
    rates = torch.optim.lr_scheduler
    if recipe.decay_epochs:
        return rates.LambdaLR(optimiser, lambda step: recipe.factor(step, steps_per_epoch))
    return rates.OneCycleLR(
        optimiser, recipe.peak_rate, epochs=recipe.epochs, steps_per_epoch=steps_per_epoch
    )


def _subset(data: Split, chosen: Tensor, device: str) -> Split:
    return Split(data.images[chosen].to(device), data.labels[chosen].to(device))


def one_epoch(
    network: ResNet, data: Split, optimiser: Any, schedule: Any, recipe: EmbeddedRecipe, epoch: int
) -> list[tuple[float, float]]:
    """One pass over `data`; for each of the recipe's `parts`, the mean loss and the accuracy on
    augmented images while the network learnt from them."""
    generator = torch.Generator().manual_seed(recipe.seed * 1_000 + epoch)
    order = torch.randperm(len(data.labels), generator=generator).to(data.labels.device)
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    network.train()
    parts: list[tuple[float, float]] = []
    total_loss = correct = seen = 0.0
    begun = perf_counter()
    steps = len(order) // recipe.batch
    count = min(recipe.parts, steps)
    ends = {steps * part // count for part in range(1, count + 1)}
    for step in range(steps):
        chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
        labels = data.labels[chosen]
        images = cifar10.normalise(cifar10.augment(data.images[chosen], generator))
        with torch.autocast(images.device.type, torch.bfloat16, enabled=recipe.bfloat16):
            logits = network(images.contiguous(memory_format=torch.channels_last))
            loss = loss_of(logits, labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        total_loss += loss.item() * len(labels)
        correct += float((logits.argmax(1) == labels).sum())
        seen += len(labels)
        if step + 1 in ends:
            parts.append((total_loss / seen, correct / seen))
            total_loss = correct = seen = 0.0
        if step % 50 == 0:
            left = (perf_counter() - begun) / (step + 1) * (steps - step - 1)
            print(f"\r  step {step}/{steps}, {left:.0f} s left in epoch  ", end="", flush=True)
    return parts
