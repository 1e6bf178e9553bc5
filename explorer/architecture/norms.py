"""Over which values of a batch each kind of normalisation takes its means."""

from math import gcd
from typing import Final, Literal, NamedTuple, get_args

NormKind = Literal["batch", "layer", "instance", "group"]
NORM_KINDS: Final[tuple[NormKind, ...]] = get_args(NormKind)
GROUPS: Final = 32
"""Of group norm, as in its paper (Wu and He 2018, arXiv 1803.08494)."""


class NormAxes(NamedTuple):
    """How many means a kind of norm takes, over which axes and how many values each."""

    kind: NormKind
    axes: str
    means: int
    values: int
    mixes_images: bool


def groups_of(channels: int) -> int:
    """Group norm's groups: 32, or the largest divisor of both 32 and the channels."""
    return gcd(channels, GROUPS)


def norm_axes(shape: tuple[int, int, int, int]) -> tuple[NormAxes, ...]:
    """Of each kind, for a batch of this (N, C, H, W)."""
    images, channels, height, width = shape
    positions, groups = height * width, groups_of(channels)
    return (
        NormAxes("batch", "N, H, W", channels, images * positions, True),
        NormAxes("layer", "C, H, W", images, channels * positions, False),
        NormAxes("instance", "H, W", images * channels, positions, False),
        NormAxes("group", "C / G, H, W", images * groups, channels // groups * positions, False),
    )
