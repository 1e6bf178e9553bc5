"""Each op in one sentence, as a textbook would tell it.

Volumes are written height x width x channels, as in papers and tutorials.
"""

from math import prod

from explorer.architecture import Block, Blueprint, Op
from explorer.architecture.notation import volume
from explorer.words import count, section


def op_sentence(bp: Blueprint, op: Op) -> str:
    """What the op does, in words, with its numbers."""
    return block_sentence(bp.block(op.path), op)


def block_sentence(block: Block, op: Op) -> str:
    """What an op of this block does; the block need not be part of a network."""
    return section("sentences", _section_of(op, block), **_numbers(op))


def walk_in_words(bp: Blueprint) -> list[tuple[str, str]]:
    """(path, sentence) of every op in order: the whole network told."""
    return [(op.path, op_sentence(bp, op)) for op in bp.ops]


def _section_of(op: Op, block: Block) -> str:
    """The heading in sentences.md that fits."""
    if op.kind == "conv":
        if op.on_shortcut:
            return "projection"
        return "conv" if op.groups == 1 else "conv, grouped"
    if op.kind == "batch_norm" and op.on_shortcut:
        return "batch_norm, projection"
    if op.kind == "add" and block.shortcut is not None:
        shared = block.shortcut.source.startswith(f"{block.path}.")
        return f"{'add first activation' if shared else 'add'}, {block.shortcut.kind}"
    if op.kind == "pad":
        more = op.out_shape[0] > op.in_shape[0]
        if op.stride == 1:
            return "pad, channels" if more else "pad, nothing"
        return "pad, sampling and channels" if more else "pad, sampling"
    if op.kind == "relu" and op.inputs[0].endswith(".add"):
        return "relu, after add"
    if op.kind == "relu" and block.shortcut is not None and block.shortcut.source == op.path:
        return "relu, shared"
    return op.kind


def _numbers(op: Op) -> dict[str, str | int]:
    channels, out_channels, share = op.in_shape[0], op.out_shape[0], op.in_shape[0] // op.groups
    window = f"{op.kernel}x{op.kernel}"
    return {
        "input": volume(op.in_shape),
        "output": volume(op.out_shape),
        "stride": op.stride,
        "padding": op.padding,
        "window": window,
        "kernels": count(out_channels, "kernel"),
        "kernel": f"{window}x{share:,}",
        "groups": op.groups,
        "share": f"{share:,}",
        "channels": f"{channels:,}",
        "positions": "x".join(map(str, op.in_shape[1:])),
        "features": f"{prod(op.in_shape):,}",
        "classes": f"{out_channels:,}",
        "zeros": f"{out_channels - channels:,}",
    }
