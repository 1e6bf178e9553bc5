"""Questions on shapes: after an op, of a weight, of a window's output, of a block."""

from functools import partial
from random import Random

from explorer.architecture import Block, Blueprint, Op
from explorer.architecture.arithmetic import output_size
from explorer.architecture.notation import shape_text
from explorer.lessons.quiz.question import Draft, Network, formula
from explorer.words import section

_say = partial(section, "quiz_shapes")


def output_of_window(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Pixels that a convolution or the max-pool leaves."""
    windows = [op for op in bp.ops if op.kind in ("conv", "max_pool") and op.dilation == 1]
    strided = [op for op in windows if op.stride > 1]
    op = rng.choice(strided or windows)
    size, kernel, stride, padding = op.in_shape[1], op.kernel, op.stride, op.padding
    reach = size + 2 * padding - kernel
    return Draft(
        _say(f"window: asks, {op.kind}", size=size, **_window(op)),
        op.out_shape[1],
        (
            (output_size(size, kernel, 1, padding), _say("window: no stride")),
            (output_size(size, kernel, stride, 0), _say("window: no padding")),
            ((size + padding - kernel) // stride + 1, _say("window: padding on one side")),
            (reach // stride, _say("window: no plus one")),
            (-(-reach // stride) + 1, _say("window: rounded up")),
            (size // stride, _say("window: divided by stride")),
            (op.out_shape[1] // 2, _say("window: halved again")),
        ),
        _say("window: so", formula=_size(op)),
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
        ((c, h_in, w_in), _say("shape: no stride", stride=op.stride)),
        ((c_in, h, w), _say("shape: input channels")),
        ((h, w, c), _say("shape: channels last")),
        ((c, max(1, h // 2), max(1, w // 2)), _say("shape: halved again", stride=op.stride)),
    ]
    if network.spec.block == "bottleneck" and op.name in ("conv1", "conv2") and "." in op.path:
        mistakes.append(((4 * c, h, w), _say("shape: restored too early")))
    if op.name == "conv3":
        mistakes.append(((c // 4, h, w), _say("shape: not restored")))
    right = shape_text(op.out_shape)
    return Draft(
        _say("shape: asks", path=op.path),
        right,
        tuple((shape_text(shape), why) for shape, why in mistakes),
        _say(
            f"shape: so, {op.kind}",
            channels=c,
            read=shape_text(op.in_shape),
            formula=_size(op),
            right=right,
            **_window(op),
        ),
        "shape_trace",
        {"trace_op": op.path},
    )


def shape_of_weight(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The weight tensor, which is often confused with the feature map it makes."""
    op = rng.choice([op for op in bp.ops if op.kind == "conv"])
    (c_in, _, _), (c_out, h, w), k = op.in_shape, op.out_shape, op.kernel
    share = c_in // op.groups
    right = shape_text((c_out, share, k, k))
    mistakes = (
        ((h, w, c_out), _say("weight: feature map")),
        ((share, c_out, k, k), _say("weight: swapped")),
        ((c_out, k, k), _say("weight: no input channels")),
        ((c_out, share, h, w), _say("weight: size of the map")),
        ((c_out, c_in, k, k), _say("weight: no groups", groups=op.groups)),
        ((c_out, c_out, k, k), _say("weight: wrong input", c_in=c_in, c_out=c_out)),
    )
    return Draft(
        _say("weight: asks", path=op.path),
        right,
        tuple((shape_text(shape), why) for shape, why in mistakes),
        _say(
            "weight: so, grouped" if op.groups > 1 else "weight: so",
            kernel=k,
            c_in=c_in,
            c_out=c_out,
            groups=op.groups,
            share=share,
            right=right,
        ),
        "shape_trace",
        {"trace_op": op.path},
    )


def block_from_shapes(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Which block reads this shape and writes that one."""

    def ends(block: Block) -> tuple[str, str]:
        return shape_text(block.in_shape), shape_text(block.out_shape)

    by_ends: dict[tuple[str, str], list[Block]] = {}
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
    read, written = ends(block)
    channels, height, width = block.out_shape
    return Draft(
        _say("block: asks", read=read, written=written),
        block.title,
        tuple((other.title, _another(other.title, *ends(other))) for other in near),
        _say(
            "block: so",
            height=height,
            width=width,
            channels=channels,
            stage=bp.stages[stage or 0].title,
            read=read,
            written=written,
            right=block.title,
        ),
        "shape_trace",
        {"trace_op": f"{block.path}.conv1"},
    )


def _another(title: str, read: str, written: str) -> str:
    return _say("block: another", block=title, read=read, written=written)


def _size(op: Op) -> str:
    return formula(op.side_formula(1).rsplit(" = ", 1)[0], op.out_shape[1])


def _window(op: Op) -> dict[str, object]:
    """What the sentences say of a convolution or a pool."""
    return {"path": op.path, "kernel": op.kernel, "stride": op.stride, "padding": op.padding}
