"""Train the small networks that the app carries: python -m explorer.experiments.train_embedded.

    python -m explorer.experiments.train_embedded resnet20 --data FOLDER --epochs 30

FOLDER holds train.parquet and test.parquet; without --data CIFAR-10 is taken from where the app
looks for it, and torchvision downloads it there if need be. The run is seeded and writes a
checkpoint after every epoch: started again, it goes on. The epoch with the best accuracy on
held-out training images is kept, and only that one sees the test set.
"""

import argparse
import csv
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from explorer.architecture import blueprint, preset
from explorer.experiments import cifar10
from explorer.experiments.cifar10 import Split
from explorer.experiments.deletion import each_deleted
from explorer.networks import ResNet, best_device, build

HELD_OUT = 2_500


@dataclass(frozen=True, slots=True)
class EmbeddedRecipe:
    """SGD with Nesterov momentum and a one-cycle learning rate."""

    epochs: int = 30
    batch: int = 128
    peak_rate: float = 0.3
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.05
    seed: int = 0
    bfloat16: bool = False


def accuracy(
    network: ResNet, data: Split, skip: frozenset[str] = frozenset(), batch: int = 500
) -> float:
    """Share of images whose largest logit is the label's, in eval mode.

    The main branches of the blocks in `skip` are off.

    Raises:
        ValueError: `skip` names a plain block that changes the shape.
    """
    network.eval()
    correct = 0
    with torch.inference_mode():
        for start in range(0, len(data.labels), batch):
            images = cifar10.normalise(data.images[start : start + batch])
            labels = data.labels[start : start + batch]
            correct += int((network(images, skip).argmax(1) == labels).sum())
    return correct / len(data.labels)


def deletions(network: ResNet, data: Split) -> dict[str, float | None]:
    """Accuracy after deleting each block in turn; None where the block changes the shape."""
    paths = [block.path for block in blueprint(network.spec, data.images.shape[-1]).blocks]
    return dict(
        each_deleted(paths, lambda path: round(accuracy(network, data, frozenset({path})), 4))
    )


def one_epoch(
    network: ResNet, data: Split, optimiser: Any, schedule: Any, recipe: EmbeddedRecipe, epoch: int
) -> tuple[float, float]:
    """One pass over `data`; returns the mean loss and the accuracy on augmented images."""
    generator = torch.Generator().manual_seed(recipe.seed * 1_000 + epoch)
    order = torch.randperm(len(data.labels), generator=generator).to(data.labels.device)
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    network.train()
    total_loss = correct = seen = 0.0
    begun = perf_counter()
    steps = len(order) // recipe.batch
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
        if step % 50 == 0:
            left = (perf_counter() - begun) / (step + 1) * (steps - step - 1)
            print(f"\r  step {step}/{steps}, {left:.0f} s left in epoch  ", end="", flush=True)
    return total_loss / seen, correct / seen


def train(
    name: str, train_set: Split, test_set: Split, recipe: EmbeddedRecipe, folder: Path
) -> dict[str, Any]:
    """Train a preset; leaves NAME.safetensors, NAME.csv and NAME.json in `folder`."""
    device = best_device().id
    shuffled = torch.randperm(
        len(train_set.labels), generator=torch.Generator().manual_seed(recipe.seed)
    )
    held, used = shuffled[:HELD_OUT], shuffled[HELD_OUT:]
    validation = _subset(train_set, held, device)
    training = _subset(train_set, used, device)
    network = build(preset(name), device, recipe.seed)
    # Convolutions on the CPU are a third faster so.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.SGD(
        network.parameters(),
        lr=recipe.peak_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=True,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        recipe.peak_rate,
        epochs=recipe.epochs,
        steps_per_epoch=len(used) // recipe.batch,
    )
    state: dict[str, Any] = {"epoch": 0, "best": -1.0, "best_epoch": 0, "curve": []}
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / f"{name}.checkpoint"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        if (begun_with := saved.get("recipe")) != asdict(recipe):
            raise SystemExit(
                f"{checkpoint} was begun with {begun_with}. Delete it, or use that recipe."
            )
        network.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        state = saved["state"]
        print(f"{name}: going on after epoch {state['epoch']}")
    for epoch in range(state["epoch"] + 1, recipe.epochs + 1):
        begun = perf_counter()
        loss, train_accuracy = one_epoch(network, training, optimiser, schedule, recipe, epoch)
        validated = accuracy(network, validation)
        seconds = perf_counter() - begun
        state["curve"].append([epoch, loss, train_accuracy, validated])
        state["epoch"] = epoch
        if validated > state["best"]:
            state["best"], state["best_epoch"] = validated, epoch
            best = {key: value.cpu().contiguous() for key, value in network.state_dict().items()}
            save_file(best, folder / f"{name}.safetensors")
        torch.save(
            {
                "network": network.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "state": state,
                "recipe": asdict(recipe),
            },
            checkpoint.with_suffix(".part"),
        )
        checkpoint.with_suffix(".part").replace(checkpoint)
        left = (recipe.epochs - epoch) * seconds / 60
        print(
            f"\r{name} epoch {epoch}/{recipe.epochs}: loss {loss:.3f}, train {train_accuracy:.4f}, "
            f"held-out {validated:.4f}, {seconds:.0f} s, about {left:.0f} min left",
            flush=True,
        )
    return finish(name, network, test_set, recipe, folder, state)


def _subset(data: Split, chosen: Tensor, device: str) -> Split:
    return Split(data.images[chosen].to(device), data.labels[chosen].to(device))


def finish(
    name: str,
    network: ResNet,
    test_set: Split,
    recipe: EmbeddedRecipe,
    folder: Path,
    state: dict[str, Any],
) -> dict[str, Any]:
    """Test the kept epoch once; write its curve (CSV) and its figures (JSON)."""
    from safetensors.torch import load_file

    network.cpu().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    network.load_state_dict(load_file(folder / f"{name}.safetensors"))
    with (folder / f"{name}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "training_loss", "training_accuracy", "held_out_accuracy"])
        writer.writerows(
            [epoch, *(f"{value:.5f}" for value in rest)] for epoch, *rest in state["curve"]
        )
    figures = {
        "network": name,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "test_accuracy": round(accuracy(network, test_set), 4),
        "after_deleting": deletions(network, test_set),
        "held_out_accuracy": round(state["best"], 4),
        "kept_epoch": state["best_epoch"],
        "recipe": asdict(recipe),
        "torch": torch.__version__.split("+")[0],
    }
    (folder / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(f"{name}: {figures['test_accuracy']:.2%} on the test set")
    return figures


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", help="a CIFAR preset, such as resnet20 or plain20")
    parser.add_argument("--data", type=Path, help="folder with train.parquet and test.parquet")
    parser.add_argument("--epochs", type=int, default=EmbeddedRecipe().epochs)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--bfloat16", action="store_true", help="autocast: twice as fast where the CPU has it"
    )
    parser.add_argument("--out", type=Path, default=Path("training"))
    options = parser.parse_args(arguments)
    if options.data:
        splits = [cifar10.from_parquet(options.data / f"{s}.parquet") for s in ("train", "test")]
    elif cifar10.present():
        splits = [cifar10.load(train) for train in (True, False)]
    else:
        splits = [
            cifar10.from_torchvision(cifar10.folder(), t, download=True) for t in (True, False)
        ]
    recipe = EmbeddedRecipe(epochs=options.epochs, seed=options.seed, bfloat16=options.bfloat16)
    train(options.network, splits[0], splits[1], recipe, options.out)


if __name__ == "__main__":
    main(sys.argv[1:])
