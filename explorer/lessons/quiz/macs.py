"""Questions on MACs, which papers on ResNets print as FLOPs."""

from dataclasses import replace
from random import Random

from explorer.architecture import Blueprint
from explorer.architecture.notation import shape_text
from explorer.lessons.quiz.networks import blueprint_of
from explorer.lessons.quiz.question import (
    Draft,
    Network,
    added,
    described,
    formula,
    part_of_block,
)


def macs_of_conv(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """MACs of one convolution."""
    op = rng.choice([op for op in bp.ops if op.kind == "conv"])
    (c_in, h_in, w_in), (c_out, h, w), k = op.in_shape, op.out_shape, op.kernel
    per_position = k * k * (c_in // op.groups) * c_out
    return Draft(
        f"How many MACs does `{op.path}` need for one image: {described(op)}, "
        f"reading {h_in} × {w_in} pixels and writing {h} × {w}?",
        op.macs,
        (
            (2 * op.macs, "Those are FLOPs: one MAC is a multiplication and an addition."),
            (per_position * h_in * w_in, "You counted positions before the stride, not after it."),
            (per_position * h, "You counted the positions of one axis only."),
            (op.params, "Those are its parameters: each weight works at every position."),
            (k * k * c_in * c_out * h * w, f"You forgot its {op.groups} groups."),
            (k * (c_in // op.groups) * c_out * h * w, "You counted one side of the kernel only."),
        ),
        "Weights × positions written: " + formula(op.macs_formula.rsplit(" = ", 1)[0], op.macs),
        "shape_trace",
        {"trace_op": op.path},
    )


def macs_of_block(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """MACs of one residual unit."""
    first = [stage.blocks[0] for stage in bp.stages]
    block = rng.choice(first if rng.random() < 0.6 else bp.blocks)
    other = replace(network.spec, stride_on="1x1" if network.spec.stride_on == "3x3" else "3x3")
    moved = blueprint_of(other, network.image_size).block(block.path).macs
    on_shortcut = sum(op.macs for op in block.shortcut_ops)
    counted = [op for op in block.ops if op.macs]
    return Draft(
        f"How many MACs does the block {block.title} (`{block.path}`) need for one image? It "
        f"reads {shape_text(block.in_shape)} and writes {shape_text(block.out_shape)}.",
        block.macs,
        (
            (2 * block.macs, "Those are FLOPs: 1 MAC = 2 FLOPs."),
            (block.macs - on_shortcut, "You forgot the projection on its shortcut."),
            (moved, f"That is the cost with the stride on the {other.stride_on}."),
            (block.macs + block.ops[-1].activations, "The addition is not counted in MACs."),
            (block.macs - counted[-1].macs, "You forgot one of its convolutions."),
        ),
        ", ".join(f"{part_of_block(op)} {op.macs:,}" for op in counted)
        + ". Together "
        + formula(added(op.macs for op in counted), block.macs),
        "parameters",
        {"params_view": "This network"},
    )


def macs_of_network(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The total, which papers print as FLOPs."""
    spec, size = network.spec, network.image_size
    other = replace(spec, stride_on="1x1" if spec.stride_on == "3x3" else "3x3")
    half = max(size // 2, spec.minimum_image_size)
    on_shortcuts = sum(op.macs for op in bp.ops if op.on_shortcut)
    parts = [bp.stem, *bp.stages, bp.head]
    return Draft(
        "How many MACs does the whole network need for one image?",
        bp.macs,
        (
            (2 * bp.macs, "Those are FLOPs; papers on ResNets print MACs under that name."),
            (
                blueprint_of(other, size).macs,
                f"That is the cost with the stride on the {other.stride_on}.",
            ),
            (bp.macs - on_shortcuts, "You left out the projections."),
            (bp.macs - bp.stem.macs, "You left out the stem."),
            (blueprint_of(spec, half).macs, f"That is the cost at {half} × {half} pixels."),
            (bp.params, "Those are its parameters."),
        ),
        "Stem, stages, classifier: " + formula(added(part.macs for part in parts), bp.macs),
        "parameters",
        {"params_view": "This network"},
    )
