"""The forward pass of a residual block, line by line, each with the shape of what it makes."""

from typing import NamedTuple

from explorer.views.source_traits import INDENT, Traits


class _Line(NamedTuple):
    """One assignment of `forward`: what is written, and the shape of it."""

    target: str
    value: str
    channels: str
    size: str

    def __str__(self) -> str:
        return f"{INDENT}{self.target} = {self.value}  # (N, {self.channels}, {self.size})"


def forward(traits: Traits) -> list[str]:
    """The body of the method."""
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
    if traits.chooses_by_projection:
        kept = _Line("shortcut", "x", "in_channels", "H, W")
        projected = _Line("shortcut", "self.downsample(activated)", traits.out, traits.size)
        condition = f"{INDENT}if self.downsample is not None:"
        return [str(kept), condition, f"    {projected}"], "shortcut"
    return lines, f"self.downsample({source})"
