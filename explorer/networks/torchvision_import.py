"""torchvision, importable beside a CPU-only torch too. Everything imports it from here.

The registry's torchvision is built for CUDA. Beside a CPU-only torch its compiled extension does
not load, and its import then fails because two operators are missing. Declaring them is enough
for models, weights and transforms; where the extension loads, declaring them would be an error.
"""

import importlib
import importlib.util
from pathlib import Path

import torch

_OPERATORS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def _extension_loads() -> bool:
    package = importlib.util.find_spec("torchvision")
    if package is None or package.origin is None:
        return False
    folder = Path(package.origin).parent
    libraries = [*folder.glob("_C*.so"), *folder.glob("_C*.pyd"), *folder.glob("_C*.dylib")]
    try:
        for library in libraries:
            torch.ops.load_library(library)
    except OSError:
        return False
    return bool(libraries)


if not _extension_loads():
    for name, signature in _OPERATORS.items():
        # A second definition is an error, and a development server imports changed files again.
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(f"torchvision::{name}", signature)

torchvision = importlib.import_module("torchvision")
