"""Train the small networks that the app carries: python -m explorer.experiments.train_embedded.

    python -m explorer.experiments.train_embedded resnet20 --data FOLDER --epochs 30

FOLDER holds train.parquet and test.parquet; without --data CIFAR-10 is taken from where the app
looks for it, and torchvision downloads it there if need be. The run is seeded and writes a
checkpoint after every epoch: started again, it goes on. The epoch with the best accuracy on
held-out training images is kept, and only that one sees the test set.

    python -m explorer.experiments.train_embedded resnet56 --data FOLDER --epochs 8 --decay 2

is the paper's recipe, shortened: after a warm-up the rate stays at 0.1, and falls to zero over the
last --decay epochs; the network after the last epoch is kept. While the rate has not begun to
fall, a run may be started again with other numbers of epochs: it goes on all the same.
"""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterable
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
WARM_UP = 200


@dataclass(frozen=True, slots=True)
class EmbeddedRecipe:
    """SGD with momentum. The rate makes one cycle, or with `decay_epochs` it warms up over
    `WARM_UP` steps, stays at its peak, and falls linearly to zero over the last `decay_epochs`.
    """

    epochs: int = 30
    batch: int = 128
    peak_rate: float = 0.3
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.05
    seed: int = 0
    bfloat16: bool = False
    decay_epochs: int = 0
    nesterov: bool = True

    @property
    def parts(self) -> int:
        """Of an epoch, each with its loss in the curve: short runs are shown in more detail."""
        return 4 if self.decay_epochs else 1

    def factor(self, step: int, steps_per_epoch: int) -> float:
        """What the peak rate is multiplied by at a step, with `decay_epochs`."""
        left = (self.epochs - step / steps_per_epoch) / self.decay_epochs
        return max(0.0, min(1.0, (step + 1) / WARM_UP, left))

    def goes_on_from(self, begun_with: Any, epoch: int) -> bool:
        """Whether a run of another recipe has been the same run up to and with `epoch`."""
        if begun_with == asdict(self):
            return True
        if not isinstance(begun_with, dict) or not self.decay_epochs:
            return False
        before = EmbeddedRecipe(**begun_with)
        length = {"epochs": self.epochs, "decay_epochs": self.decay_epochs}
        flat = min(self.epochs - self.decay_epochs, before.epochs - before.decay_epochs)
        return asdict(self) == begun_with | length and before.decay_epochs > 0 and epoch <= flat


def paper_recipe(
    epochs: int, decay_epochs: int, seed: int = 0, bfloat16: bool = False
) -> EmbeddedRecipe:
    """Rate, batch, momentum and weight decay of the paper's section 4.2, with fewer epochs."""
    return EmbeddedRecipe(
        epochs, 128, 0.1, 0.9, 1e-4, 0.0, seed, bfloat16, decay_epochs, nesterov=False
    )


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


def deletions(network: ResNet, data: Split, batch: int = 250) -> dict[str, float | None]:
    """Accuracy after deleting each block in turn; None where a plain block changes the shape.

    What lies before the deleted block is computed once.
    """
    network.eval()
    paths = [block.path for block in blueprint(network.spec, data.images.shape[-1]).blocks]
    right: dict[str, int | None] = dict.fromkeys(paths, 0)
    with torch.inference_mode():
        for start in range(0, len(data.labels), batch):
            images = cifar10.normalise(data.images[start : start + batch])
            labels = data.labels[start : start + batch]
            for path, found in each_deleted(paths, _deleter(network, images, labels)):
                so_far = right[path]
                right[path] = None if found is None or so_far is None else so_far + found
    return {
        path: None if found is None else round(found / len(data.labels), 4)
        for path, found in right.items()
    }


def _deleter(network: ResNet, images: Tensor, labels: Tensor) -> Callable[[str], int]:
    """How many of these pictures are named right without a block; asked block by block."""
    modules = dict(network.named_modules())
    paths = [f"{stage}.{index}" for stage in network.stages for index in range(len(modules[stage]))]
    before: dict[str, Tensor] = {}

    def run(x: Tensor, names: Iterable[str]) -> Tensor:
        for name in names:
            x = modules[name](x) if name in modules else x
        return x

    x = run(images, ("conv1", "bn1", "relu", "maxpool"))
    for path in paths:
        before[path] = x
        x = modules[path](x)

    def without(path: str) -> int:
        x = modules[path].without_main_branch(before[path])
        after = paths[paths.index(path) + 1 :]
        x = run(x, (*after, "final_bn", "final_relu", "avgpool", "flatten", "fc"))
        return int((x.argmax(1) == labels).sum())

    return without


def learnt_from(count: int, seed: int) -> Tensor:
    """Which of the training set's `count` pictures a training with this seed learns from."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))[HELD_OUT:]


def held_out(count: int, seed: int) -> Tensor:
    """Which of them it is only tried on after every epoch."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))[:HELD_OUT]


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


def train(
    name: str, train_set: Split, test_set: Split, recipe: EmbeddedRecipe, folder: Path
) -> dict[str, Any]:
    """Train a preset; leaves NAME.safetensors, NAME.csv and NAME.json in `folder`."""
    device = best_device().id
    used, held = (part(len(train_set.labels), recipe.seed) for part in (learnt_from, held_out))
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
        nesterov=recipe.nesterov,
    )
    schedule = _schedule(optimiser, recipe, len(used) // recipe.batch)
    state: dict[str, Any] = {"epoch": 0, "best": -1.0, "best_epoch": 0, "curve": []}
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / f"{name}.checkpoint"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        begun_with = saved.get("recipe")
        if not recipe.goes_on_from(begun_with, saved["state"]["epoch"]):
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
        parts = one_epoch(network, training, optimiser, schedule, recipe, epoch)
        with torch.autocast(device, torch.bfloat16, enabled=recipe.bfloat16):
            validated = accuracy(network, validation)
        seconds = perf_counter() - begun
        state["curve"] += [
            [epoch - 1 + part / len(parts), *values, None]
            for part, values in enumerate(parts, start=1)
        ]
        state["curve"][-1][-1] = validated
        state["epoch"] = epoch
        if validated > state["best"] or recipe.decay_epochs:
            state["best"], state["best_epoch"] = validated, epoch
            save_file(stored(network, recipe), folder / f"{name}.safetensors")
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
            f"\r{name} epoch {epoch}/{recipe.epochs}: loss {parts[-1][0]:.3f}, "
            f"train {parts[-1][1]:.4f}, "
            f"held-out {validated:.4f}, {seconds:.0f} s, about {left:.0f} min left",
            flush=True,
        )
    return finish(name, network, test_set, recipe, folder, state)


def _schedule(optimiser: Any, recipe: EmbeddedRecipe, steps_per_epoch: int) -> Any:
    """The learning rate, step by step."""
    rates = torch.optim.lr_scheduler
    if recipe.decay_epochs:
        return rates.LambdaLR(optimiser, lambda step: recipe.factor(step, steps_per_epoch))
    return rates.OneCycleLR(
        optimiser, recipe.peak_rate, epochs=recipe.epochs, steps_per_epoch=steps_per_epoch
    )


def stored(network: ResNet, recipe: EmbeddedRecipe) -> dict[str, Tensor]:
    """The state dict as it is shipped; with `decay_epochs`, where there are many networks, weights
    of convolutions in float16 and the rest in float32.

    Variances of batch norm may leave the range of float16; weights do not.
    """
    short = bool(recipe.decay_epochs)
    return {
        key: (value.half() if short and value.dim() == 4 else value).cpu().contiguous()
        for key, value in network.state_dict().items()
    }


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
            [f"{epoch:g}", *("" if value is None else f"{value:.5f}" for value in rest)]
            for epoch, *rest in state["curve"]
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
    parser.add_argument(
        "--decay", type=int, default=0, help="the paper's recipe; epochs in which the rate falls"
    )
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
    length = {"epochs": options.epochs, "seed": options.seed, "bfloat16": options.bfloat16}
    if options.decay:
        recipe = paper_recipe(decay_epochs=options.decay, **length)
    else:
        recipe = EmbeddedRecipe(**length)
    train(options.network, splits[0], splits[1], recipe, options.out)


if __name__ == "__main__":
    main(sys.argv[1:])
