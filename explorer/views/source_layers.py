"""The constructor of a residual block: the layers of its main branch and of its shortcut."""

from typing import Final

from explorer.views.source_traits import INDENT, Traits

_POOL: Final = "nn.AvgPool2d(stride, stride, ceil_mode=True)"
"""Of odd sizes the last row and column count alone: without padding torch divides by what a window
holds."""


def layers(traits: Traits) -> list[str]:
    """Of the main branch, as lines."""
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


def shortcut_layers(traits: Traits) -> list[str]:
    """Of the shortcut, as lines."""
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
    nothing = "None" if traits.chooses_by_projection else "nn.Identity()"
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
