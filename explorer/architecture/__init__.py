"""What a ResNet is: pure Python, imports no torch."""

from explorer.architecture.blueprint import blueprint, smallest_image_size
from explorer.architecture.ops import Op, Shape
from explorer.architecture.presets import FAMILIES, PRESETS, TORCHVISION, Preset, preset
from explorer.architecture.spec import NetworkSpec
from explorer.architecture.structure import Block, Blueprint, Shortcut, Stage

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
    "smallest_image_size",
]
