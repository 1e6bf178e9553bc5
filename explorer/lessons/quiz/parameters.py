"""Questions on parameters, with the miscounts that are usual."""

from dataclasses import replace
from math import prod
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

MISPRINT = 1_170_648
"""What a much-copied tutorial prints for two 3×3 convolutions at 256 channels."""


def params_of_conv(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Weights of one convolution."""
    op = rng.choice([op for op in bp.ops if op.kind == "conv"])
    k, c_in, c_out = op.kernel, op.in_shape[0], op.out_shape[0]
    bias = c_out if op.bias else 0
    weights = op.params - bias
    return Draft(
        f"How many parameters has `{op.path}`, {described(op)}?",
        op.params,
        (
            (
                weights + (0 if op.bias else c_out),
                "You forgot the biases, which this network has."
                if op.bias
                else "You counted a bias per filter; this network's convolutions have none.",
            ),
            (k * (c_in // op.groups) * c_out + bias, "You counted one side of the kernel only."),
            (k * k * c_in * c_out + bias, f"You forgot that it has {op.groups} groups."),
            (k * k * c_out + bias, "You left out the input channels."),
            (k * k * c_in + bias, "You counted one filter only."),
            (weights + 2 * c_out, "You counted the gamma and beta of the batch norm after it."),
            (op.macs, "Those are its MACs: you multiplied by the positions it writes."),
        ),
        "Kernel × kernel × input channels of a group × output channels"
        + (", and one bias per output channel" if op.bias else "")
        + ": "
        + formula(op.params_formula.rsplit(" = ", 1)[0], op.params),
        "parameters",
        {"params_view": "This network"},
    )


def params_of_block(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """All parameters of one residual unit."""
    projected = [b for b in bp.blocks if b.shortcut and b.shortcut.kind == "projection"]
    block = rng.choice(projected if projected and rng.random() < 0.6 else bp.blocks)
    norms = sum(op.params for op in block.ops if op.kind == "batch_norm")
    filters = sum(op.out_shape[0] for op in block.ops if op.kind == "conv")
    on_shortcut = sum(op.params for op in block.shortcut_ops)
    projection_norm = sum(op.params for op in block.shortcut_ops if op.kind == "batch_norm")
    counted = [op for op in block.ops if op.params]
    return Draft(
        f"How many parameters has the block {block.title} (`{block.path}`), with everything "
        "that is learned in it?",
        block.params,
        (
            (block.params - on_shortcut, "You forgot the projection on its shortcut."),
            (block.params - norms, "You left out batch norm's gamma and beta."),
            (
                block.params + norms,
                "You counted batch norm's running mean and variance; those are not learned.",
            ),
            (
                block.params - filters if network.spec.conv_bias else block.params + filters,
                "You forgot the biases, which this network has."
                if network.spec.conv_bias
                else "You counted biases; this network's convolutions have none.",
            ),
            (block.params - projection_norm, "You forgot the batch norm after the projection."),
            (
                block.params - on_shortcut - norms,
                "You counted the main branch's convolutions alone.",
            ),
        ),
        ", ".join(f"{part_of_block(op)} {op.params:,}" for op in counted)
        + ". Together "
        + formula(added(op.params for op in counted), block.params),
        "parameters",
        {"params_view": "This network"},
    )


def params_of_pair(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Two 3×3 against the bottleneck, at the width of one of the network's blocks."""
    channels = rng.choice([256, rng.choice(bp.blocks).out_shape[0]])
    if channels % 4:
        return None
    inner = channels // 4
    pair = 18 * channels * channels
    bottleneck = 2 * channels * inner + 9 * inner * inner
    if rng.random() < 0.35:
        return Draft(
            f"A bottleneck reads and writes {channels:,} channels and works on {inner:,} inside: "
            "1×1, 3×3, 1×1. How many weights, without biases and batch norm?",
            bottleneck,
            (
                (pair, f"Those are the weights of two 3×3 at {channels:,} channels."),
                (bottleneck + 2 * inner + channels, "You counted a bias per filter."),
                (channels * inner + 9 * inner * inner, "You forgot one of the two 1×1."),
                (9 * inner * inner, "You counted the 3×3 only."),
                (2 * channels * inner + 9 * channels * inner, "Its 3×3 reads the reduced width."),
            ),
            "Reduce, convolve, restore: "
            + formula(
                f"{channels:,} × {inner:,} + 9 × {inner:,} × {inner:,} + {inner:,} × {channels:,}",
                bottleneck,
            ),
            "parameters",
            {"params_view": "Bottleneck", "params_channels": str(channels)},
        )
    mistakes = [
        (pair // 2, "You counted one of the two convolutions."),
        (bottleneck, f"Those are the weights of the bottleneck at {channels:,} channels."),
        (pair + 2 * channels, "You counted a bias per filter."),
        (pair + 4 * channels, "You counted the gamma and beta of two batch norms."),
        (25 * channels * channels, "That is one 5×5, which sees as far as two 3×3."),
    ]
    if channels == 256:
        misprint = (MISPRINT, "A misprint that many tutorials copy: it lost a 9 of 1,179,648.")
        mistakes = [misprint, *rng.sample(mistakes, 2)]
    return Draft(
        f"Two 3×3 convolutions, each with {channels:,} channels in and out. How many weights "
        "together, without biases and batch norm?",
        pair,
        tuple(mistakes),
        "Two times kernel × kernel × input × output channels: "
        + formula(f"2 × 3 × 3 × {channels:,} × {channels:,}", pair),
        "parameters",
        {"params_view": "Bottleneck", "params_channels": str(channels)},
    )


def params_of_classifier(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The linear layer behind the global average pool."""
    fc = bp.ops[-1]
    features, classes = fc.in_shape[0], fc.out_shape[0]
    last = prod(bp.feature_op.out_shape)
    return Draft(
        f"The last feature map has the shape {shape_text(bp.feature_op.out_shape)}; it is "
        f"averaged over its positions and goes to {classes:,} classes. How many parameters "
        "has `fc`?",
        fc.params,
        (
            (fc.params - classes, "You forgot the bias of each class."),
            (
                last * classes + classes,
                "You flattened the map without the global average pool before it.",
            ),
            (features * classes + features, "The biases belong to the classes, not the features."),
            (features + classes, "You added what has to be multiplied."),
        ),
        "Features × classes, and one bias per class: "
        + formula(f"{features:,} × {classes:,} + {classes:,}", fc.params),
        "parameters",
        {"params_view": "This network"},
    )


def params_of_network(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The total, against the totals of networks that are nearly this one."""
    spec, size = network.spec, network.image_size
    norms = sum(op.params for op in bp.ops if op.kind == "batch_norm")
    fc = bp.ops[-1]
    classes = 10 if spec.num_classes != 10 else 1000
    bias = "without the biases" if spec.conv_bias else "with biases on the convolutions"
    mistakes = [
        (
            blueprint_of(replace(spec, num_classes=classes), size).params,
            f"That is the count for {classes:,} classes.",
        ),
        (
            blueprint_of(replace(spec, conv_bias=not spec.conv_bias), size).params,
            f"That is the count {bias}.",
        ),
        (bp.params + norms, "You counted batch norm's running statistics; they are not learned."),
        (bp.params - norms, "You left out batch norm's gamma and beta."),
        (
            bp.params - sum(op.params for op in bp.ops if op.on_shortcut),
            "You left out the projections.",
        ),
        (bp.params - fc.params, "You left out the classifier."),
    ]
    parts = [
        sum(op.params for op in bp.ops if op.kind == "conv" and not op.on_shortcut),
        sum(op.params for op in bp.ops if op.kind == "conv" and op.on_shortcut),
        norms,
        fc.params,
    ]
    return Draft(
        "How many parameters has the whole network?",
        bp.params,
        tuple(mistakes),
        "Convolutions of stem and main branches, projections, batch norm, classifier: "
        + formula(added(parts), bp.params),
        "parameters",
        {"params_view": "This network"},
    )
