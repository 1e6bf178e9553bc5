"""What a ResNet is: pure Python, imports no torch."""

from explorer.architecture.blueprint import blueprint
from explorer.architecture.ops import Block, Blueprint, Op, Shape, Shortcut, Stage
from explorer.architecture.presets import FAMILIES, PRESETS, TORCHVISION, Preset, preset
from explorer.architecture.spec import NetworkSpec

__all__ = [
    "FAMILIES",
    "PRESETS",
    "TORCHVISION",
    "Block",
    "Blueprint",
    "NetworkSpec",
    "Op",
    "Preset",
    "Shape",
    "Shortcut",
    "Stage",
    "blueprint",
    "preset",
]
