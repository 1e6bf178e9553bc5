"""Which weights a network can have here, and what comes with them: classes and preprocessing.

Loads torch only when it is asked: the page draws its list of kinds before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from explorer.architecture import NetworkSpec

if TYPE_CHECKING:
    from explorer.experiments.preprocess import Preprocessing
    from explorer.networks.published_weights import PublishedWeights

BEST: Final = "best"
EMBEDDED: Final = "on_board"
V1: Final = "torchvision_v1"
V2: Final = "torchvision_v2"
FILE: Final = "file"
UNTRAINED: Final = "untrained"
OPTIONS: Final = (BEST, EMBEDDED, V2, V1, FILE, UNTRAINED)


@dataclass(frozen=True, slots=True)
class Setup:
    """One kind of weights for one network.

    `kind` is one of OPTIONS but BEST; `published` is set for torchvision's only.
    """

    kind: str
    spec: NetworkSpec
    recipe: Preprocessing
    classes: tuple[str, ...]
    published: PublishedWeights | None = None


def setups(preset: str | None, spec: NetworkSpec) -> dict[str, Setup]:
    """Kind -> setup of everything this network can be given, best first.

    Args:
        preset: its name, or None if it is customised: published weights fit named ones only.
        spec: the network.
    """
    from explorer.experiments import cifar10
    from explorer.experiments.embedded import trained
    from explorer.experiments.preprocess import CIFAR, Preprocessing
    from explorer.networks.published_weights import imagenet_classes, published_weights

    found: dict[str, Setup] = {}
    recipe = usual_recipe(spec)
    if preset in trained():
        found[EMBEDDED] = Setup(EMBEDDED, spec, CIFAR, cifar10.CLASSES)
    for published in reversed(published_weights(preset) if preset else ()):
        kind = {"V1": V1, "V2": V2}[published.name]
        own = Preprocessing(published.resize, published.crop, published.mean, published.std)
        found[kind] = Setup(kind, spec, own, imagenet_classes(), published)
    names = class_names(spec)
    found[FILE] = Setup(FILE, spec, recipe, names)
    found[UNTRAINED] = Setup(UNTRAINED, spec, recipe, names)
    return found


def usual_recipe(spec: NetworkSpec) -> Preprocessing:
    """CIFAR-10's preprocessing for CIFAR stems, torchvision's first one for the others."""
    from explorer.experiments.preprocess import CIFAR, IMAGENET

    return CIFAR if spec.stem == "cifar" else IMAGENET


def class_names(spec: NetworkSpec) -> tuple[str, ...]:
    """ImageNet's names for 1,000 outputs, CIFAR-10's for 10; 'class 17' for any other number."""
    from explorer.experiments import cifar10
    from explorer.networks.published_weights import imagenet_classes

    if spec.num_classes == 1000:
        return imagenet_classes()
    if spec.num_classes == len(cifar10.CLASSES):
        return cifar10.CLASSES
    return tuple(f"class {index}" for index in range(spec.num_classes))
