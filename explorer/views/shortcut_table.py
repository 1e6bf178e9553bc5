"""The dashed blocks as rows, and what the page on shortcuts says of a network in numbers."""

from typing import Any

from explorer.architecture import Blueprint
from explorer.architecture.notation import shape_text
from explorer.architecture.ops import Block, Op
from explorer.architecture.strides import StrideStudy, reach

KINDS = {"projection": "projection (1x1)", "padding": "zero padding", "identity": "identity"}


def dashed_rows(bp: Blueprint) -> list[dict[str, Any]]:
    """One row for each dashed block."""
    return [_row(bp, block) for block in bp.dashed]


def _row(bp: Blueprint, block: Block) -> dict[str, Any]:
    shortcut, index = block.shortcut, bp.stage_of(block.path)
    assert shortcut is not None
    assert index is not None
    return {
        "Block": f"{block.title} ({block.path})",
        "Stage": bp.stages[index].title,
        "Kind": KINDS[shortcut.kind],
        "In": shape_text(shortcut.in_shape),
        "Out": shape_text(shortcut.out_shape),
        "Why": arrows(shortcut.why),
        "Parameters": sum(op.params for op in block.shortcut_ops),
        "MACs": sum(op.macs for op in block.shortcut_ops),
    }


def summary(bp: Blueprint) -> dict[str, Any]:
    """The network's shortcuts in numbers, for the lessons."""
    on_shortcuts = [op for block in bp.blocks for op in block.shortcut_ops]
    params = sum(op.params for op in on_shortcuts)
    return {
        "blocks": len(bp.blocks),
        "dashed": len(bp.dashed),
        "solid": sum(b.shortcut is not None and b.shortcut.line == "solid" for b in bp.blocks),
        "projections": sum(op.kind == "conv" for op in on_shortcuts),
        "names": _named(bp.dashed),
        "params": f"{params:,}",
        "share": f"{params / bp.params:.1%}",
        "macs": f"{sum(op.macs for op in on_shortcuts):,}",
        "additions": f"{bp.additions:,}",
        "additions_share": f"{bp.additions / bp.macs:.3%}",
    }


def of_block(block: Block) -> dict[str, Any]:
    """One block and its shortcut in numbers, for the lessons."""
    shortcut = block.shortcut
    found: dict[str, Any] = {
        "title": block.title,
        "path": block.path,
        "in_shape": shape_text(block.in_shape),
        "out_shape": shape_text(block.out_shape),
        "main_params": f"{sum(op.params for op in block.main_ops):,}",
        "main_macs": f"{sum(op.macs for op in block.main_ops):,}",
        "params": f"{sum(op.params for op in block.shortcut_ops):,}",
        "macs": f"{sum(op.macs for op in block.shortcut_ops):,}",
        "additions": f"{sum(op.activations for op in block.ops if op.kind == 'add'):,}",
    }
    if shortcut is not None:
        entered, left = shortcut.in_shape, shortcut.out_shape
        found |= {
            "why": arrows(shortcut.why),
            "source": shortcut.source.removeprefix(f"{block.path}."),
            "skip_in": shape_text(entered),
            "new_channels": left[0] - entered[0],
            "stride": max((op.stride for op in block.shortcut_ops), default=1),
            "formula": block.shortcut_ops[0].params_formula if block.shortcut_ops else "0",
        }
    return found


def stride_numbers(study: StrideStudy) -> dict[str, Any]:
    """v1 against v1.5 in numbers, for the lessons."""
    old, new = (bp.block(study.path) for bp in (study.v1, study.v15))
    reach_v1, reach_v15 = reach(old), reach(new)
    way, ways = "", "that is all the block reads"
    if reach_v15.shortcut is not None:
        ways = "the main branch and the shortcut step over the same ones"
        way = f", and {reach_v15.shortcut:.1%} through the shortcut"
    return {
        "title": new.title,
        "v1_macs": f"{study.v1.macs:,}",
        "v15_macs": f"{study.v15.macs:,}",
        "extra": f"{study.extra_macs:,}",
        "percent": f"{study.extra_macs / study.v1.macs:+.1%}",
        "moved": _named(study.moved),
        "conv1_v1": f"{_first_convolution(old).macs:,}",
        "conv1_v15": f"{_first_convolution(new).macs:,}",
        "reach_v1": f"{reach_v1.whole:.1%}",
        "main_v15": f"{reach_v15.main:.1%}",
        "shortcut_v15": way,
        "ways": ways,
        "field_v1": study.v1.receptive_field,
        "field_v15": study.v15.receptive_field,
    }


def _first_convolution(block: Block) -> Op:
    return next(op for op in block.main_ops if op.kind == "conv")


def arrows(text: str) -> str:
    """`64 -> 256` with a proper arrow."""
    return text.replace("->", "→")


def _named(blocks: tuple[Block, ...], most: int = 8) -> str:
    names = [block.title for block in blocks[:most]]
    if len(blocks) > most:
        return f"{', '.join(names)} and {len(blocks) - most} more"
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
