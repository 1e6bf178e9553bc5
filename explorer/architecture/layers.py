"""One layer after an op `x`: the op that it is, with its shapes, counts and receptive field."""

from math import prod

from explorer.architecture.arithmetic import (
    conv_macs,
    conv_params,
    grow_receptive_field,
    halved,
    output_size,
)
from explorer.architecture.norms import groups_of
from explorer.architecture.ops import Op, OpKind, Shape
from explorer.architecture.plan import Convolution
from explorer.architecture.spec import NetworkSpec


def conv(path: str, x: Op, convolution: Convolution, bias: bool) -> Op:
    """A convolution, without or with biases."""
    outputs, kernel, stride, groups, dilation = convolution
    channels, height, width = x.out_shape
    padding = convolution.padding
    size = (
        output_size(height, kernel, stride, padding, dilation),
        output_size(width, kernel, stride, padding, dilation),
    )
    return Op(
        path,
        "conv",
        (x.path,),
        x.out_shape,
        (outputs, *size),
        *grow_receptive_field(
            x.receptive_field, x.output_stride, dilation * (kernel - 1) + 1, stride
        ),
        kernel,
        stride,
        padding,
        groups,
        bias,
        conv_params(channels, outputs, kernel, groups, bias),
        conv_macs(channels, outputs, kernel, prod(size), groups),
        dilation=dilation,
    )


def same_shape(path: str, kind: OpKind, x: Op) -> Op:
    """ReLU and sigmoid: ops that leave the shape as it is and learn nothing."""
    shape = x.out_shape
    return Op(path, kind, (x.path,), shape, shape, x.receptive_field, x.output_stride)


def norm(spec: NetworkSpec, path: str, x: Op) -> Op:
    """Batch norm or group norm, with gamma and beta; its choice is the network's."""
    shape = x.out_shape
    batch = spec.norm == "batch"
    return Op(
        path,
        "batch_norm" if batch else "group_norm",
        (x.path,),
        shape,
        shape,
        x.receptive_field,
        x.output_stride,
        groups=1 if batch else groups_of(shape[0]),
        bias=True,
        params=2 * shape[0],
        eps=spec.norm_eps,
    )


def max_pool(path: str, x: Op) -> Op:
    """3x3 with stride 2, as stems have it."""
    channels, height, width = x.out_shape
    out = (channels, output_size(height, 3, 2, 1), output_size(width, 3, 2, 1))
    field, jump = grow_receptive_field(x.receptive_field, x.output_stride, 3, 2)
    return Op(path, "max_pool", (x.path,), x.out_shape, out, field, jump, 3, 2, padding=1)


def halving_mean(path: str, x: Op) -> Op:
    """2x2 average pooling; of odd sizes the last row and column count alone."""
    channels, height, width = x.out_shape
    field, jump = grow_receptive_field(x.receptive_field, x.output_stride, 2, 2)
    shape = (channels, halved(height), halved(width))
    return Op(path, "local_avg_pool", (x.path,), x.out_shape, shape, field, jump, 2, 2)


def mean(path: str, x: Op) -> Op:
    """The mean of each channel over all positions."""
    channels, height, _ = x.out_shape
    field, jump = grow_receptive_field(x.receptive_field, x.output_stride, height, 1)
    return Op(
        path, "avg_pool", (x.path,), x.out_shape, (channels, 1, 1), field, jump, kernel=height
    )


def fully_connected(path: str, kind: OpKind, x: Op, out: Shape) -> Op:
    """A weight for each channel of `x` and of `out`, and biases."""
    weights, field, jump = x.out_shape[0] * out[0], x.receptive_field, x.output_stride
    return Op(
        path,
        kind,
        (x.path,),
        x.out_shape,
        out,
        field,
        jump,
        bias=True,
        params=weights + out[0],
        macs=weights,
    )


def pad(path: str, x: Op, outputs: int, stride: int, zeros_before: int) -> Op:
    """Option A's shortcut: every `stride`-th pixel, and channels of zeros."""
    shape = (outputs, *(output_size(size, 1, stride, 0) for size in x.out_shape[1:]))
    field, jump = x.receptive_field, x.output_stride * stride
    return Op(
        path,
        "pad",
        (x.path,),
        x.out_shape,
        shape,
        field,
        jump,
        1,
        stride,
        zeros_before=zeros_before,
    )
