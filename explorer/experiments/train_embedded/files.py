"""What a training leaves: weights as they are shipped, its curve, its figures."""

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from explorer.experiments.cifar10 import Split
from explorer.experiments.train_embedded.recipe import EmbeddedRecipe
from explorer.experiments.train_embedded.scores import accuracy, deletions
from explorer.networks import ResNet


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


def finish(
    name: str,
    network: ResNet,
    test_set: Split,
    recipe: EmbeddedRecipe,
    folder: Path,
    state: dict[str, Any],
) -> dict[str, Any]:
    """Test the kept epoch once; write its curve (CSV) and its figures (JSON)."""
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
