"""NetworkSpec: every choice that decides a ResNet."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any, Final, NamedTuple

from explorer.architecture.choices import (
    CHOICES,
    EXPANSION,
    STEMS,
    SWITCHES,
    ActivationOrder,
    BlockKind,
    Norm,
    ShortcutRule,
    Stem,
    StemNorm,
    StemShape,
    StrideOn,
    ZeroPlaces,
)
from explorer.words import Advised, FieldError

MAX_STAGES: Final = 8
MAX_BLOCKS: Final = 1_000
_LIMITS: Final = {
    "width": 8_192,
    "groups": 8_192,
    "width_per_group": 8_192,
    "in_channels": 64,
    "num_classes": 100_000,
    "stem_width": 8_192,
    "expansion": 64,
    "se_ratio": 8_192,
}
_OUTPUT_STRIDES: Final = tuple(2**power for power in range(10))
_LARGEST_EPS: Final = 0.1


class StageStep(NamedTuple):
    """How a stage starts, and how far apart the taps of its 3x3 are: in its first block's first
    3x3, which still reads what the stage before wrote, and in all that follow."""

    stride: int
    first_dilation: int
    dilation: int


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A residual network, or its plain twin, as data. Hashable, so it is a safe cache key.

    Attributes:
        block: "basic" is 3x3, 3x3; "bottleneck" is 1x1, 3x3, 1x1 with four times the channels out.
        depths: blocks per stage; ResNet-50 has (3, 4, 6, 3).
        widths: channels of each stage's 3x3 convolution before `groups` and `width_per_group`.
        stem: "imagenet" is 7x7 stride 2 and max-pool stride 2; "cifar" is one 3x3 stride 1;
            "deep" is three 3x3 (the first with stride 2, the first two of half the width) and
            the max-pool (ResNet-C); "3x3_pool" is one 3x3 and the max-pool; "3x3_stride2" is
            one 3x3 stride 2; "1x1" is one 1x1, as a widely copied ResNeXt for CIFAR has it.
        activation_order: "post" as in the paper; "pre" is BN-ReLU before each convolution
            (Identity Mappings in Deep Residual Networks, 2016).
        stride_on: which convolution of a bottleneck halves the size: "1x1" as the authors
            released it (v1), "3x3" as torchvision has it (v1.5). Basic blocks have no choice.
        shortcut: "padding" is the paper's option A, "projection" option B (a 1x1 convolution
            where the shape changes), "projection-always" option C, "none" the plain network.
        norm_on_projection: batch norm after a projecting 1x1 convolution.
        norm: the normalisation after (or, pre-activation, before) every convolution: "batch";
            "group" of 32 groups (of fewer where 32 does not divide the channels); or "none".
        conv_bias: biases on the convolutions, redundant wherever batch norm follows.
        groups, width_per_group: ResNeXt and wide ResNets, as torchvision counts them; a
            bottleneck's 3x3 has int(width * width_per_group / 64) * groups channels.
        stem_width: channels that leave the stem; None: the first of `widths`.
        stem_bias: a bias on the stem's convolutions, whatever `conv_bias` says of the others.
        zero_padding: where option A puts the channels of zeros: all "after" those of x, or on
            "both" sides, the larger half after.
        avg_down: where the size changes, a shortcut takes the mean of 2x2 pixels instead of
            every second pixel (ResNet-D; timm's name for it).
        output_stride: input pixels between neighbouring positions that no stage goes beyond;
            a stage whose stride would, dilates its 3x3 convolutions instead (torchvision's
            replace_stride_with_dilation). None: every stage after the first halves the size.
        expansion: channels out of a block as a multiple of its width; None: 1 for basic blocks,
            4 for bottlenecks.
        se_ratio: squeeze-and-excitation at the end of the main branch, whose inner layer has
            this many times fewer channels; 0: none.
        norm_eps: what the normalisation adds to the variance.
        final_norm: batch norm and ReLU after the last block of a pre-activation network.
        share_first: the first block of a pre-activation network whose stem is the convolution
            alone hands its first activation to the shortcut too, as the authors' code does; else
            the shortcut carries the stem's output.
        share_projection: a pre-activation block whose shortcut pads or projects hands it the
            first activation, as the authors' code does; else that shortcut reads x itself.
        stem_norm: batch norm and ReLU after a pre-activation network's stem: "where_pooled", as
            the authors' code has it, "always" or "never". Post-activation always has them.

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
    norm: Norm = "batch"
    conv_bias: bool = False
    groups: int = 1
    width_per_group: int = 64
    in_channels: int = 3
    num_classes: int = 1000
    stem_width: int | None = None
    stem_bias: bool = False
    zero_padding: ZeroPlaces = "after"
    avg_down: bool = False
    output_stride: int | None = None
    expansion: int | None = None
    se_ratio: int = 0
    norm_eps: float = 1e-5
    final_norm: bool = True
    share_first: bool = True
    share_projection: bool = True
    stem_norm: StemNorm = "where_pooled"

    def __post_init__(self) -> None:
        self._check_choices()
        for field in ("groups", "width_per_group", "in_channels", "num_classes"):
            check_integer(field, getattr(self, field), _LIMITS[field])
        for field in ("stem_width", "expansion"):
            if getattr(self, field) is not None:
                check_integer(field, getattr(self, field), _LIMITS[field])
        check_integer("se_ratio", self.se_ratio, _LIMITS["se_ratio"], smallest=0)
        self._check_stages()
        self._check_groups()
        self._check_output_stride()
        eps = self.norm_eps
        if type(eps) is not float or not 0 < eps <= _LARGEST_EPS:
            raise FieldError("spec", "eps", {"norm_eps": eps}, largest=_LARGEST_EPS)

    @property
    def expands_by(self) -> int:
        """Channels out of a block per channel of its width."""
        return self.expansion or EXPANSION[self.block]

    @property
    def depth(self) -> int:
        """The number in the network's name: stem, main-branch convolutions, classifier.

        Projections, normalisation, squeeze-and-excitation and pooling are not counted (paper,
        Table 1), and a stem of three convolutions counts as the one whose place it takes.
        """
        return 2 + sum(self.depths) * (2 if self.block == "basic" else 3)

    @property
    def stem_channels(self) -> int:
        """Channels that leave the stem."""
        return self.stem_width or self.widths[0]

    @property
    def stem_shape(self) -> StemShape:
        """Kernel, stride and number of the stem's convolutions, and whether it pools."""
        return STEMS[self.stem]

    @property
    def stem_stride(self) -> int:
        """Image pixels between neighbouring positions of what the stem writes."""
        return self.stem_shape.stride * (2 if self.stem_shape.pools else 1)

    @property
    def bare_stem(self) -> bool:
        """Whether no norm and ReLU follow the stem's last convolution: before pre-activation,
        where none pools unless `stem_norm` says otherwise."""
        if self.activation_order == "post":
            return False
        normed = {"where_pooled": self.stem_shape.pools, "always": True, "never": False}
        return not normed[self.stem_norm]

    @property
    def first_shares(self) -> bool:
        """Whether the first block's shortcut reads its first activation, whatever it changes."""
        return self.bare_stem and self.share_first

    @property
    def stage_steps(self) -> tuple[StageStep, ...]:
        """Stride and dilation of each stage."""
        reached, dilation, steps = self.stem_stride, 1, []
        for index in range(len(self.depths)):
            stride, before = 2 if index else 1, dilation
            if self.output_stride is not None and reached * stride > self.output_stride:
                dilation, stride = dilation * stride, 1
            reached *= stride
            steps.append(StageStep(stride, before, dilation))
        return tuple(steps)

    @property
    def total_stride(self) -> int:
        """Image pixels between neighbouring positions of what the last stage writes, and the
        smallest image of which every stride still halves something."""
        return self.stem_stride * prod(step.stride for step in self.stage_steps)

    def usual(self, field: str) -> Any:
        """A field's value, and where it is None what that stands for here."""
        if field == "output_stride" and self.output_stride is None:
            return self.stem_stride * 2 ** (len(self.depths) - 1)
        resolved = {"stem_width": self.stem_channels, "expansion": self.expands_by}
        return resolved[field] if field in resolved else getattr(self, field)

    def inner_width(self, width: int) -> int:
        """Channels of the 3x3 convolutions of a stage of this `width`."""
        if self.block == "basic":
            return width
        return int(width * self.width_per_group / 64) * self.groups

    def _check_choices(self) -> None:
        choices = {**CHOICES, **dict.fromkeys(SWITCHES, (True, False))}
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
        if self.shortcut == "padding" and self.stem_channels > self.widths[0] * self.expands_by:
            advised = Advised("shortcut", "projection")
            raise self._refusal(
                "padding drops the stem's channels",
                *("stem_width", "shortcut"),
                out=self.widths[0] * self.expands_by,
                advised=advised,
            )

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

    def _check_output_stride(self) -> None:
        if self.output_stride is None:
            return
        if type(self.output_stride) is not int or self.output_stride not in _OUTPUT_STRIDES:
            raise unknown("output_stride", self.output_stride, _OUTPUT_STRIDES)
        if self.output_stride < self.stem_stride:
            smallest = self.stem_stride
            raise self._refusal("stem's own stride", "output_stride", "stem", smallest=smallest)

    def _refusal(self, title: str, *fields: str, **values: Any) -> FieldError:
        """An error about these fields of this spec, the one to blame first."""
        named = {field: getattr(self, field) for field in fields}
        return FieldError("spec", title, named, **values)


def unknown(field: str, value: object, allowed: Iterable[object]) -> FieldError:
    """The error that a field's value is none of those `allowed`."""
    return FieldError("spec", "unknown", {field: value}, allowed=", ".join(map(repr, allowed)))


def check_integer(field: str, value: Any, largest: int, smallest: int = 1) -> None:
    """Raise FieldError unless `value` is an int from `smallest` to `largest`."""
    if type(value) is not int or not smallest <= value <= largest:
        title = "whole number" if smallest else "whole number or none"
        raise FieldError("spec", title, {field: value}, largest=largest)
