"""Each op in one sentence, as a textbook would tell it.

Volumes are written height x width x channels, as in papers and tutorials.
"""

from math import prod
from typing import Final

from explorer.architecture import Block, Blueprint, Op
from explorer.architecture.image_size import TIMES
from explorer.architecture.notation import volume
from explorer.words import count, section

USUAL_EPS: Final = 1e-5
"""PyTorch's, of which nobody needs to be told."""


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
            return "projection" if op.inputs[0] == _source(block) else "projection, after the pool"
        dilated = ", dilated" if op.dilation > 1 else ""
        return f"conv{dilated}" if op.groups == 1 else f"conv, grouped{dilated}"
    if op.normalises:
        said = [op.kind, *(["projection"] if op.on_shortcut else [])]
        return ", ".join([*said, *(["eps"] if op.eps != USUAL_EPS else [])])
    if ".se." in op.path:
        return f"gate, {op.name}"
    if op.kind == "add" and block.shortcut is not None:
        shared = block.shortcut.source.startswith(f"{block.path}.")
        return f"{'add first activation' if shared else 'add'}, {block.shortcut.kind}"
    if op.kind == "pad":
        more = op.out_shape[0] > op.in_shape[0]
        around = ", both" if op.zeros_before else ""
        if op.stride == 1:
            return f"pad, channels{around}" if more else "pad, nothing"
        return f"pad, sampling and channels{around}" if more else "pad, sampling"
    if op.kind == "relu" and op.inputs[0].endswith(".add"):
        return "relu, after add"
    if op.kind == "relu" and block.shortcut is not None and block.shortcut.source == op.path:
        return "relu, shared"
    return op.kind


def _source(block: Block) -> str:
    return block.shortcut.source if block.shortcut else ""


def _numbers(op: Op) -> dict[str, str | int]:
    channels, out_channels, share = op.in_shape[0], op.out_shape[0], op.in_shape[0] // op.groups
    window = f"{op.kernel}{TIMES}{op.kernel}"
    return {
        "input": volume(op.in_shape),
        "output": volume(op.out_shape),
        "stride": op.stride,
        "padding": op.padding,
        "window": window,
        "kernels": count(out_channels, "kernel"),
        "kernel": f"{window}{TIMES}{share:,}",
        "groups": op.groups,
        "share": f"{share:,}",
        "channels": f"{channels:,}",
        "positions": TIMES.join(map(str, op.in_shape[1:])),
        "features": f"{prod(op.in_shape):,}",
        "classes": f"{out_channels:,}",
        "zeros": f"{out_channels - channels:,}",
        "zeros_before": f"{op.zeros_before:,}",
        "zeros_after": f"{out_channels - channels - op.zeros_before:,}",
        "dilation": op.dilation,
        "span": op.span,
        "eps": f"{op.eps:g}",
    }
