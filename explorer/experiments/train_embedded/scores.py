"""How many pictures a network names right: whole, and after each deletion of a block."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from explorer.architecture import blueprint
from explorer.experiments import cifar10
from explorer.experiments.cifar10 import Split
from explorer.experiments.deletion import each_deleted
from explorer.networks import ResNet


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
