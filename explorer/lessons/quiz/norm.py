"""Questions on batch norm: what it learns, how often it stands, what it averages over."""

from functools import partial
from math import prod
from random import Random

from explorer.architecture import Blueprint
from explorer.architecture.notation import shape_text
from explorer.lessons.quiz.question import REAL_LAYER, Draft, Network, formula
from explorer.words import section

_say = partial(section, "quiz_norm")


def params_of_norm(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Learned values of one batch norm."""
    norms = [op for op in bp.ops if op.kind == "batch_norm"]
    if not norms:
        return None
    op = rng.choice(norms)
    channels = op.out_shape[0]
    return Draft(
        _say("one: asks", path=op.path, shape=shape_text(op.in_shape)),
        op.params,
        (
            (4 * channels, _say("one: running statistics")),
            (channels, _say("one: gamma only")),
            (2, _say("one: not per channel")),
            (2 * prod(op.out_shape), _say("one: per position")),
            (2 * op.out_shape[1] * op.out_shape[2], _say("one: statistics")),
        ),
        _say("one: so", formula=formula(f"2 × {channels:,}", op.params)),
        "batch_norm",
        REAL_LAYER | {"bn_layer": op.path},
    )


def params_of_all_norms(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Learned values of all batch norms of the network."""
    norms = [op for op in bp.ops if op.kind == "batch_norm"]
    if not norms:
        return None
    channels = sum(op.out_shape[0] for op in norms)
    on_shortcuts = sum(op.out_shape[0] for op in norms if op.on_shortcut)
    return Draft(
        _say(
            "all: asks, some on shortcuts" if on_shortcuts else "all: asks",
            norms=len(norms),
            channels=channels,
            on_shortcuts=on_shortcuts,
        ),
        2 * channels,
        (
            (4 * channels, _say("all: running statistics")),
            (channels, _say("all: gamma only")),
            (2 * (channels - on_shortcuts), _say("all: no shortcuts")),
            (2 * len(norms), _say("all: per layer")),
            (3 * channels, _say("all: three values")),
        ),
        _say("all: so", formula=formula(f"2 × {channels:,}", 2 * channels)),
        "batch_norm",
        REAL_LAYER,
    )


def how_many_norms(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Batch-norm layers."""
    norms = [op for op in bp.ops if op.kind == "batch_norm"]
    if not norms:
        return None
    spec = network.spec
    blocks, per_block = len(bp.blocks), 2 if spec.block == "basic" else 3
    on_shortcuts = sum(1 for op in norms if op.on_shortcut)
    ends = len(norms) - on_shortcuts - per_block * blocks
    return Draft(
        _say("layers: asks"),
        len(norms),
        (
            (len(norms) - on_shortcuts, _say("layers: no shortcuts")),
            (spec.depth, _say("layers: the name")),
            (per_block * blocks, _say("layers: main branches")),
            (
                len(norms) - 1,
                _say("layers: one missing" if ends == 1 else "layers: one of several", ends=ends),
            ),
            (len(norms) + 1, _say("layers: classifier")),
            (2 * len(norms), _say("layers: gamma and beta")),
        ),
        _say(
            "layers: so",
            per_block=per_block,
            formula=formula(f"{per_block} × {blocks} + {ends} + {on_shortcuts}", len(norms)),
        ),
        "batch_norm",
        REAL_LAYER,
    )


def values_in_a_mean(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """How many values one channel's batch mean averages."""
    norms = [op for op in bp.ops if op.kind == "batch_norm"]
    if not norms:
        return None
    op, batch = rng.choice(norms), rng.choice((2, 4, 8, 16, 32, 64, 128, 256))
    channels, height, width = op.in_shape
    right = batch * height * width
    return Draft(
        _say("mean: asks", batch=batch, path=op.path, shape=shape_text(op.in_shape)),
        right,
        (
            (batch, _say("mean: batch only")),
            (height * width, _say("mean: one image")),
            (channels * height * width, _say("mean: layer norm")),
            (batch * channels * height * width, _say("mean: all channels")),
            (batch * channels, _say("mean: no positions")),
        ),
        _say("mean: so", formula=formula(f"{batch} × {height} × {width}", right)),
        "batch_norm",
        REAL_LAYER | {"bn_layer": op.path},
    )
