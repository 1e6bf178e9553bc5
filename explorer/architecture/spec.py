"""NetworkSpec: every choice that decides a ResNet."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from explorer.architecture.arithmetic import conv_params
from explorer.words import Advised, FieldError

BlockKind = Literal["basic", "bottleneck"]
Stem = Literal["imagenet", "cifar"]
ActivationOrder = Literal["post", "pre"]
StrideOn = Literal["3x3", "1x1"]
ShortcutRule = Literal["projection", "padding", "projection-always", "none"]

EXPANSION: Final = {"basic": 1, "bottleneck": 4}
"""Channels that leave a block, as a multiple of its width (paper, Table 1)."""

MAX_STAGES: Final = 8
MAX_BLOCKS: Final = 1_000
MAX_WEIGHTS: Final = 300_000_000
_LIMITS: Final = {
    "width": 8_192,
    "groups": 8_192,
    "width_per_group": 8_192,
    "in_channels": 64,
    "num_classes": 100_000,
}


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A residual network, or its plain twin, as data. Hashable, so it is a safe cache key.

    Attributes:
        block: "basic" is 3x3, 3x3; "bottleneck" is 1x1, 3x3, 1x1 with four times the channels out.
        depths: blocks per stage; ResNet-50 has (3, 4, 6, 3).
        widths: channels of each stage's 3x3 convolution before `groups` and `width_per_group`.
        stem: "imagenet" is 7x7 stride 2 and max-pool stride 2; "cifar" is one 3x3 stride 1.
        activation_order: "post" as in the paper; "pre" is BN-ReLU before each convolution
            (Identity Mappings in Deep Residual Networks, 2016).
        stride_on: which convolution of a bottleneck halves the size: "1x1" as the authors
            released it (v1), "3x3" as torchvision has it (v1.5). Basic blocks have no choice.
        shortcut: "padding" is the paper's option A, "projection" option B (a 1x1 convolution
            where the shape changes), "projection-always" option C, "none" the plain network.
        norm_on_projection: batch norm after a projecting 1x1 convolution.
        batch_norm: batch norm after (or, pre-activation, before) every other convolution.
        conv_bias: biases on the convolutions, redundant wherever batch norm follows.
        groups, width_per_group: ResNeXt and wide ResNets, as torchvision counts them; a
            bottleneck's 3x3 has int(width * width_per_group / 64) * groups channels.

    Raises:
        FieldError: names the field, the value received and what is allowed.
    """

    block: BlockKind
    depths: tuple[int, ...]
    widths: tuple[int, ...] = (64, 128, 256, 512)
    stem: Stem = "imagenet"
    activation_order: ActivationOrder = "post"
    stride_on: StrideOn = "3x3"
    shortcut: ShortcutRule = "projection"
    norm_on_projection: bool = True
    batch_norm: bool = True
    conv_bias: bool = False
    groups: int = 1
    width_per_group: int = 64
    in_channels: int = 3
    num_classes: int = 1000

    def __post_init__(self) -> None:
        self._check_choices()
        self._check_stages()
        for field in ("groups", "width_per_group", "in_channels", "num_classes"):
            check_integer(field, getattr(self, field), _LIMITS[field])
        self._check_groups()
        weights = _weights(self)
        if weights > MAX_WEIGHTS:
            raise self._refusal(
                "too many weights",
                *("depths", "widths", "width_per_group", "groups", "num_classes", "shortcut"),
                weights=weights,
                most=MAX_WEIGHTS,
            )

    @property
    def expansion(self) -> int:
        """Channels out of a block per channel of width: 1 for basic blocks, 4 for bottlenecks."""
        return EXPANSION[self.block]

    @property
    def depth(self) -> int:
        """The number in the network's name: stem, main-branch convolutions, classifier.

        Projections, batch norm and pooling are not counted (paper, Table 1).
        """
        return 2 + sum(self.depths) * (2 if self.block == "basic" else 3)

    @property
    def stem_width(self) -> int:
        """Channels that leave the stem: those of the first stage's width."""
        return self.widths[0]

    @property
    def minimum_image_size(self) -> int:
        """Smallest image, in pixels, of which every stride still halves something."""
        return int(2 ** (len(self.depths) - 1)) * (4 if self.stem == "imagenet" else 1)

    def inner_width(self, width: int) -> int:
        """Channels of the 3x3 convolutions of a stage of this `width`."""
        if self.block == "basic":
            return width
        return int(width * self.width_per_group / 64) * self.groups

    def _check_choices(self) -> None:
        choices = {
            "block": get_args(BlockKind),
            "stem": get_args(Stem),
            "activation_order": get_args(ActivationOrder),
            "stride_on": get_args(StrideOn),
            "shortcut": get_args(ShortcutRule),
            "norm_on_projection": (True, False),
            "batch_norm": (True, False),
            "conv_bias": (True, False),
        }
        for field, allowed in choices.items():
            value = getattr(self, field)
            if type(value) is not type(allowed[0]) or value not in allowed:
                raise unknown(field, value, allowed)

    def _check_stages(self) -> None:
        for field in ("depths", "widths"):
            values = getattr(self, field)
            if not isinstance(values, tuple) or not 1 <= len(values) <= MAX_STAGES:
                raise FieldError("spec", "not a number per stage", {field: values}, most=MAX_STAGES)
        for depth in self.depths:
            check_integer("depths", depth, MAX_BLOCKS)
        for width in self.widths:
            check_integer("widths", width, _LIMITS["width"])
        if len(self.depths) != len(self.widths):
            numbers = {"in_depths": len(self.depths), "in_widths": len(self.widths)}
            raise self._refusal("stages differ", "depths", "widths", **numbers)
        if sum(self.depths) > MAX_BLOCKS:
            blocks = sum(self.depths)
            raise self._refusal("too many blocks", "depths", blocks=blocks, most=MAX_BLOCKS)
        if self.shortcut == "padding" and list(self.widths) != sorted(self.widths):
            advised = Advised("shortcut", "projection")
            raise self._refusal("padding drops channels", "shortcut", "widths", advised=advised)

    def _check_groups(self) -> None:
        if self.block == "basic" and (self.groups, self.width_per_group) != (1, 64):
            raise self._refusal(
                "groups in basic blocks",
                *("groups", "width_per_group", "block"),
                advised=Advised("block", "bottleneck"),
                one_group=Advised("groups", 1),
                usual_width=Advised("width_per_group", 64),
            )
        for width in self.widths:
            if self.inner_width(width) < 1:
                named = {"width_per_group": self.width_per_group, "widths": width}
                raise FieldError("spec", "no channel left", named)

    def _refusal(self, title: str, *fields: str, **values: Any) -> FieldError:
        """An error about these fields of this spec, the one to blame first."""
        named = {field: getattr(self, field) for field in fields}
        return FieldError("spec", title, named, **values)


def unknown(field: str, value: object, allowed: Iterable[object]) -> FieldError:
    """The error that a field's value is none of those `allowed`."""
    return FieldError("spec", "unknown", {field: value}, allowed=", ".join(map(repr, allowed)))


def check_integer(field: str, value: Any, largest: int) -> None:
    """Raise FieldError unless `value` is an int from 1 to `largest`."""
    if type(value) is not int or not 1 <= value <= largest:
        raise FieldError("spec", "whole number", {field: value}, largest=largest)


def _weights(spec: NetworkSpec) -> int:
    """Weights of all convolutions and of the classifier, without a blueprint."""
    channels = spec.stem_width
    total = conv_params(spec.in_channels, channels, 7 if spec.stem == "imagenet" else 3)
    for index, (depth, width) in enumerate(zip(spec.depths, spec.widths, strict=True)):
        inner, out = spec.inner_width(width), width * spec.expansion
        kernel = 3 if spec.block == "basic" else 1
        total += conv_params(channels, inner, kernel) + (depth - 1) * conv_params(
            out, inner, kernel
        )
        if spec.block == "bottleneck":
            total += depth * conv_params(inner, inner, 3, spec.groups)
        total += depth * conv_params(inner, out, kernel)
        changes = index > 0 or channels != out
        if spec.shortcut == "projection-always" or (spec.shortcut == "projection" and changes):
            total += conv_params(channels, out, 1)
        if spec.shortcut == "projection-always":
            total += (depth - 1) * conv_params(out, out, 1)
        channels = out
    return total + channels * spec.num_classes
