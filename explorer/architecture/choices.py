"""What the fields of a NetworkSpec may hold that hold a word, or are true or false."""

from typing import Final, Literal, NamedTuple, get_args

BlockKind = Literal["basic", "bottleneck"]
Stem = Literal["imagenet", "cifar", "deep", "3x3_pool", "3x3_stride2", "1x1"]
ActivationOrder = Literal["post", "pre"]
StrideOn = Literal["3x3", "1x1"]
ShortcutRule = Literal["projection", "padding", "projection-always", "none"]
ZeroPlaces = Literal["after", "both"]
Norm = Literal["batch", "group", "none"]
StemNorm = Literal["where_pooled", "always", "never"]

EXPANSION: Final = {"basic": 1, "bottleneck": 4}
"""Channels that leave a block, as a multiple of its width (paper, Table 1)."""


class StemShape(NamedTuple):
    """Convolutions of a stem, of which the first has the stride, and whether a pool follows."""

    kernel: int
    stride: int
    convolutions: int
    pools: bool


STEMS: Final[dict[Stem, StemShape]] = {
    "imagenet": StemShape(7, 2, 1, True),
    "cifar": StemShape(3, 1, 1, False),
    "deep": StemShape(3, 2, 3, True),
    "3x3_pool": StemShape(3, 1, 1, True),
    "3x3_stride2": StemShape(3, 2, 1, False),
    "1x1": StemShape(1, 1, 1, False),
}

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "block": get_args(BlockKind),
    "stem": get_args(Stem),
    "activation_order": get_args(ActivationOrder),
    "stride_on": get_args(StrideOn),
    "shortcut": get_args(ShortcutRule),
    "zero_padding": get_args(ZeroPlaces),
    "norm": get_args(Norm),
    "stem_norm": get_args(StemNorm),
}
"""What the fields may hold that hold a word."""
SWITCHES: Final = (
    *("avg_down", "norm_on_projection", "final_norm", "share_first", "share_projection"),
    *("conv_bias", "stem_bias"),
)
"""The fields that are true or false."""
