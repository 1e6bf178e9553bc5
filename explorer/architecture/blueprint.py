"""NetworkSpec + image size -> Blueprint: the whole forward pass on paper, in milliseconds."""

from collections.abc import Mapping
from functools import lru_cache
from math import prod
from typing import Final, NamedTuple

from explorer.architecture.arithmetic import (
    conv_macs,
    conv_params,
    grow_receptive_field,
    output_size,
)
from explorer.architecture.ops import (
    Block,
    Blueprint,
    Op,
    OpKind,
    Shape,
    Shortcut,
    ShortcutKind,
    Stage,
)
from explorer.architecture.spec import NetworkSpec
from explorer.words import FieldError

MAX_IMAGE_SIZE: Final = 1_024
MAX_ACTIVATIONS: Final = 500_000_000

MAIN_BRANCH: Final = {
    ("basic", "post"): "conv1 bn1 relu1 conv2 bn2",
    ("bottleneck", "post"): "conv1 bn1 relu1 conv2 bn2 relu2 conv3 bn3",
    ("basic", "pre"): "bn1 relu1 conv1 bn2 relu2 conv2",
    ("bottleneck", "pre"): "bn1 relu1 conv1 bn2 relu2 conv2 bn3 relu3 conv3",
}
"""Ops of the main branch in order; post-activation adds a last ReLU after the addition."""


def blueprint(spec: NetworkSpec, image_size: int = 224) -> Blueprint:
    """Every op of the network with its shapes, counts and receptive field.

    The last 64 are kept: pages and questions ask for the same ones again.

    Args:
        spec: the network.
        image_size: height and width of the square input, in pixels.

    Raises:
        FieldError: the image is too small for the strides or too large, or the activations of
            one image would exceed the budget of MAX_ACTIVATIONS values.
    """
    smallest = spec.minimum_image_size
    if type(image_size) is not int or not smallest <= image_size <= MAX_IMAGE_SIZE:
        named = {"image_size": image_size}
        raise FieldError("spec", "image size", named, smallest=smallest, largest=MAX_IMAGE_SIZE)
    return _blueprint(spec, image_size)


@lru_cache(maxsize=64)
def _blueprint(spec: NetworkSpec, image_size: int) -> Blueprint:
    image: Shape = (spec.in_channels, image_size, image_size)
    entry = Op("input", "input", (), image, image, 1, 1)
    stem = _stem(spec, entry)
    x, stages = stem.ops[-1], []
    for index, (depth, width) in enumerate(zip(spec.depths, spec.widths, strict=True)):
        blocks = []
        for position in range(depth):
            stride = 2 if position == 0 and index > 0 else 1
            after_bare_stem = index == position == 0 and not _stem_activates(spec)
            title = f"conv{index + 2}_{position + 1}"
            path = f"layer{index + 1}.{position}"
            blocks.append(_block(spec, path, title, x, width, stride, after_bare_stem))
            x = blocks[-1].ops[-1]
        stages.append(Stage(f"layer{index + 1}", f"conv{index + 2}_x", tuple(blocks)))
    result = Blueprint(spec, image_size, stem, tuple(stages), _head(spec, x))
    if result.activations > MAX_ACTIVATIONS:
        raise FieldError(
            "spec",
            "too many activations",
            {"image_size": image_size},
            activations=result.activations,
            most=MAX_ACTIVATIONS,
        )
    return result


def _conv(
    spec: NetworkSpec, path: str, x: Op, outputs: int, kernel: int, stride: int, groups: int = 1
) -> Op:
    channels, height, width = x.out_shape
    padding = kernel // 2
    size = (
        output_size(height, kernel, stride, padding),
        output_size(width, kernel, stride, padding),
    )
    return Op(
        path,
        "conv",
        (x.path,),
        x.out_shape,
        (outputs, *size),
        *grow_receptive_field(x.receptive_field, x.output_stride, kernel, stride),
        kernel,
        stride,
        padding,
        groups,
        spec.conv_bias,
        conv_params(channels, outputs, kernel, groups, spec.conv_bias),
        conv_macs(channels, outputs, kernel, prod(size), groups),
    )


def _same_shape(path: str, kind: OpKind, x: Op) -> Op:
    """Batch norm or ReLU: ops that leave the shape as it is."""
    shape, field, jump = x.out_shape, x.receptive_field, x.output_stride
    learned = kind == "batch_norm"
    params = 2 * shape[0] if learned else 0
    return Op(path, kind, (x.path,), shape, shape, field, jump, bias=learned, params=params)


def _stem_activates(spec: NetworkSpec) -> bool:
    """A CIFAR stem before pre-activation blocks is the bare convolution."""
    return spec.stem == "imagenet" or spec.activation_order == "post"


def _stem(spec: NetworkSpec, image: Op) -> Block:
    kernel, stride = (7, 2) if spec.stem == "imagenet" else (3, 1)
    ops = [_conv(spec, "conv1", image, spec.stem_width, kernel, stride)]
    if _stem_activates(spec):
        if spec.batch_norm:
            ops.append(_same_shape("bn1", "batch_norm", ops[-1]))
        ops.append(_same_shape("relu", "relu", ops[-1]))
    if spec.stem == "imagenet":
        x = ops[-1]
        channels, height, width = x.out_shape
        out = (channels, output_size(height, 3, 2, 1), output_size(width, 3, 2, 1))
        field, jump = grow_receptive_field(x.receptive_field, x.output_stride, 3, 2)
        ops.append(
            Op("maxpool", "max_pool", (x.path,), x.out_shape, out, field, jump, 3, 2, padding=1)
        )
    return Block("stem", "stem", tuple(ops))


class Convolution(NamedTuple):
    """A convolution of a block's main branch: channels that it writes, and its window."""

    channels: int
    kernel: int
    stride: int = 1
    groups: int = 1


def convolutions(
    spec: NetworkSpec, inner: int, channels: int, stride: int
) -> dict[str, Convolution]:
    """A block's main branch by the names of its convolutions.

    Args:
        spec: what kind of block.
        inner: channels inside the block.
        channels: channels that leave it.
        stride: of the block.
    """
    if spec.block == "basic":
        return {"conv1": Convolution(inner, 3, stride), "conv2": Convolution(channels, 3)}
    first, second = (stride, 1) if spec.stride_on == "1x1" else (1, stride)
    return {
        "conv1": Convolution(inner, 1, first),
        "conv2": Convolution(inner, 3, second, spec.groups),
        "conv3": Convolution(channels, 1),
    }


def _shortcut_kind(spec: NetworkSpec, changes: bool) -> ShortcutKind:
    if spec.shortcut == "none":
        return "none"
    if spec.shortcut == "projection-always":
        return "projection"
    return spec.shortcut if changes else "identity"


def _block(
    spec: NetworkSpec,
    path: str,
    title: str,
    x: Op,
    width: int,
    stride: int,
    after_bare_stem: bool,
) -> Block:
    channels = width * spec.expansion
    changes = stride != 1 or x.out_shape[0] != channels
    kind = _shortcut_kind(spec, changes)
    # The shared first activation of pre-activation units whose shortcut is not the
    # identity, and of the unit that follows a bare stem (Identity Mappings, appendix).
    shared = kind != "identity" or after_bare_stem
    branch = convolutions(spec, spec.inner_width(width), channels, stride)
    return compose(spec, path, title, x, branch, kind, stride, shared)


def compose(
    spec: NetworkSpec,
    path: str,
    title: str,
    x: Op,
    branch: Mapping[str, Convolution],
    kind: ShortcutKind,
    stride: int,
    shared: bool,
) -> Block:
    """A block whose main branch has the convolutions of `branch`, after `x`.

    `shared`: the shortcut of a pre-activation block reads the first activation instead of x.
    Whether an identity shortcut fits what it is added to is the caller's business.
    """
    ops: list[Op] = []
    main = source = x
    for name in MAIN_BRANCH[spec.block, spec.activation_order].split():
        op_path = f"{path}.{name}"
        if name in branch:
            main = _conv(spec, op_path, main, *branch[name])
        elif name.startswith("relu"):
            main = _same_shape(op_path, "relu", main)
        elif spec.batch_norm:
            main = _same_shape(op_path, "batch_norm", main)
        else:
            continue
        ops.append(main)
        if name == "relu1" and spec.activation_order == "pre" and shared:
            source = main
    skip = source
    for op in _shortcut_ops(spec, path, source, kind, main.out_shape[0], stride):
        ops.append(op._replace(on_shortcut=True))
        skip = op
    if kind != "none":
        field = max(main.receptive_field, skip.receptive_field)
        shape, inputs = main.out_shape, (main.path, skip.path)
        main = Op(f"{path}.add", "add", inputs, shape, shape, field, main.output_stride)
        ops.append(main)
    if spec.activation_order == "post":
        ops.append(_same_shape(f"{path}.relu{len(branch)}", "relu", main))
    shortcut = Shortcut(kind, source.path, source.out_shape, ops[-1].out_shape)
    return Block(path, title, tuple(ops), shortcut)


def _shortcut_ops(
    spec: NetworkSpec, path: str, source: Op, kind: ShortcutKind, outputs: int, stride: int
) -> list[Op]:
    if kind == "projection":
        ops = [_conv(spec, f"{path}.downsample.0", source, outputs, 1, stride)]
        if spec.batch_norm and spec.norm_on_projection:
            ops.append(_same_shape(f"{path}.downsample.1", "batch_norm", ops[-1]))
        return ops
    if kind == "padding":
        size = tuple(output_size(s, 1, stride, 0) for s in source.out_shape[1:])
        jump = source.output_stride * stride
        shape, field = (outputs, *size), source.receptive_field
        return [
            Op(
                f"{path}.pad",
                "pad",
                (source.path,),
                source.out_shape,
                shape,
                field,
                jump,
                1,
                stride,
            )
        ]
    return []


def _head(spec: NetworkSpec, x: Op) -> Block:
    ops: list[Op] = []
    if spec.activation_order == "pre":
        if spec.batch_norm:
            ops.append(_same_shape("final_bn", "batch_norm", x))
        ops.append(_same_shape("final_relu", "relu", ops[-1] if ops else x))
        x = ops[-1]
    channels, height, _ = x.out_shape
    field, jump = grow_receptive_field(x.receptive_field, x.output_stride, height, 1)
    pooled = (channels, 1, 1)
    ops.append(
        Op("avgpool", "avg_pool", (x.path,), x.out_shape, pooled, field, jump, kernel=height)
    )
    ops.append(Op("flatten", "flatten", ("avgpool",), pooled, (channels,), field, jump))
    weights = channels * spec.num_classes
    ops.append(
        Op(
            "fc",
            "linear",
            ("flatten",),
            (channels,),
            (spec.num_classes,),
            field,
            jump,
            bias=True,
            params=weights + spec.num_classes,
            macs=weights,
        )
    )
    return Block("head", "head", tuple(ops))
