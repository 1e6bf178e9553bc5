"""The class of a network's residual block, as textbook PyTorch.

What no block of the network does (projecting, striding, sharing its first activation, ...) is not
written, so that the source holds no switch that this network does not use.
"""

from dataclasses import dataclass
from functools import cached_property
from textwrap import wrap
from typing import Final, NamedTuple

from explorer.architecture import Blueprint, NetworkSpec, plan
from explorer.architecture.norms import GROUPS
from explorer.architecture.ops import ShortcutKind
from explorer.architecture.unit import Unit

INDENT: Final = " " * 8
_POOL: Final = "nn.AvgPool2d(stride, stride, ceil_mode=True)"
"""Of odd sizes the last row and column count alone: without padding torch divides by what a window
holds."""
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
    def convolutions(self) -> dict[str, "_Conv"]:
        """Of the main branch, by name."""
        spec, stride = self.spec, "stride" if self.strided else ""
        dilations = (*self.dilations, *self.dilations, "", "")
        if spec.block == "basic":
            first = self.conv("in_channels", "width", 3, stride, dilation=dilations[0])
            second = self.conv("width", self.out, 3, dilation=dilations[1])
            return {
                "conv1": _Conv(first, "width", self.size),
                "conv2": _Conv(second, self.out, self.size),
            }
        first, later = (stride, "") if spec.stride_on == "1x1" else ("", stride)
        middle = self.conv("width", "width", 3, later, spec.groups, dilations[0])
        return {
            "conv1": _Conv(
                self.conv("in_channels", "width", 1, first), "width", self.size if first else "H, W"
            ),
            "conv2": _Conv(middle, "width", self.size),
            "conv3": _Conv(self.conv("width", "out_channels", 1), "out_channels", self.size),
        }

    @property
    def main_branch(self) -> tuple[str, ...]:
        return plan.main_branch(self.spec)


class _Conv(NamedTuple):
    constructor: str
    channels: str
    size: str


class _Line(NamedTuple):
    """One assignment of `forward`: what is written, and the shape of it."""

    target: str
    value: str
    channels: str
    size: str

    def __str__(self) -> str:
        return f"{INDENT}{self.target} = {self.value}  # (N, {self.channels}, {self.size})"


def block_source(traits: Traits) -> str:
    """The class: constructor and forward pass."""
    spec = traits.spec
    arguments = ["in_channels: int", "width: int"]
    arguments += ["out_channels: int"] if traits.changed_widths else []
    arguments += ["stride: int"] if traits.strided else []
    arguments += [f"{name}: int" for name in traits.dilations]
    arguments += ["first: bool = False"] if traits.first_shares else []
    opening = f"    def __init__(self, {', '.join(arguments)}) -> None:"
    if len(opening) > 100:
        opening = f"    def __init__(\n{INDENT}self, {', '.join(arguments)}\n    ) -> None:"
    lines = [
        f"class {traits.block}(nn.Module):",
        *wrap(f'"""{_says(traits)}"""', 100, initial_indent="    ", subsequent_indent="    "),
        "",
        opening,
        f"{INDENT}super().__init__()",
    ]
    if traits.out == "out_channels" and not traits.changed_widths:
        lines.append(f"{INDENT}out_channels = {spec.expands_by} * width")
    lines += [f"{INDENT}{line}" for line in (*_layers(traits), *_shortcut_layers(traits))]
    lines += ["", "    def forward(self, x: Tensor) -> Tensor:"]
    return "\n".join([*lines, *_forward(traits)])


def _says(traits: Traits) -> str:
    what = "Two 3x3 convolutions"
    if traits.spec.block == "bottleneck":
        what = "1x1, 3x3 and 1x1 convolutions"
        what += f", the {traits.spec.stride_on} with the stride" if traits.strided else ""
    order = ", pre-activation" if traits.pre else ""
    order += ", with squeeze-and-excitation" if traits.spec.se_ratio else ""
    added = "nothing added" if traits.spec.shortcut == "none" else "plus the shortcut"
    return f"{what}, {added}{order}."


def _layers(traits: Traits) -> list[str]:
    channels, lines = "in_channels", []
    for name in traits.main_branch:
        if name in traits.convolutions:
            constructor, channels, _ = traits.convolutions[name]
            lines += _assigned(name, constructor)
        elif name.startswith("bn"):
            lines.append(f"self.{name} = {traits.norm(channels)}")
    if traits.spec.se_ratio:
        lines.append(f"self.se = SqueezeExcitation({traits.out})")
    return lines


def _assigned(name: str, constructor: str) -> list[str]:
    """A layer of the constructor, in three lines where one would be too long."""
    line = f"self.{name} = {constructor}"
    if len(line) + len(INDENT) <= 100:
        return [line]
    called, _, arguments = line.partition("(")
    return [f"{called}(", f"    {arguments.removesuffix(')')}", ")"]


def squeeze_excitation_source(traits: Traits) -> str:
    """The class: constructor and forward pass; names of the layers are torchvision's."""
    ratio, widths = traits.spec.se_ratio, traits.spec.widths
    inner = f"channels // {ratio}" if ratio > 1 else "channels"
    if min(widths) * traits.spec.expands_by < ratio:
        inner = f"max(1, {inner})"
    return f'''class SqueezeExcitation(nn.Module):
    """A factor from 0 to 1 for each channel, from the means of all of them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = {inner}
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = x.mean(dim=(2, 3), keepdim=True)  # (N, C, 1, 1)
        gate = F.relu(self.fc1(gate))  # (N, squeezed, 1, 1)
        return x * self.fc2(gate).sigmoid()  # (N, C, H, W)'''


def _shortcut_layers(traits: Traits) -> list[str]:
    changes = f"in_channels != {traits.out}"
    if traits.strided:
        changes = f"stride != 1 or {changes}"
    lines = []
    if traits.pads:
        new = f"{traits.out} - in_channels"
        new = f"max(0, {new})" if traits.drops else new
        lines += [f"self.new_channels = {new}"]
        if traits.spec.zero_padding == "both":
            lines[-1:] = [f"self.before = ({new}) // 2", f"self.after = {new} - self.before"]
        lines += ["self.stride = stride"] if traits.strided and not traits.spec.avg_down else []
        lines += [f"self.pool = {_POOL}"] if traits.pools_then_pads else []
    if traits.shares_by_flag:
        changed = (traits.projects or traits.pads) and traits.spec.share_projection
        reasons = [changes] if changed else []
        reasons += ["first"] if traits.first_shares else []
        lines += [f"self.shares_activation = {' or '.join(reasons)}"]
    if not traits.projects:
        return lines
    if not traits.keeps:
        return lines + _projection(traits)
    nothing = "None" if _chooses_by_projection(traits) else "nn.Identity()"
    lines += [f"self.downsample = {nothing}", f"if {changes}:"]
    return lines + [f"    {line}" for line in _projection(traits)]


def _projection(traits: Traits) -> list[str]:
    spec, stride = traits.spec, "stride" if traits.strided else ""
    layers = []
    if spec.avg_down:
        layers.append(_POOL if traits.strided else "nn.Identity()")
        stride = ""
    layers.append(traits.conv("in_channels", traits.out, 1, stride))
    if spec.norm != "none" and spec.norm_on_projection:
        layers.append(traits.norm(traits.out))
    whole = f"self.downsample = nn.Sequential({', '.join(layers)})"
    if len(whole) <= 84:
        return [whole]
    return ["self.downsample = nn.Sequential(", *(f"    {layer}," for layer in layers), ")"]


def _chooses_by_projection(traits: Traits) -> bool:
    """Pre-activation: where there is a projection it reads the activation, elsewhere x is added."""
    return traits.shares and traits.projects and traits.keeps and not traits.shares_by_flag


def _forward(traits: Traits) -> list[str]:
    *lines, last = _main_branch(traits)
    if traits.spec.shortcut == "none":
        value = last.value if traits.pre else f"F.relu({last.value})"
        return [*map(str, lines), str(_returned(value, traits))]
    added, shortcut = _shortcut(traits)
    total = f"out + {shortcut}"
    value = total if traits.pre else f"F.relu({total})"
    return [*map(str, lines), str(last), *added, str(_returned(value, traits))]


def _returned(value: str, traits: Traits) -> str:
    return f"{INDENT}return {value}  # (N, {traits.out}, {traits.size})"


def _main_branch(traits: Traits) -> list[_Line]:
    """Post-activation: a line is a convolution with what follows it; pre: with what precedes it."""
    lines: list[_Line] = []
    value, channels, size = "x", "in_channels", "H, W"
    for name in traits.main_branch:
        if name in traits.convolutions:
            if not traits.pre and value != "x":
                lines.append(_Line("out", value, channels, size))
                value = "out"
            _, channels, size = traits.convolutions[name]
            value = f"self.{name}({value})"
            if traits.pre:
                lines.append(_Line("out", value, channels, size))
                value = "out"
        elif name.startswith("bn"):
            value = f"self.{name}({value})"
        else:
            value = f"F.relu({value})"
            if name == "relu1" and traits.shares:
                lines.append(_Line("activated", value, channels, size))
                value = "activated"
    if not traits.pre:
        lines.append(_Line("out", value, channels, size))
    if traits.spec.se_ratio:
        last = lines[-1]
        lines.append(_Line("out", "self.se(out)", last.channels, last.size))
    return lines


def _shortcut(traits: Traits) -> tuple[list[str], str]:
    """Lines before the addition, and the expression that is added."""
    source, lines = "x", []
    if traits.shares_by_flag:
        source = "source"
        lines = [f"{INDENT}source = activated if self.shares_activation else x"]
    elif traits.shares:
        source = "activated"
    if traits.pads:
        if traits.strided:
            pixels = f"{source}[:, :, :: self.stride, :: self.stride]"
            if traits.pools_then_pads:
                pixels = f"self.pool({source})"
            lines.append(str(_Line("shortcut", pixels, "in_channels", traits.size)))
            source = "shortcut"
        sides = "0, self.new_channels"
        if traits.spec.zero_padding == "both":
            sides = "self.before, self.after"
        padded = f"F.pad({source}, (0, 0, 0, 0, {sides}))"
        return [*lines, str(_Line("shortcut", padded, traits.out, traits.size))], "shortcut"
    if not traits.projects:
        return lines, source
    if _chooses_by_projection(traits):
        kept = _Line("shortcut", "x", "in_channels", "H, W")
        projected = _Line("shortcut", "self.downsample(activated)", traits.out, traits.size)
        condition = f"{INDENT}if self.downsample is not None:"
        return [str(kept), condition, f"    {projected}"], "shortcut"
    return lines, f"self.downsample({source})"
