"""A stack of convolutions, each drawn as the rectangle of its weights.

A k x k convolution from A to B channels is a rectangle k*A wide and k*B high, so its area is its
number of weights, at one scale for all stacks that are compared.
"""

from collections.abc import Iterable

from explorer.architecture.comparison import Layer, Stack
from explorer.views.palette import BLUE, BORDER, LIGHT
from explorer.views.svg import document, text
from explorer.words import count, label

WIDTH = 304
"""Of the drawing; about a third of a page, or a telephone's whole width."""
_BOX, _LABEL, _LINE, _LARGE = 88, 100, 21, 32


def longest_side(stacks: Iterable[Stack]) -> int:
    """Of all rectangles of these stacks, in weights: what gives them one scale."""
    return max(side for stack in stacks for layer in stack.layers for side in _sides(layer))


def picture(stack: Stack, ratio: str, longest: int, size: int) -> str:
    """An SVG of the stack's parameters, its layers with their products, and its MACs.

    Args:
        stack: the layers, from input to output.
        ratio: its parameters divided by the bottleneck's.
        longest: from `longest_side`, of all stacks shown together.
        size: height and width in pixels of the map that they run on, for the MACs.
    """
    parts = [
        text(0, 16, label("stack.parameters"), anchor="start"),
        text(0, 48, f"{stack.params:,}", anchor="start", size=_LARGE, bold=True),
        text(WIDTH, 16, label("stack.ratio"), anchor="end"),
        text(WIDTH, 48, ratio, anchor="end", size=_LARGE, bold=True),
    ]
    y = 66
    for layer in stack.layers:
        lines = lines_of(layer)
        width, height = (max(2.0, _BOX * side / longest) for side in _sides(layer))
        tall = max(_LINE * len(lines) + 10, height + 14)
        parts.append(
            f'<rect x="{(_BOX - width) / 2:.1f}" y="{y + (tall - height) / 2:.1f}" '
            f'width="{width:.1f}" height="{height:.1f}" fill="{LIGHT[BLUE]}" '
            f'fill-opacity="{1 if layer.kernel > 1 else 0.7}"/>'
        )
        base = y + (tall - _LINE * len(lines)) / 2 + 16
        parts += [
            text(_LABEL, base + _LINE * row, line, anchor="start", bold=row == 0)
            for row, line in enumerate(lines)
        ]
        y += round(tall)
    parts.append(f'<path d="M0,{y + 6} H{WIDTH}" stroke="{BORDER}" stroke-width="1.5"/>')
    macs = label("stack.macs", macs=stack.macs(size), size=size)
    parts.append(text(0, y + 28, macs, anchor="start", bold=True))
    high = y + 36
    return document(WIDTH, high, parts)


def lines_of(layer: Layer) -> list[str]:
    """What stands beside a layer: what it does, and where each of its numbers comes from."""
    kernel = layer.kernel
    lines = [
        label("stack.channels", kernel=kernel, before=layer.inputs, after=layer.outputs),
        f"{kernel}*{kernel}*{layer.inputs}*{layer.outputs} = {layer.weights:,}",
    ]
    if layer.bias:
        lines.append(label("stack.biases", biases=count(layer.biases, "bias")))
    if layer.batch_norm:
        lines.append(label("stack.norm", channels=layer.outputs, params=layer.norm_params))
    return lines


def _sides(layer: Layer) -> tuple[int, int]:
    return layer.kernel * layer.inputs, layer.kernel * layer.outputs
