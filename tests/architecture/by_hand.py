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
) -> Count:
    """Of a network with the papers' widths; option is A, B or C, or "plain"."""
    widths = (16, 32, 64) if cifar else (64, 128, 256, 512)
    classes = classes or (10 if cifar else 1000)
    side, pooled = (32, 32) if cifar else (112, 56)
    stem = (
        Conv(channels, 16, 3, 1, 1, side, True)
        if cifar
        else Conv(channels, 64, 7, 2, 1, side, True)
    )
    convs, adds, x = [stem], 0, widths[0]
    norms = 0 if pre and cifar else widths[0]
    side = pooled
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        for position in range(depth):
            stride = 2 if stage and not position else 1
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
                    Conv(inner, inner, 3, second, groups, side, True),
                    Conv(inner, out, 1, 1, 1, side, True),
                ]
            norms += sum(conv.inputs if pre else conv.outputs for conv in main)
            convs += main
            if option == "C" or (option == "B" and (stride > 1 or x != out)):
                convs.append(Conv(x, out, 1, stride, 1, side, False))
                norms += out if norm_on_projection else 0
            adds += out * side * side if option != "plain" else 0
            x = out
    norms += x if pre else 0
    field, jump = (1, 1) if cifar else (11, 4)  # 7 by stride 2, then a pool of 3 by stride 2
    for conv in convs:
        if conv.on_main and conv.kernel != 7:
            field, jump = field + (conv.kernel - 1) * jump, jump * conv.stride
    weights = sum(conv.weights for conv in convs) + x * classes + classes
    weights += 2 * norms if batch_norm else 0
    weights += sum(conv.outputs for conv in convs) if biases else 0
    macs = sum(conv.macs for conv in convs) + x * classes
    on_main = sum(conv.on_main for conv in convs)
    return Count(weights, macs, field, jump, adds, on_main, len(convs) - on_main)
