"""The class of a network's residual block, as textbook PyTorch.

What no block of the network does (projecting, striding, sharing its first activation, ...) is not
written, so that the source holds no switch that this network does not use.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from explorer.architecture import Blueprint, NetworkSpec
from explorer.architecture.blueprint import MAIN_BRANCH
from explorer.architecture.ops import ShortcutKind

INDENT: Final = " " * 8
_NAMES: Final = {"basic": "BasicBlock", "bottleneck": "Bottleneck"}


@dataclass(frozen=True)
class Traits:
    """What the blocks of one network really do."""

    spec: NetworkSpec
    kinds: tuple[ShortcutKind, ...]

    @classmethod
    def of(cls, bp: Blueprint) -> "Traits":
        return cls(bp.spec, tuple(b.shortcut.kind for b in bp.blocks if b.shortcut))

    @property
    def block(self) -> str:
        return _NAMES[self.spec.block]

    @property
    def pre(self) -> bool:
        return self.spec.activation_order == "pre"

    @property
    def strided(self) -> bool:
        return len(self.spec.depths) > 1

    @property
    def projects(self) -> bool:
        return "projection" in self.kinds

    @property
    def pads(self) -> bool:
        return "padding" in self.kinds

    @property
    def keeps(self) -> bool:
        """Some shortcut is the identity."""
        return "identity" in self.kinds

    @property
    def first_shares(self) -> bool:
        """The block after a bare stem feeds its first activation to an identity shortcut."""
        return self.pre and self.spec.stem == "cifar" and self.kinds[0] == "identity"

    @property
    def shares(self) -> bool:
        """Some shortcut of a pre-activation block reads the first activation."""
        return self.pre and (self.projects or self.pads or self.first_shares)

    @property
    def shares_by_flag(self) -> bool:
        """Blocks differ in what their shortcut reads, and no projection tells them apart."""
        return self.first_shares or (self.shares and self.pads and self.keeps)

    @property
    def changed_widths(self) -> bool:
        """ResNeXt and wide networks: channels out are no longer four times the 3x3's."""
        return (self.spec.groups, self.spec.width_per_group) != (1, 64)

    @property
    def out(self) -> str:
        """Channels out of a block, as the block's constructor writes them."""
        return "width" if self.spec.block == "basic" else "out_channels"

    @property
    def size(self) -> str:
        """Height and width that leave a block."""
        return "H/s, W/s" if self.strided else "H, W"

    def conv(
        self, inputs: str, outputs: str, kernel: int, stride: str = "", groups: int = 1
    ) -> str:
        """Constructor of a convolution that keeps the size up to its stride."""
        parts = [inputs, outputs, str(kernel), stride]
        parts += [f"padding={kernel // 2}"] if kernel > 1 else []
        parts += [f"groups={groups}"] if groups > 1 else []
        parts += [] if self.spec.conv_bias else ["bias=False"]
        return f"nn.Conv2d({', '.join(part for part in parts if part)})"

    @cached_property
    def convolutions(self) -> dict[str, "_Conv"]:
        """Of the main branch, by name."""
        spec, stride = self.spec, "stride" if self.strided else ""
        if spec.block == "basic":
            return {
                "conv1": _Conv(self.conv("in_channels", "width", 3, stride), "width", self.size),
                "conv2": _Conv(self.conv("width", "width", 3), "width", self.size),
            }
        first, second = (stride, "") if spec.stride_on == "1x1" else ("", stride)
        middle = self.conv("width", "width", 3, second, spec.groups)
        return {
            "conv1": _Conv(
                self.conv("in_channels", "width", 1, first), "width", self.size if first else "H, W"
            ),
            "conv2": _Conv(middle, "width", self.size),
            "conv3": _Conv(self.conv("width", "out_channels", 1), "out_channels", self.size),
        }

    @property
    def main_branch(self) -> list[str]:
        names = MAIN_BRANCH[self.spec.block, self.spec.activation_order].split()
        return [name for name in names if self.spec.batch_norm or not name.startswith("bn")]


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
    arguments += ["first: bool = False"] if traits.first_shares else []
    lines = [
        f"class {traits.block}(nn.Module):",
        f'    """{_says(traits)}"""',
        "",
        f"    def __init__(self, {', '.join(arguments)}) -> None:",
        f"{INDENT}super().__init__()",
    ]
    if spec.block == "bottleneck" and not traits.changed_widths:
        lines.append(f"{INDENT}out_channels = 4 * width")
    lines += [f"{INDENT}{line}" for line in (*_layers(traits), *_shortcut_layers(traits))]
    lines += ["", "    def forward(self, x: Tensor) -> Tensor:"]
    return "\n".join([*lines, *_forward(traits)])


def _says(traits: Traits) -> str:
    what = "Two 3x3 convolutions"
    if traits.spec.block == "bottleneck":
        what = "1x1, 3x3 and 1x1 convolutions"
        what += f", the {traits.spec.stride_on} with the stride" if traits.strided else ""
    order = ", pre-activation" if traits.pre else ""
    added = "nothing added" if traits.spec.shortcut == "none" else "plus the shortcut"
    return f"{what}, {added}{order}."


def _layers(traits: Traits) -> list[str]:
    channels, lines = "in_channels", []
    for name in traits.main_branch:
        if name in traits.convolutions:
            constructor, channels, _ = traits.convolutions[name]
            lines.append(f"self.{name} = {constructor}")
        elif name.startswith("bn"):
            lines.append(f"self.{name} = nn.BatchNorm2d({channels})")
    return lines


def _shortcut_layers(traits: Traits) -> list[str]:
    changes = f"in_channels != {traits.out}"
    if traits.strided:
        changes = f"stride != 1 or {changes}"
    lines = []
    if traits.pads:
        lines += [f"self.new_channels = {traits.out} - in_channels"]
        lines += ["self.stride = stride"] if traits.strided else []
    if traits.shares_by_flag:
        reasons = [changes] if traits.projects or traits.pads else []
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
    layers = [traits.conv("in_channels", traits.out, 1, stride)]
    if spec.batch_norm and spec.norm_on_projection:
        layers.append(f"nn.BatchNorm2d({traits.out})")
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
    return lines if traits.pre else [*lines, _Line("out", value, channels, size)]


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
            lines.append(str(_Line("shortcut", pixels, "in_channels", traits.size)))
            source = "shortcut"
        padded = f"F.pad({source}, (0, 0, 0, 0, 0, self.new_channels))"
        return [*lines, str(_Line("shortcut", padded, traits.out, traits.size))], "shortcut"
    if not traits.projects:
        return lines, source
    if _chooses_by_projection(traits):
        kept = _Line("shortcut", "x", "in_channels", "H, W")
        projected = _Line("shortcut", "self.downsample(activated)", traits.out, traits.size)
        condition = f"{INDENT}if self.downsample is not None:"
        return [str(kept), condition, f"    {projected}"], "shortcut"
    return lines, f"self.downsample({source})"
