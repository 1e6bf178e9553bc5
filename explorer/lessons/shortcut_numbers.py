"""What the page on shortcuts says of a network in numbers: values for its sentences."""

from typing import Any

from explorer.architecture import Blueprint
from explorer.architecture.notation import shape_text
from explorer.architecture.ops import Op
from explorer.architecture.strides import StrideStudy, reach
from explorer.architecture.structure import Block
from explorer.words import label, listed, section

_MOST_NAMED = 8


def summary(bp: Blueprint) -> dict[str, Any]:
    """The network's shortcuts in numbers."""
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
    """One block and its shortcut in numbers."""
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
            "why": shortcut.why,
            "source": shortcut.source.removeprefix(f"{block.path}."),
            "skip_in": shape_text(entered),
            "new_channels": left[0] - entered[0],
            "stride": max((op.stride for op in block.shortcut_ops), default=1),
            "formula": block.shortcut_ops[0].params_formula if block.shortcut_ops else "0",
        }
    return found


def strides(study: StrideStudy) -> tuple[str, str]:
    """v1 against v1.5: what it costs, and what it reads."""
    old, new = (bp.block(study.path) for bp in (study.v1, study.v15))
    reach_v1, reach_v15 = reach(old), reach(new)
    costs = section(
        "shortcuts",
        "strides",
        title=new.title,
        v1_macs=f"{study.v1.macs:,}",
        v15_macs=f"{study.v15.macs:,}",
        extra=f"{study.extra_macs:,}",
        percent=f"{study.extra_macs / study.v1.macs:+.1%}",
        moved=_named(study.moved),
        conv1_v1=f"{_first_convolution(old).macs:,}",
        conv1_v15=f"{_first_convolution(new).macs:,}",
    )
    read = {
        "reach_v1": f"{reach_v1.whole:.1%}",
        "main_v15": f"{reach_v15.main:.1%}",
        "field_v1": study.v1.receptive_field,
        "field_v15": study.v15.receptive_field,
    }
    if reach_v15.shortcut is None:
        return costs, section("shortcuts", "strides reach, no projection", **read)
    shortcut = f"{reach_v15.shortcut:.1%}"
    return costs, section("shortcuts", "strides reach", shortcut_v15=shortcut, **read)


def _first_convolution(block: Block) -> Op:
    return next(op for op in block.main_ops if op.kind == "conv")


def _named(blocks: tuple[Block, ...]) -> str:
    names = [block.title for block in blocks[:_MOST_NAMED]]
    more = len(blocks) - _MOST_NAMED
    return listed([*names, label("shortcuts.more", n=more)] if more > 0 else names)
