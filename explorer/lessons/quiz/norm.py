"""Questions on batch norm: what it learns, how often it stands, what it averages over."""

from math import prod
from random import Random

from explorer.architecture import Blueprint
from explorer.architecture.notation import shape_text
from explorer.lessons.quiz.question import Draft, Network, formula


def params_of_norm(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Learned values of one batch norm."""
    norms = [op for op in bp.ops if op.kind == "batch_norm"]
    if not norms:
        return None
    op = rng.choice(norms)
    channels = op.out_shape[0]
    return Draft(
        f"`{op.path}` normalises a feature map of shape {shape_text(op.in_shape)}. How many "
        "parameters does it learn?",
        op.params,
        (
            (4 * channels, "You counted the running mean and variance; they are not learned."),
            (channels, "You counted gamma only; there is a beta as well."),
            (2, "Each channel has its own gamma and beta."),
            (2 * prod(op.out_shape), "Gamma and beta belong to a channel, not to each position."),
            (2 * op.out_shape[1] * op.out_shape[2], "Statistics run over positions, per channel."),
        ),
        "A gamma and a beta per channel: " + formula(f"2 × {channels:,}", op.params),
        "batch_norm",
        {"bn_section": "Real layer", "bn_layer": op.path},
    )


def params_of_all_norms(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Learned values of all batch norms of the network."""
    norms = [op for op in bp.ops if op.kind == "batch_norm"]
    if not norms:
        return None
    channels = sum(op.out_shape[0] for op in norms)
    on_shortcuts = sum(op.out_shape[0] for op in norms if op.on_shortcut)
    return Draft(
        f"The network's {len(norms)} batch norms normalise {channels:,} channels together"
        + (f", {on_shortcuts:,} of them on shortcuts" if on_shortcuts else "")
        + ". How many parameters do they learn?",
        2 * channels,
        (
            (4 * channels, "You counted the running statistics too; they are buffers."),
            (channels, "You counted gamma only."),
            (2 * (channels - on_shortcuts), "You forgot the batch norms on the shortcuts."),
            (2 * len(norms), "You counted one gamma and beta per layer, not per channel."),
            (3 * channels, "Gamma and beta are two values per channel."),
        ),
        "Gamma and beta for every channel: " + formula(f"2 × {channels:,}", 2 * channels),
        "batch_norm",
        {"bn_section": "Real layer"},
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
        "How many batch-norm layers does this network hold?",
        len(norms),
        (
            (len(norms) - on_shortcuts, "You forgot those on the shortcuts."),
            (spec.depth, "That is the number in the network's name."),
            (per_block * blocks, "You counted the main branches only."),
            (len(norms) - 1, "You forgot the one outside the blocks."),
            (len(norms) + 1, "The classifier has no batch norm."),
            (2 * len(norms), "You counted gamma and beta as layers of their own."),
        ),
        f"{per_block} in each block's main branch, outside the blocks, on the shortcuts: "
        + formula(f"{per_block} × {blocks} + {ends} + {on_shortcuts}", len(norms)),
        "batch_norm",
        {"bn_section": "Real layer"},
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
        f"In training, a batch of {batch} images passes `{op.path}`, which reads "
        f"{shape_text(op.in_shape)} per image. Over how many values is one channel's mean taken?",
        right,
        (
            (batch, "You averaged over the batch only; a convolution's channel has positions too."),
            (height * width, "That is one image, as in instance norm."),
            (channels * height * width, "That is layer norm: one image, all channels."),
            (batch * channels * height * width, "Every channel has its own mean."),
            (batch * channels, "Means run over batch, height and width, per channel."),
        ),
        "Batch × height × width, for each channel by itself: "
        + formula(f"{batch} × {height} × {width}", right),
        "batch_norm",
        {"bn_section": "Real layer", "bn_layer": op.path},
    )
