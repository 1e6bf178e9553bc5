"""Questions on MACs, which papers on ResNets print as FLOPs."""

from dataclasses import replace
from functools import partial
from random import Random

from explorer.architecture import Blueprint, blueprint, smallest_image_size
from explorer.architecture.notation import shape_text
from explorer.lessons.quiz.question import (
    COUNTS,
    Draft,
    Network,
    added,
    described,
    formula,
    of_each,
)
from explorer.words import label, section

_say = partial(section, "quiz_macs")


def macs_of_conv(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """MACs of one convolution."""
    op = rng.choice([op for op in bp.ops if op.kind == "conv"])
    (c_in, h_in, w_in), (c_out, h, w), k = op.in_shape, op.out_shape, op.kernel
    per_position = k * k * (c_in // op.groups) * c_out
    asked = {"path": op.path, "h_in": h_in, "w_in": w_in, "h": h, "w": w}
    return Draft(
        _say("conv: asks", convolution=described(op), **asked),
        op.macs,
        (
            (2 * op.macs, _say("conv: flops")),
            (per_position * h_in * w_in, _say("conv: before the stride")),
            (per_position * h, _say("conv: one axis")),
            (op.params, _say("conv: parameters")),
            (k * k * c_in * c_out * h * w, _say("conv: no groups", groups=op.groups)),
            (k * (c_in // op.groups) * c_out * h * w, _say("conv: one side of the kernel")),
        ),
        _say("conv: so", formula=formula(op.macs_formula.rsplit(" = ", 1)[0], op.macs)),
        "shape_trace",
        {"trace_op": op.path},
    )


def macs_of_block(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """MACs of one residual unit."""
    first = [stage.blocks[0] for stage in bp.stages]
    block = rng.choice(first if rng.random() < 0.6 else bp.blocks)
    other = replace(network.spec, stride_on="1x1" if network.spec.stride_on == "3x3" else "3x3")
    moved = blueprint(other, network.image_size).block(block.path).macs
    on_shortcut = sum(op.macs for op in block.shortcut_ops)
    counted = [op for op in block.ops if op.macs]
    # One in the place of the other: the number of mistakes is part of what a seed decides.
    addition = (
        (block.macs + block.ops[-1].activations, _say("block: addition counted"))
        if network.spec.shortcut != "none"
        else (block.params, _say("block: parameters"))
    )
    together = formula(added(op.macs for op in counted), block.macs)
    return Draft(
        _say(
            "block: asks",
            block=block.title,
            path=block.path,
            read=shape_text(block.in_shape),
            written=shape_text(block.out_shape),
        ),
        block.macs,
        (
            (2 * block.macs, _say("block: flops")),
            (block.macs - on_shortcut, _say("block: no projection")),
            (
                moved,
                _say("block: stride elsewhere", stride_on=label(f"stride_on.{other.stride_on}")),
            ),
            addition,
            (block.macs - counted[-1].macs, _say("block: one missing")),
        ),
        _say("block: so", parts=of_each((op, op.macs) for op in counted), formula=together),
        *COUNTS,
    )


def macs_of_network(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The total, which papers print as FLOPs."""
    spec, size = network.spec, network.image_size
    other = replace(spec, stride_on="1x1" if spec.stride_on == "3x3" else "3x3")
    half = max(size // 2, smallest_image_size(spec))
    on_shortcuts = sum(op.macs for op in bp.ops if op.on_shortcut)
    parts = [bp.stem, *bp.stages, bp.head]
    return Draft(
        _say(
            "network: asks",
            stem=bp.stem.macs,
            stages=added(stage.macs for stage in bp.stages),
            classifier=bp.head.macs,
        ),
        bp.macs,
        (
            (2 * bp.macs, _say("network: flops")),
            (
                blueprint(other, size).macs,
                _say("network: stride elsewhere", stride_on=label(f"stride_on.{other.stride_on}")),
            ),
            (bp.macs - on_shortcuts, _say("network: no projections")),
            (bp.macs - bp.stem.macs, _say("network: no stem")),
            (blueprint(spec, half).macs, _say("network: half the size", size=half)),
            (bp.params, _say("network: parameters")),
        ),
        _say("network: so", formula=formula(added(part.macs for part in parts), bp.macs)),
        *COUNTS,
    )
