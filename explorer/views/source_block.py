"""The class of a network's residual block, as textbook PyTorch.

What no block of the network does (projecting, striding, sharing its first activation, ...) is not
written, so that the source holds no switch that this network does not use.
"""

from textwrap import wrap

from explorer.views.source_forward import forward
from explorer.views.source_layers import layers, shortcut_layers
from explorer.views.source_traits import INDENT, Traits


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
    lines += [f"{INDENT}{line}" for line in (*layers(traits), *shortcut_layers(traits))]
    lines += ["", "    def forward(self, x: Tensor) -> Tensor:"]
    return "\n".join([*lines, *forward(traits)])


def _says(traits: Traits) -> str:
    what = "Two 3x3 convolutions"
    if traits.spec.block == "bottleneck":
        what = "1x1, 3x3 and 1x1 convolutions"
        what += f", the {traits.spec.stride_on} with the stride" if traits.strided else ""
    order = ", pre-activation" if traits.pre else ""
    order += ", with squeeze-and-excitation" if traits.spec.se_ratio else ""
    added = "nothing added" if traits.spec.shortcut == "none" else "plus the shortcut"
    return f"{what}, {added}{order}."


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
