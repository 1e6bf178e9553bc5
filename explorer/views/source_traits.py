"""What the blocks of one network really do, which decides what their source code holds."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from explorer.architecture import Blueprint, NetworkSpec, plan
from explorer.architecture.norms import GROUPS
from explorer.architecture.structure import ShortcutKind
from explorer.architecture.unit import Unit

INDENT: Final = " " * 8
"""Of a method's body."""
_NAMES: Final = {"basic": "BasicBlock", "bottleneck": "Bottleneck"}


@dataclass(frozen=True)
class Traits:
    """What the blocks of one network, or one block alone, really do.

    Attributes:
        kinds: of all shortcuts.
        normed: all numbers of channels that are normalised.
        strided, dilated: whether some block halves the size, or reads with gaps.
        changed_widths: channels out are not the usual multiple of those inside: ResNeXt, wide
            networks, and blocks with middle channels of their own.
        drops: option A is asked to take channels away, which it cannot.
        alone: it is one block, whose windows all read with the same gaps.
    """

    spec: NetworkSpec
    kinds: tuple[ShortcutKind, ...]
    normed: frozenset[int]
    strided: bool
    dilated: bool
    changed_widths: bool
    drops: bool = False
    alone: bool = False

    @classmethod
    def of(cls, bp: Blueprint) -> "Traits":
        spec = bp.spec
        return cls(
            spec,
            kinds=tuple(b.shortcut.kind for b in bp.blocks if b.shortcut),
            normed=frozenset(op.out_shape[0] for op in bp.ops if op.normalises),
            strided=any(step.stride > 1 for step in spec.stage_steps),
            dilated=any(step.dilation > 1 for step in spec.stage_steps),
            changed_widths=(spec.groups, spec.width_per_group) != (1, 64),
        )

    @classmethod
    def of_unit(cls, unit: Unit) -> "Traits":
        spec = unit.spec
        return cls(
            spec.network,
            kinds=(unit.kind,),
            normed=frozenset(op.out_shape[0] for op in unit.ops if op.normalises),
            strided=spec.stride > 1,
            dilated=spec.dilation > 1,
            changed_widths=spec.middle != spec.width,
            drops=unit.kind == "padding" and spec.out_channels < spec.in_channels,
            alone=True,
        )

    @property
    def block(self) -> str:
        return _NAMES[self.spec.block]

    @property
    def pre(self) -> bool:
        return self.spec.activation_order == "pre"

    @property
    def dilations(self) -> tuple[str, ...]:
        """Arguments of the block's constructor: of its first 3x3 and of a second one."""
        if not self.dilated:
            return ()
        two = self.spec.block == "basic" and not self.alone
        return ("first_dilation", "dilation") if two else ("dilation",)

    @property
    def projects(self) -> bool:
        return "projection" in self.kinds

    @property
    def pads(self) -> bool:
        return "padding" in self.kinds

    @property
    def pools_then_pads(self) -> bool:
        """Option A halves by means; stride 1 keeps every pixel through a pool of 1x1."""
        return self.pads and self.strided and self.spec.avg_down

    @property
    def keeps(self) -> bool:
        """Some shortcut is the identity."""
        return "identity" in self.kinds

    @property
    def first_shares(self) -> bool:
        """The block after a bare stem feeds its first activation to a shortcut that other blocks
        of its kind feed with x."""
        shared_anyway = self.spec.share_projection and self.kinds[0] != "identity"
        return self.pre and self.spec.first_shares and not shared_anyway and self.kinds[0] != "none"

    @property
    def shares(self) -> bool:
        """Some shortcut of a pre-activation block reads the first activation."""
        changed = (self.projects or self.pads) and self.spec.share_projection
        return self.pre and (changed or self.first_shares)

    @property
    def shares_by_flag(self) -> bool:
        """Blocks differ in what their shortcut reads, and no projection tells them apart."""
        return self.first_shares or (self.shares and self.pads and self.keeps)

    @property
    def out(self) -> str:
        """Channels out of a block, as the block's constructor writes them."""
        same = self.spec.block == "basic" and self.spec.expands_by == 1
        same = same and not self.changed_widths
        return "width" if same else "out_channels"

    @property
    def size(self) -> str:
        """Height and width that leave a block."""
        return "H/s, W/s" if self.strided else "H, W"

    def conv(
        self,
        inputs: str,
        outputs: str,
        kernel: int,
        stride: str = "",
        groups: int = 1,
        dilation: str = "",
        bias: bool | None = None,
    ) -> str:
        """Constructor of a convolution that keeps the size up to its stride."""
        parts = [inputs, outputs, str(kernel), stride]
        if dilation:
            parts += [f"padding={dilation}", f"dilation={dilation}"]
        elif kernel > 1:
            parts += [f"padding={kernel // 2}"]
        parts += [f"groups={groups}"] if groups > 1 else []
        parts += [] if (self.spec.conv_bias if bias is None else bias) else ["bias=False"]
        return f"nn.Conv2d({', '.join(part for part in parts if part)})"

    @property
    def divides(self) -> bool:
        """Whether every normalised number of channels has group norm's 32 groups."""
        return all(channels % GROUPS == 0 for channels in self.normed)

    def norm(self, channels: str) -> str:
        """Constructor of a normalisation."""
        eps = "" if self.spec.norm_eps == 1e-5 else f", eps={self.spec.norm_eps!r}"
        if self.spec.norm == "batch":
            return f"nn.BatchNorm2d({channels}{eps})"
        groups = str(GROUPS) if self.divides else f"gcd({GROUPS}, {channels})"
        return f"nn.GroupNorm({groups}, {channels}{eps})"

    @cached_property
    def convolutions(self) -> dict[str, "Conv"]:
        """Of the main branch, by name."""
        spec, stride = self.spec, "stride" if self.strided else ""
        dilations = (*self.dilations, *self.dilations, "", "")
        if spec.block == "basic":
            first = self.conv("in_channels", "width", 3, stride, dilation=dilations[0])
            second = self.conv("width", self.out, 3, dilation=dilations[1])
            return {
                "conv1": Conv(first, "width", self.size),
                "conv2": Conv(second, self.out, self.size),
            }
        first, later = (stride, "") if spec.stride_on == "1x1" else ("", stride)
        middle = self.conv("width", "width", 3, later, spec.groups, dilations[0])
        return {
            "conv1": Conv(
                self.conv("in_channels", "width", 1, first), "width", self.size if first else "H, W"
            ),
            "conv2": Conv(middle, "width", self.size),
            "conv3": Conv(self.conv("width", "out_channels", 1), "out_channels", self.size),
        }

    @property
    def main_branch(self) -> tuple[str, ...]:
        return plan.main_branch(self.spec)

    @property
    def chooses_by_projection(self) -> bool:
        """Pre-activation: where there is a projection it reads the activation, elsewhere x is
        added."""
        return self.shares and self.projects and self.keeps and not self.shares_by_flag


class Conv(NamedTuple):
    """A convolution: its constructor, the channels and the size that it writes."""

    constructor: str
    channels: str
    size: str
