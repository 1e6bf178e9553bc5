"""How large a picture a network of unknown weights reads, and how much of one."""

from dataclasses import replace
from typing import Final

from explorer.architecture import NetworkSpec, smallest_image_size
from explorer.experiments.preprocess import CIFAR, IMAGENET, Preprocessing

WHOLE: Final = "whole"
MIDDLE: Final = "middle"
_TINY_IMAGENET: Final = 200
_ENLARGED: Final = (10, 100)
"""Classes of CIFAR and the like, whose pictures are enlarged for a stem for large ones."""


def side_of(spec: NetworkSpec) -> int:
    """The image size, in pixels, of networks with this stem: 32 where its first convolution
    keeps the size (64 with Tiny ImageNet's 200 classes), else 224."""
    small = 64 if spec.num_classes == _TINY_IMAGENET else 32
    return max(small if is_small(spec) else 224, smallest_image_size(spec))


def usual(spec: NetworkSpec, side: int | None = None) -> Preprocessing:
    """The usual numbers and framing: small pictures are taken whole, also by a stem for large ones
    with 10 or 100 classes, for which they are mostly enlarged. `side` of None: the stem's."""
    of_stem = side_of(spec)
    if side is not None and side != of_stem:
        return framed(IMAGENET.at(side), WHOLE)
    if spec.stem_stride == 1:
        return CIFAR.at(of_stem)
    whole = is_small(spec) or spec.num_classes in _ENLARGED
    return framed(IMAGENET.at(of_stem), WHOLE if whole else MIDDLE)


def framed(recipe: Preprocessing, frame: str) -> Preprocessing:
    """The same values at the same size, of a picture's "middle" (torchvision's) or all of it."""
    resize = IMAGENET.at(recipe.crop).resize if frame == MIDDLE else recipe.crop
    return replace(recipe, resize=resize)


def frame_of(recipe: Preprocessing) -> str:
    """Which of both this is: "whole" or "middle"."""
    return WHOLE if recipe.resize == recipe.crop else MIDDLE


def is_small(spec: NetworkSpec) -> bool:
    """Whether its stem is one for small pictures."""
    return spec.stem_stride < 4
