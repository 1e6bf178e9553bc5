"""The dashed blocks as rows."""

from typing import Any, Final

from explorer.architecture import Blueprint
from explorer.architecture.notation import shape_text
from explorer.architecture.structure import Block
from explorer.words import label

TABLE: Final = "dashed_table"


def dashed_rows(bp: Blueprint) -> list[dict[str, Any]]:
    """One row for each dashed block; its columns are called by the labels [dashed_table]."""
    return [_row(bp, block) for block in bp.dashed]


def _row(bp: Blueprint, block: Block) -> dict[str, Any]:
    shortcut, index = block.shortcut, bp.stage_of(block.path)
    assert shortcut is not None
    assert index is not None
    return {
        "block": label("named.in_brackets", name=block.title, what=block.path),
        "stage": bp.stages[index].title,
        "kind": label(f"shortcut_kind.{shortcut.kind}"),
        "in": shape_text(shortcut.in_shape),
        "out": shape_text(shortcut.out_shape),
        "why": shortcut.why,
        "params": sum(op.params for op in block.shortcut_ops),
        "macs": sum(op.macs for op in block.shortcut_ops),
    }
