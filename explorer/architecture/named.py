"""The networks that texts speak of: the presets, and variants of them that have no preset."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from explorer.architecture.blueprint import blueprint
from explorer.architecture.presets import PRESETS, preset
from explorer.architecture.spec import NetworkSpec
from explorer.architecture.structure import Blueprint
from explorer.words import label

VARIANTS: Final[Mapping[str, NetworkSpec]] = {
    "resnet18_10": replace(preset("resnet18"), num_classes=10),
    "resnet34_a": replace(preset("resnet34"), shortcut="padding"),
    "resnet34_c": replace(preset("resnet34"), shortcut="projection-always"),
    "resnet50_c": replace(preset("resnet50"), shortcut="projection-always"),
}


def blueprint_named(name: str) -> Blueprint:
    """The blueprint of a preset or variant at its usual image size.

    Raises:
        KeyError: no such network.
    """
    if name in VARIANTS:
        return blueprint(VARIANTS[name], PRESETS[name.split("_")[0]].image_size)
    return blueprint(PRESETS[name].spec, PRESETS[name].image_size)


def title_named(name: str) -> str:
    """How the network is called on screen."""
    return label(f"variants.{name}") if name in VARIANTS else PRESETS[name].title
