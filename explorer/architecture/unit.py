"""One residual block on its own, also where its two branches do not fit together.

The blueprint builds blocks whose shortcut always fits. Here the shortcut is what the user asks
for: a mismatch at the addition is a result, not an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, get_args

from explorer.architecture.blueprint import compose
from explorer.architecture.choices import (
    EXPANSION,
    ActivationOrder,
    BlockKind,
    Norm,
    ShortcutRule,
    StrideOn,
    ZeroPlaces,
)
from explorer.architecture.ops import Op, Shape
from explorer.architecture.plan import Convolution, convolutions, hands_on_activation
from explorer.architecture.spec import NetworkSpec, check_integer, unknown
from explorer.architecture.structure import Block, ShortcutKind
from explorer.words import FieldError

MAX_SIZE: Final = 1_024
MAX_CHANNELS: Final = 2_048
MAX_DILATION: Final = 64
MAX_EXPANSION: Final = 64

Verdict = Literal[
    "identity", "projection", "needless projection", "padding", "plain", "fails", "broadcasts"
]
_RULE: Final[dict[ShortcutKind, ShortcutRule]] = {
    "identity": "projection",
    "padding": "padding",
    "projection": "projection-always",
    "none": "none",
}


@dataclass(frozen=True, slots=True)
class UnitSpec:
    """One block and its input, as data.

    Attributes:
        size: height and width of the input, in pixels.
        in_channels, out_channels: of the input and of F(x).
        middle_channels: kernels of the first convolution (of the first two in a bottleneck);
            None is the paper's choice: out_channels in a basic block, a quarter in a bottleneck, or
            what the expansion says.
        stride: 2 halves the size.
        shortcut: "identity" adds x as it is, fitting or not; "padding" and "projection" change
            its shape; "none" adds nothing.
        block, activation_order, stride_on, norm_on_projection, conv_bias, zero_padding, avg_down,
            norm, expansion, se_ratio, share_projection: as in NetworkSpec.
        dilation: pixels between neighbouring taps of every 3x3.

    Raises:
        FieldError: names the field, the value received and what is allowed.
    """

    size: int = 56
    in_channels: int = 64
    out_channels: int = 64
    middle_channels: int | None = None
    stride: int = 1
    block: BlockKind = "basic"
    activation_order: ActivationOrder = "post"
    stride_on: StrideOn = "3x3"
    shortcut: ShortcutKind = "identity"
    norm_on_projection: bool = True
    conv_bias: bool = False
    zero_padding: ZeroPlaces = "after"
    avg_down: bool = False
    norm: Norm = "batch"
    dilation: int = 1
    expansion: int | None = None
    se_ratio: int = 0
    share_projection: bool = True

    def __post_init__(self) -> None:
        check_integer("size", self.size, MAX_SIZE)
        for field in ("in_channels", "out_channels"):
            check_integer(field, getattr(self, field), MAX_CHANNELS)
        if self.middle_channels is not None:
            check_integer("middle_channels", self.middle_channels, MAX_CHANNELS)
        if self.stride not in (1, 2):
            raise unknown("stride", self.stride, (1, 2))
        if self.shortcut not in get_args(ShortcutKind):
            raise unknown("shortcut", self.shortcut, get_args(ShortcutKind))
        check_integer("dilation", self.dilation, MAX_DILATION)
        if self.expansion is not None:
            check_integer("expansion", self.expansion, MAX_EXPANSION)
            if self.out_channels % self.expansion:
                named = {"out_channels": self.out_channels, "expansion": self.expansion}
                raise FieldError("spec", "multiple of the expansion", named, by=self.expansion)
        elif self.block in EXPANSION and self.out_channels % EXPANSION[self.block]:
            raise FieldError("spec", "multiple of four", {"out_channels": self.out_channels})
        _ = self.network  # checks the choices that it shares with NetworkSpec
        if self.norm == "group":
            self._check_groups()

    def _check_groups(self) -> None:
        """A group of one value has no deviation, so that nothing but 0 is left of it."""
        for op in unit(self).ops:
            if op.groups_of_one:
                named = {"norm": self.norm, "size": self.size}
                raise FieldError("spec", "groups of one value", named, channels=op.out_shape[0])

    @property
    def expands_by(self) -> int:
        """Channels out per channel of the width."""
        return self.expansion or EXPANSION.get(self.block, 1)

    @property
    def width(self) -> int:
        """The block's width in NetworkSpec's sense: out_channels / expansion."""
        return self.out_channels // self.expands_by

    @property
    def middle(self) -> int:
        """Kernels of the first convolution, in numbers."""
        return self.width if self.middle_channels is None else self.middle_channels

    @property
    def network(self) -> NetworkSpec:
        """A network of one such block: what the block shares with whole networks."""
        return NetworkSpec(
            self.block,
            depths=(1,),
            widths=(self.width,),
            activation_order=self.activation_order,
            stride_on=self.stride_on,
            shortcut=_RULE[self.shortcut],
            norm_on_projection=self.norm_on_projection,
            conv_bias=self.conv_bias,
            zero_padding=self.zero_padding,
            avg_down=self.avg_down,
            norm=self.norm,
            expansion=self.expansion,
            se_ratio=self.se_ratio,
            share_projection=self.share_projection,
        )

    @property
    def convolutions(self) -> Mapping[str, Convolution]:
        """Of the main branch, by name."""
        dilations = (self.dilation, self.dilation)
        return convolutions(self.network, self.middle, self.out_channels, self.stride, dilations)

    @property
    def changes_shape(self) -> bool:
        """What decides in a network whether the shortcut may stay the identity."""
        return self.stride != 1 or self.in_channels != self.out_channels


@dataclass(frozen=True, slots=True)
class Addition:
    """What meets at the addition: F(x) and the shortcut, each (C, H, W)."""

    branch: Shape
    shortcut: Shape

    @property
    def channels_differ(self) -> bool:
        return self.branch[0] != self.shortcut[0]

    @property
    def size_differs(self) -> bool:
        return self.branch[1:] != self.shortcut[1:]

    @property
    def fails(self) -> bool:
        """Two sizes that differ can be added only where one of them is 1 (torch's rule)."""
        pairs = zip(self.branch, self.shortcut, strict=True)
        return any(a != b and 1 not in (a, b) for a, b in pairs)

    @property
    def broadcasts(self) -> bool:
        """The shapes differ, but torch repeats the 1s of one and adds without a word."""
        return self.branch != self.shortcut and not self.fails

    @property
    def out_shape(self) -> Shape | None:
        """Shape of the sum; None where there is none."""
        if self.fails:
            return None
        return tuple(map(max, self.branch, self.shortcut))


@dataclass(frozen=True)
class Unit:
    """A composed block: its ops in order, up to the addition where that fails."""

    spec: UnitSpec
    entry: Op
    block: Block
    addition: Addition | None

    @property
    def ops(self) -> tuple[Op, ...]:
        return self.block.ops

    @property
    def kind(self) -> ShortcutKind:
        return self.block.shortcut.kind if self.block.shortcut else "none"

    @property
    def additions(self) -> int:
        """Element-wise additions for one image."""
        return sum(op.activations for op in self.ops if op.kind == "add")

    @cached_property
    def verdict(self) -> Verdict:
        """Which rule decides how this shortcut is drawn, or why the sum goes wrong."""
        if self.addition is None:
            return "plain"
        if self.addition.fails:
            return "fails"
        if self.addition.broadcasts:
            return "broadcasts"
        if self.kind == "projection":
            return "projection" if self.spec.changes_shape else "needless projection"
        return "padding" if self.kind == "padding" else "identity"


def unit(spec: UnitSpec) -> Unit:
    """The block's ops, counts and shapes in closed form, and what meets at its addition."""
    image: Shape = (spec.in_channels, spec.size, spec.size)
    x = Op("x", "input", (), image, image, 1, 1)
    kind = spec.shortcut
    if kind == "padding" and not spec.changes_shape:
        kind = "identity"  # nothing to pad and nothing to leave out
    shared = hands_on_activation(spec.network, kind)
    block = compose(spec.network, "block", "block", x, spec.convolutions, kind, spec.stride, shared)
    if kind == "none":
        return Unit(spec, x, block, None)
    ops = [_never_fewer_channels(op) if op.kind == "pad" else op for op in block.ops]
    at = next(index for index, op in enumerate(ops) if op.kind == "add")
    branch = next(op for op in reversed(ops[:at]) if not op.on_shortcut)
    source = {op.path: op for op in (x, *ops)}[ops[at].inputs[1]]
    addition = Addition(branch.out_shape, source.out_shape)
    if addition.out_shape is None:
        ops = ops[:at]
    else:
        sums = [
            op._replace(in_shape=addition.out_shape, out_shape=addition.out_shape)
            for op in ops[at:]
        ]
        sums[0] = sums[0]._replace(in_shape=addition.branch)
        ops = [*ops[:at], *sums]
    return Unit(spec, x, replace(block, ops=tuple(ops)), addition)


def _never_fewer_channels(pad: Op) -> Op:
    """Option A fills up with zeros; it has no way to take channels away."""
    channels = max(pad.in_shape[0], pad.out_shape[0])
    return pad._replace(out_shape=(channels, *pad.out_shape[1:]))
