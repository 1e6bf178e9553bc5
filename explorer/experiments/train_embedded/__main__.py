"""The command; see the package."""

import argparse
import sys
from pathlib import Path

from explorer.experiments import cifar10, train_embedded
from explorer.experiments.train_embedded.recipe import EmbeddedRecipe, paper_recipe
from explorer.experiments.train_embedded.train import train


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        f"python -m {train_embedded.__name__}",
        description=str(train_embedded.__doc__).split("\n")[0],
    )
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
