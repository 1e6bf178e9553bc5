"""Which weights a network can have here, and what comes with them: classes and preprocessing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from explorer.architecture import NetworkSpec
from explorer.experiments import cifar10
from explorer.experiments.preprocess import CIFAR, IMAGENET, Recipe
from explorer.experiments.weight_kinds import EMBEDDED, FILE, UNTRAINED, V1, V2
from explorer.networks.published_weights import (
    PublishedWeights,
    imagenet_classes,
    published_weights,
)


@dataclass(frozen=True, slots=True)
class Setup:
    """One kind of weights for one network.

    `kind` is one of OPTIONS but BEST; `published` is set for torchvision's only.
    """

    kind: str
    spec: NetworkSpec
    recipe: Recipe
    classes: tuple[str, ...]
    published: PublishedWeights | None = None


def setups(preset: str | None, spec: NetworkSpec) -> dict[str, Setup]:
    """Kind -> setup of everything this network can be given, best first.

    Args:
        preset: its name, or None if it is customised: published weights fit named ones only.
        spec: the network.
    """
    from explorer.experiments.embedded import cards

    found: dict[str, Setup] = {}
    recipe = usual_recipe(spec)
    if preset in cards():
        found[EMBEDDED] = Setup(EMBEDDED, spec, CIFAR, cifar10.CLASSES)
    for published in reversed(published_weights(preset) if preset else ()):
        kind = {"V1": V1, "V2": V2}[published.name]
        own = Recipe(published.resize, published.crop, published.mean, published.std)
        found[kind] = Setup(kind, spec, own, imagenet_classes(), published)
    names = class_names(spec)
    found[FILE] = Setup(FILE, spec, recipe, names)
    found[UNTRAINED] = Setup(UNTRAINED, spec, recipe, names)
    return found


def with_spec(setup: Setup, spec: NetworkSpec) -> Setup:
    """The same kind of weights for a network with another number of classes."""
    return replace(setup, spec=spec, classes=class_names(spec))


def usual_recipe(spec: NetworkSpec) -> Recipe:
    """CIFAR-10's preprocessing for CIFAR stems, torchvision's first one for the others."""
    return CIFAR if spec.stem == "cifar" else IMAGENET


def class_names(spec: NetworkSpec) -> tuple[str, ...]:
    """ImageNet's names for 1,000 outputs, CIFAR-10's for 10; 'class 17' for any other number."""
    if spec.num_classes == 1000:
        return imagenet_classes()
    if spec.num_classes == len(cifar10.CLASSES):
        return cifar10.CLASSES
    return tuple(f"class {index}" for index in range(spec.num_classes))
