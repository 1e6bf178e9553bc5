"""NetworkSpec + image size -> Blueprint: the whole forward pass on paper, in milliseconds."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from explorer.architecture import plan
from explorer.architecture.image_size import ImageSize, sides
from explorer.architecture.layers import (
    conv,
    fully_connected,
    halving_mean,
    max_pool,
    mean,
    norm,
    pad,
    same_shape,
)
from explorer.architecture.ops import Op, Shape
from explorer.architecture.plan import Convolution
from explorer.architecture.spec import NetworkSpec
from explorer.architecture.structure import Block, Blueprint, Shortcut, ShortcutKind, Stage
from explorer.words import Advised, FieldError

MAX_IMAGE_SIZE: Final = 4_096


def blueprint(spec: NetworkSpec, image_size: ImageSize = 224) -> Blueprint:
    """Every op of the network with its shapes, counts and receptive field.

    The last 64 are kept: pages and questions ask for the same ones again.

    Args:
        spec: the network.
        image_size: height and width of the input in pixels, one number where it is square.

    Raises:
        FieldError: the image is too large, or too small for the strides or for group norm.
    """
    smallest = spec.total_stride
    if type(image_size) is tuple and len(image_size) == 2 and image_size[0] == image_size[1]:
        image_size = image_size[0]
    both = image_size if type(image_size) is tuple else (image_size, image_size)
    named: dict[str, object] = {"image_size": image_size}
    if len(both) != 2 or not all(
        type(side) is int and smallest <= side <= MAX_IMAGE_SIZE for side in both
    ):
        raise FieldError("spec", "image size", named, smallest=smallest, largest=MAX_IMAGE_SIZE)
    if image_size == smallest and (alone := _groups_of_one(spec)):
        named["norm"] = spec.norm
        larger = Advised("image_size", smallest_image_size(spec))
        raise FieldError("spec", "image of one value", named, channels=alone, larger=larger)
    return _blueprint(spec, image_size)


def smallest_image_size(spec: NetworkSpec) -> int:
    """The smallest square, in pixels, that has a blueprint: every stride halves something, and no
    group that is normalised has one value only."""
    return spec.total_stride + bool(_groups_of_one(spec))


@lru_cache(maxsize=64)
def _groups_of_one(spec: NetworkSpec) -> int | None:
    """Channels of a map that group norm could not normalise in the smallest image, if there is one.

    There the last maps have one position; in any larger image no map has. A group of one value is
    its own mean, so that nothing but 0 is left of it, and torch refuses to normalise a single image
    so, also in eval mode.
    """
    if spec.norm != "group":
        return None
    ops = _blueprint(spec, spec.total_stride)
    return next((op.groups for op in ops if op.groups_of_one), None)


@lru_cache(maxsize=64)
def _blueprint(spec: NetworkSpec, image_size: ImageSize) -> Blueprint:
    image: Shape = (spec.in_channels, *sides(image_size))
    stem = _stem(spec, Op("input", "input", (), image, image, 1, 1))
    x = stem.ops[-1]
    stages: list[list[Block]] = [[] for _ in spec.depths]
    for place in plan.places(spec):
        block = _block(spec, place, x)
        stages[place.stage].append(block)
        x = block.ops[-1]
    return Blueprint(
        spec,
        image_size,
        stem,
        tuple(
            Stage(f"layer{index + 1}", f"conv{index + 2}_x", tuple(blocks))
            for index, blocks in enumerate(stages)
        ),
        _head(spec, x),
    )


def _stem(spec: NetworkSpec, image: Op) -> Block:
    ops: list[Op] = []
    x = image
    for name, kind, convolution in plan.stem(spec):
        if convolution is not None:
            x = conv(name, x, convolution, spec.conv_bias or spec.stem_bias)
        elif kind == "norm":
            x = norm(spec, name, x)
        elif kind == "relu":
            x = same_shape(name, "relu", x)
        else:
            x = max_pool(name, x)
        ops.append(x)
    return Block("stem", "stem", tuple(ops))


def _shortcut_kind(spec: NetworkSpec, changes: bool) -> ShortcutKind:
    if spec.shortcut == "none":
        return "none"
    if spec.shortcut == "projection-always":
        return "projection"
    return spec.shortcut if changes else "identity"


def _block(spec: NetworkSpec, place: plan.Place, x: Op) -> Block:
    channels, stride = place.width * spec.expands_by, place.stride
    changes = stride != 1 or x.out_shape[0] != channels
    kind = _shortcut_kind(spec, changes)
    # The unit that follows a bare stem shares its first activation, too.
    shared = kind != "none" and (place.shares or plan.hands_on_activation(spec, kind))
    inner = spec.inner_width(place.width)
    branch = plan.convolutions(spec, inner, channels, stride, place.dilations)
    title = f"conv{place.stage + 2}_{place.position + 1}"
    return compose(spec, place.path, title, x, branch, kind, stride, shared)


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
    for name in plan.main_branch(spec):
        op_path = f"{path}.{name}"
        if name in branch:
            main = conv(op_path, main, branch[name], spec.conv_bias)
        elif name.startswith("relu"):
            main = same_shape(op_path, "relu", main)
        else:
            main = norm(spec, op_path, main)
        ops.append(main)
        if name == "relu1" and spec.activation_order == "pre" and shared:
            source = main
    if spec.se_ratio:
        ops += _squeeze_excitation(spec, f"{path}.se", main)
        main = ops[-1]
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
        ops.append(same_shape(f"{path}.relu{len(branch)}", "relu", main))
    shortcut = Shortcut(kind, source.path, source.out_shape, ops[-1].out_shape)
    return Block(path, title, tuple(ops), shortcut)


def _squeeze_excitation(spec: NetworkSpec, path: str, x: Op) -> list[Op]:
    """A factor from 0 to 1 for each channel, computed from the means of all of them.

    The factors depend on the whole map. Receptive fields go on counting windows alone, or every
    one would be the whole image from the first such block on.
    """
    channels = x.out_shape[0]
    inner = plan.squeezed(spec, channels)
    pooled = mean(f"{path}.avgpool", x)
    squeezed = fully_connected(f"{path}.fc1", "gate_linear", pooled, (inner, 1, 1))
    relu = same_shape(f"{path}.relu", "relu", squeezed)
    excited = fully_connected(f"{path}.fc2", "gate_linear", relu, (channels, 1, 1))
    sigmoid = same_shape(f"{path}.sigmoid", "sigmoid", excited)
    scale = same_shape(f"{path}.scale", "scale", x)._replace(inputs=(x.path, sigmoid.path))
    return [pooled, squeezed, relu, excited, sigmoid, scale]


def _shortcut_ops(
    spec: NetworkSpec, path: str, source: Op, kind: ShortcutKind, outputs: int, stride: int
) -> list[Op]:
    """Names of the ops of a projection are torchvision's; behind a pool, timm's."""
    ops: list[Op] = []
    if kind == "identity" or kind == "none":
        return ops
    if plan.pools_down(spec, stride):
        name = "downsample.0" if kind == "projection" else "pool"
        ops.append(halving_mean(f"{path}.{name}", source))
        source, stride = ops[-1], 1
    if kind == "projection":
        first = 1 if spec.avg_down else 0
        window = Convolution(outputs, 1, stride)
        ops.append(conv(f"{path}.downsample.{first}", source, window, spec.conv_bias))
        if spec.norm != "none" and spec.norm_on_projection:
            ops.append(norm(spec, f"{path}.downsample.{first + 1}", ops[-1]))
        return ops
    zeros = plan.zeros_before(spec, outputs - source.out_shape[0])
    return [*ops, pad(f"{path}.pad", source, outputs, stride, zeros)]


def _head(spec: NetworkSpec, x: Op) -> Block:
    ops: list[Op] = []
    if spec.activation_order == "pre" and spec.final_norm:
        if spec.norm != "none":
            ops.append(norm(spec, "final_bn", x))
        ops.append(same_shape("final_relu", "relu", ops[-1] if ops else x))
        x = ops[-1]
    ops.append(mean("avgpool", x))
    pooled = ops[-1]
    flat = (pooled.out_shape[0],)
    field, jump = pooled.receptive_field, pooled.output_stride
    ops.append(Op("flatten", "flatten", ("avgpool",), pooled.out_shape, flat, field, jump))
    ops.append(fully_connected("fc", "linear", ops[-1], (spec.num_classes,)))
    return Block("head", "head", tuple(ops))
