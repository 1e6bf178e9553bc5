"""Questions on shapes: after an op, of a weight, of a window's output, of a block."""

from random import Random

from explorer.architecture import Block, Blueprint, Op
from explorer.architecture.arithmetic import output_size
from explorer.architecture.notation import shape_text
from explorer.lessons.quiz.question import Draft, Network, formula


def output_of_window(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Pixels that a convolution or the max-pool leaves."""
    windows = [op for op in bp.ops if op.kind in ("conv", "max_pool")]
    strided = [op for op in windows if op.stride > 1]
    op = rng.choice(strided or windows)
    size, kernel, stride, padding = op.in_shape[1], op.kernel, op.stride, op.padding
    reach = size + 2 * padding - kernel
    return Draft(
        f"`{op.path}` is {_named(op)} with stride {stride} and padding {padding}. It reads "
        f"{size} × {size} pixels. How many pixels does it write along one axis?",
        op.out_shape[1],
        (
            (output_size(size, kernel, 1, padding), "You forgot the stride."),
            (output_size(size, kernel, stride, 0), "You left out the padding."),
            ((size + padding - kernel) // stride + 1, "You counted the padding on one side only."),
            (reach // stride, "You forgot the + 1 at the end of the formula."),
            (-(-reach // stride) + 1, "You rounded up; the formula rounds down."),
            (size // stride, "You divided by the stride; windows do not always divide evenly."),
            (op.out_shape[1] // 2, "You halved the size once more than the stride does."),
        ),
        "Pixels along one axis: floor((size + 2 × padding - kernel) / stride) + 1, here "
        + _size(op),
        "shape_trace",
        {"trace_op": op.path},
    )


def shape_after_op(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """(C, H, W) after an op of the forward pass."""
    ops = [op for op in bp.ops if op.kind in ("conv", "max_pool")]
    strided = [op for op in ops if op.stride > 1]
    op = rng.choice(strided if strided and rng.random() < 0.5 else ops)
    (c_in, h_in, w_in), (c, h, w) = op.in_shape, op.out_shape
    mistakes = [
        ((c, h_in, w_in), f"You forgot that its stride is {op.stride}."),
        ((c_in, h, w), "You kept the input's channels; each filter writes one channel."),
        ((h, w, c), "You put the channels last; shapes are (C, H, W) here."),
        (
            (c, max(1, h // 2), max(1, w // 2)),
            f"You halved the size once too often; its stride is {op.stride}.",
        ),
    ]
    if network.spec.block == "bottleneck" and op.name in ("conv1", "conv2") and "." in op.path:
        mistakes.append(((4 * c, h, w), "Only the last 1×1 of a bottleneck restores × 4."))
    if op.name == "conv3":
        mistakes.append(((c // 4, h, w), "You forgot that this 1×1 restores four times the width."))
    writes = (
        f"`{op.path}` has {c} filters and so writes {c} channels"
        if op.kind == "conv"
        else f"`{op.path}` keeps the {c} channels"
    )
    return Draft(
        f"Which shape, (C, H, W) for one image, does `{op.path}` write?",
        shape_text(op.out_shape),
        tuple((shape_text(shape), why) for shape, why in mistakes),
        f"{writes}. It reads {shape_text(op.in_shape)}; {_named(op)} with stride {op.stride} and "
        f"padding {op.padding} leaves {_size(op)} pixels along each axis, which makes "
        f"{shape_text(op.out_shape)}",
        "shape_trace",
        {"trace_op": op.path},
    )


def shape_of_weight(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The weight tensor, which is often confused with the feature map it makes."""
    op = rng.choice([op for op in bp.ops if op.kind == "conv"])
    (c_in, _, _), (c_out, h, w), k = op.in_shape, op.out_shape, op.kernel
    right = (c_out, c_in // op.groups, k, k)
    mistakes = (
        (
            (h, w, c_out),
            "That is the feature map it writes (height, width, channels), not the kernel.",
        ),
        ((c_in // op.groups, c_out, k, k), "You swapped input and output channels."),
        ((c_out, k, k), "You left out the input channels: every filter spans all of its group."),
        ((c_out, c_in // op.groups, h, w), "You gave the kernel the size of the feature map."),
        ((c_out, c_in, k, k), f"You forgot the {op.groups} groups."),
        ((c_out, c_out, k, k), f"It reads {c_in} channels, not {c_out}."),
    )
    grouped = f" in {op.groups} groups" if op.groups > 1 else ""
    return Draft(
        f"Which shape has the weight of `{op.path}`, as (output channels, input channels of a "
        "group, kernel height, kernel width)?",
        shape_text(right),
        tuple((shape_text(shape), why) for shape, why in mistakes),
        f"It is {_named(op)} from {c_in} to {c_out} channels{grouped}. Its size does not depend "
        f"on the image: {c_out} filters, each over {c_in // op.groups} channels of {k}×{k}, "
        f"so {shape_text(right)}",
        "shape_trace",
        {"trace_op": op.path},
    )


def block_from_shapes(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Which block reads this shape and writes that one."""

    def ends(block: Block) -> str:
        return f"reads {shape_text(block.in_shape)} and writes {shape_text(block.out_shape)}"

    by_ends: dict[str, list[Block]] = {}
    for block in bp.blocks:
        by_ends.setdefault(ends(block), []).append(block)
    unique = [blocks[0] for blocks in by_ends.values() if len(blocks) == 1]
    if not unique:
        return None
    block = rng.choice(unique)
    stage = bp.stage_of(block.path)
    # The nearest ones are the hard ones: the neighbours, and the first blocks of other stages.
    near = [b for b in bp.blocks if b is not block and bp.stage_of(b.path) == stage][:2]
    near += [s.blocks[0] for s in bp.stages if s.blocks[0] is not block]
    return Draft(
        f"One block of this network {ends(block)}. Which?",
        block.title,
        tuple((other.title, f"{other.title} {ends(other)}.") for other in near),
        f"The size {block.out_shape[1]} × {block.out_shape[2]} with {block.out_shape[0]} channels "
        f"belongs to {bp.stages[stage or 0].title}, and of its blocks only one {ends(block)}: "
        f"{block.title}",
        "shape_trace",
        {"trace_op": f"{block.path}.conv1"},
    )


def _size(op: Op) -> str:
    return formula(op.size_formula.rsplit(" = ", 1)[0], op.out_shape[1])


def _named(op: Op) -> str:
    if op.kind == "max_pool":
        return f"a {op.kernel}×{op.kernel} max-pool"
    return f"a {op.kernel}×{op.kernel} convolution"
