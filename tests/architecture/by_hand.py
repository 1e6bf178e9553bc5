"""ResNets counted a second time, straight from the papers' descriptions.

Written without the blueprint: a network is a flat list of convolutions, each one row of
(channels in, channels out, kernel, stride, groups, side of what it writes, on the main branch).
"""

from typing import NamedTuple


class Conv(NamedTuple):
    inputs: int
    outputs: int
    kernel: int
    stride: int
    groups: int
    side: int
    on_main: bool
    apart: int = 1
    """Pixels between neighbouring taps of the kernel."""

    @property
    def weights(self) -> int:
        return self.inputs * self.outputs * self.kernel**2 // self.groups

    @property
    def macs(self) -> int:
        return self.weights * self.side**2


class Count(NamedTuple):
    params: int
    macs: int
    receptive_field: int
    output_stride: int
    additions: int
    convs_on_main: int
    projections: int


def count(
    block: str,
    depths: tuple[int, ...],
    *,
    cifar: bool = False,
    option: str = "B",
    v1: bool = False,
    pre: bool = False,
    norm_on_projection: bool = True,
    batch_norm: bool = True,
    biases: bool = False,
    groups: int = 1,
    base_width: int = 64,
    channels: int = 3,
    classes: int | None = None,
    widths: tuple[int, ...] | None = None,
    entry: int | None = None,
    entry_kernel: int | None = None,
    deep: bool = False,
    ratio: int = 0,
    undivided: int = 0,
    final: bool = True,
) -> Count:
    """Of a network with the papers' widths; option is A, B or C, or "plain".

    `entry`: channels of the stem; `deep`: three 3x3 in the stem; `ratio`: of squeeze-and-
    excitation; `undivided`: stages at the end that dilate; `final`: a norm before the pool.
    """
    widths = widths or ((16, 32, 64) if cifar else (64, 128, 256, 512))
    classes = classes or (10 if cifar else 1000)
    side, pooled = (32, 32) if cifar else (112, 56)
    x = entry or widths[0]
    stem = [
        Conv(channels, x, entry_kernel or 3, 1, 1, side, True)
        if cifar
        else Conv(channels, x, 7, 2, 1, side, True)
    ]
    if deep:
        stem = [
            Conv(channels, x // 2, 3, 2, 1, side, True),
            Conv(x // 2, x // 2, 3, 1, 1, side, True),
            Conv(x // 2, x, 3, 1, 1, side, True),
        ]
    convs, adds, gates, gate_biases = [*stem], 0, 0, 0
    norms = 0 if pre and cifar else sum(conv.outputs for conv in stem)
    side, apart = pooled, 1
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        dilates = stage >= len(depths) - undivided
        for position in range(depth):
            stride = 2 if stage and not position and not dilates else 1
            if position == 1 and dilates:
                apart *= 2  # from the second block on; the first reads as the stage before wrote
            before, side = side, side // stride
            out = width * (4 if block == "bottleneck" else 1)
            if block == "basic":
                main = [
                    Conv(x, width, 3, stride, 1, side, True),
                    Conv(width, width, 3, 1, 1, side, True),
                ]
            else:
                inner = width * base_width // 64 * groups
                first, second = (stride, 1) if v1 else (1, stride)
                main = [
                    Conv(x, inner, 1, first, 1, side if v1 else before, True),
                    Conv(inner, inner, 3, second, groups, side, True, apart),
                    Conv(inner, out, 1, 1, 1, side, True),
                ]
            norms += sum(conv.inputs if pre else conv.outputs for conv in main)
            convs += main
            if option == "C" or (option == "B" and (stride > 1 or x != out)):
                convs.append(Conv(x, out, 1, stride, 1, side, False))
                norms += out if norm_on_projection else 0
            adds += out * side * side if option != "plain" else 0
            gates += 2 * out * (out // ratio) if ratio else 0
            gate_biases += out + out // ratio if ratio else 0
            x = out
    norms += x if pre and final else 0
    field, jump = 1, 1
    for index, conv in enumerate(convs):
        if conv.on_main:
            field, jump = field + (conv.kernel - 1) * conv.apart * jump, jump * conv.stride
        if index == len(stem) - 1 and not cifar:
            field, jump = field + 2 * jump, 2 * jump  # the pool: 3x3 by stride 2
    weights = sum(conv.weights for conv in convs) + x * classes + classes + gates + gate_biases
    weights += 2 * norms if batch_norm else 0
    weights += sum(conv.outputs for conv in convs) if biases else 0
    macs = sum(conv.macs for conv in convs) + x * classes + gates
    on_main = sum(conv.on_main for conv in convs)
    return Count(weights, macs, field, jump, adds, on_main, len(convs) - on_main)
