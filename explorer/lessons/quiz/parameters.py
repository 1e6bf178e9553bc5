"""Questions on parameters, with the miscounts that are usual."""

from dataclasses import replace
from functools import partial
from math import prod
from random import Random

from explorer.architecture import Blueprint, blueprint
from explorer.architecture.notation import shape_text
from explorer.lessons.quiz.question import (
    COUNTS,
    Draft,
    Network,
    added,
    bottleneck_at,
    described,
    formula,
    of_each,
)
from explorer.words import section

MISPRINT = 1_170_648
"""What a much-copied tutorial prints for two 3×3 convolutions at 256 channels."""

_say = partial(section, "quiz_parameters")


def params_of_conv(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Weights of one convolution."""
    op = rng.choice([op for op in bp.ops if op.kind == "conv"])
    k, c_in, c_out = op.kernel, op.in_shape[0], op.out_shape[0]
    bias = c_out if op.bias else 0
    weights = op.params - bias
    followers = [other for other in bp.ops if op.path in other.inputs]
    normed = any(other.kind == "batch_norm" for other in followers)
    product = formula(op.params_formula.rsplit(" = ", 1)[0], op.params)
    return Draft(
        _say("conv: asks", path=op.path, convolution=described(op)),
        op.params,
        (
            (weights, _say("conv: no biases"))
            if op.bias
            else (weights + c_out, _say("conv: biases")),
            (k * (c_in // op.groups) * c_out + bias, _say("conv: one side of the kernel")),
            (k * k * c_in * c_out + bias, _say("conv: no groups", groups=op.groups)),
            (k * k * c_out + bias, _say("conv: no input channels")),
            (k * k * c_in + bias, _say("conv: one filter")),
            (
                op.params + 2 * c_out,
                _say("conv: batch norm" if normed else "conv: as if with batch norm"),
            ),
            (op.macs, _say("conv: macs")),
        ),
        _say("conv: so, with bias" if op.bias else "conv: so", formula=product),
        *COUNTS,
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
    together = formula(added(op.params for op in counted), block.params)
    return Draft(
        _say("block: asks", block=block.title, path=block.path),
        block.params,
        (
            (block.params - on_shortcut, _say("block: no projection")),
            (block.params - norms, _say("block: no batch norm")),
            (block.params + norms, _say("block: running statistics")),
            (block.params - filters, _say("block: no biases"))
            if network.spec.conv_bias
            else (block.params + filters, _say("block: biases")),
            (block.params - projection_norm, _say("block: no norm on the projection")),
            (block.params - on_shortcut - norms, _say("block: main branch")),
        ),
        _say("block: so", parts=of_each((op, op.params) for op in counted), formula=together),
        *COUNTS,
    )


def params_of_pair(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Two 3×3 against the bottleneck, at the width of one of the network's blocks."""
    channels = rng.choice([256, rng.choice(bp.blocks).out_shape[0]])
    if channels % 4:
        return None
    if rng.random() < 0.35:
        return _bottleneck(channels)
    pair, inner = 18 * channels * channels, channels // 4
    bottleneck = 2 * channels * inner + 9 * inner * inner
    mistakes = [
        (pair // 2, _say("pair: one of two")),
        (bottleneck, _say("pair: bottleneck", channels=channels)),
        (pair + 2 * channels, _say("pair: biases")),
        (pair + 4 * channels, _say("pair: batch norm")),
        (25 * channels * channels, _say("pair: 5x5")),
    ]
    if channels == 256:
        mistakes = [(MISPRINT, _say("pair: misprint")), *rng.sample(mistakes, 2)]
    return Draft(
        _say("pair: asks", channels=channels),
        pair,
        tuple(mistakes),
        _say("pair: so", formula=formula(f"2 × 3 × 3 × {channels:,} × {channels:,}", pair)),
        *bottleneck_at(channels),
    )


def _bottleneck(channels: int) -> Draft:
    inner = channels // 4
    right = 2 * channels * inner + 9 * inner * inner
    terms = f"{channels:,} × {inner:,} + 9 × {inner:,} × {inner:,} + {inner:,} × {channels:,}"
    return Draft(
        _say("bottleneck: asks", channels=channels, inner=inner),
        right,
        (
            (18 * channels * channels, _say("bottleneck: two 3x3", channels=channels)),
            (right + 2 * inner + channels, _say("bottleneck: biases")),
            (channels * inner + 9 * inner * inner, _say("bottleneck: one 1x1 missing")),
            (9 * inner * inner, _say("bottleneck: 3x3 only")),
            (2 * channels * inner + 9 * channels * inner, _say("bottleneck: full width")),
        ),
        _say("bottleneck: so", formula=formula(terms, right)),
        *bottleneck_at(channels),
    )


def params_of_classifier(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The linear layer behind the global average pool."""
    fc = bp.ops[-1]
    features, classes = fc.in_shape[0], fc.out_shape[0]
    last = prod(bp.feature_op.out_shape)
    return Draft(
        _say("classifier: asks", shape=shape_text(bp.feature_op.out_shape), classes=classes),
        fc.params,
        (
            (fc.params - classes, _say("classifier: no biases")),
            (last * classes + classes, _say("classifier: flattened")),
            (features * classes + features, _say("classifier: biases of features")),
            (features + classes, _say("classifier: added")),
        ),
        _say(
            "classifier: so",
            formula=formula(f"{features:,} × {classes:,} + {classes:,}", fc.params),
        ),
        *COUNTS,
    )


def params_of_network(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The total, against the totals of networks that are nearly this one."""
    spec, size = network.spec, network.image_size
    norms = sum(op.params for op in bp.ops if op.kind == "batch_norm")
    fc = bp.ops[-1]
    classes = 10 if spec.num_classes != 10 else 1000
    mistakes = (
        (
            blueprint(replace(spec, num_classes=classes), size).params,
            _say("network: other classes", classes=classes),
        ),
        (
            blueprint(replace(spec, conv_bias=not spec.conv_bias), size).params,
            _say("network: no biases" if spec.conv_bias else "network: biases"),
        ),
        (bp.params + norms, _say("network: running statistics")),
        (bp.params - norms, _say("network: no batch norm")),
        (
            bp.params - sum(op.params for op in bp.ops if op.on_shortcut),
            _say("network: no projections"),
        ),
        (bp.params - fc.params, _say("network: no classifier")),
    )
    parts = (
        sum(op.params for op in bp.ops if op.kind == "conv" and not op.on_shortcut),
        sum(op.params for op in bp.ops if op.kind == "conv" and op.on_shortcut),
        norms,
        fc.params,
    )
    if sum(parts) != bp.params:
        return None  # group norm or squeeze-and-excitation, which the question does not tell
    return Draft(
        _say(
            "network: asks",
            main=parts[0],
            shortcuts=parts[1],
            norms=norms,
            classifier=fc.params,
        ),
        bp.params,
        mistakes,
        _say("network: so", formula=formula(added(parts), bp.params)),
        *COUNTS,
    )
