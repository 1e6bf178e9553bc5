"""The closed forms: output size, parameters, multiply-adds, receptive field.

Sizes are in pixels, counts are exact integers. One MAC is one multiply-add; papers on
ResNets print MACs and call them FLOPs (1 MAC = 2 FLOPs).
"""


def output_size(size: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Pixels that a convolution or pooling window leaves of `size` pixels along one axis.

    `dilation` is the distance between the window's taps: it spans dilation * (kernel - 1) + 1.
    """
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def halved(size: int) -> int:
    """Pixels that windows of 2 at stride 2 leave, of which the last may reach beyond the edge."""
    return -(-size // 2)


def conv_params(inputs: int, outputs: int, kernel: int, groups: int = 1, bias: bool = False) -> int:
    """Weights (and biases) of a kernel x kernel convolution from `inputs` to `outputs` channels."""
    return kernel * kernel * (inputs // groups) * outputs + (outputs if bias else 0)


def conv_macs(inputs: int, outputs: int, kernel: int, positions: int, groups: int = 1) -> int:
    """MACs of a convolution that writes `positions` pixels per channel; the bias is not counted.

    This is the convention of the ResNet paper (Table 1) and of torchvision's `_ops` figures.
    """
    return kernel * kernel * (inputs // groups) * outputs * positions


def grow_receptive_field(field: int, jump: int, kernel: int, stride: int) -> tuple[int, int]:
    """Receptive field and jump after one more window.

    `field`: input pixels, along one axis, that one value can depend on. `jump`: input pixels
    between neighbouring values, also called the output stride.
    """
    return field + (kernel - 1) * jump, jump * stride
