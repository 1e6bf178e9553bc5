"""How large the parts of a network's diagram are, and the words that they have room for."""

from typing import Final, Literal, NamedTuple, get_args

from explorer.architecture import Blueprint
from explorer.architecture.notation import shape_text
from explorer.architecture.structure import Shortcut, Stage
from explorer.views.sheet import TEXT_SIZE
from explorer.words import count, label, width

Layout = Literal["stages", "vertical", "horizontal"]
LAYOUTS: Final[tuple[Layout, ...]] = get_args(Layout)

_SLIM: Final = 0.86
"""Shapes are narrower than words: digits, commas and brackets."""


class Measures(NamedTuple):
    """Lengths along the chain: of a block, of the arrows into and out of it, to an arrow's label
    and of the band for a stage's title. Extents across it: of a block, before and after it to
    the stage's frame; the shortcuts run at `lane`."""

    block: float
    into: float
    out: float
    label: float
    band: float
    across: float
    before: float
    lane: float
    after: float


def shortcut_label(shortcut: Shortcut) -> list[str]:
    """Lines on a shortcut: its shape, and what becomes of it where it is dashed."""
    if shortcut.dashed:
        return [shape_text(shortcut.in_shape), f"→ {shape_text(shortcut.out_shape)}"]
    return [shape_text(shortcut.in_shape)]


def measures(bp: Blueprint, horizontal: bool) -> Measures:
    """Room for the longest label: beside the blocks, or along the chain."""
    shapes = {block.shortcut for block in bp.dashed} | {block.shortcut for block in bp.blocks[-1:]}
    labels = [line for shortcut in shapes if shortcut for line in shortcut_label(shortcut)]
    room = _SLIM * max(width(line, TEXT_SIZE) for line in labels)
    if horizontal:
        wide = max(width(shape_text(part.out_shape), TEXT_SIZE) for part in bp.parts[:-1])
        above = 122 if bp.additions else 76
        return Measures(124, wide + 46, wide + 34, wide / 2 + 12, 14, 46, 34, 52, above)
    lane = 56 + 2 + room / 2
    beside_entry = 20 + max(
        width(line, TEXT_SIZE) for stage in bp.stages for line in stage_title(stage)
    )
    return Measures(42, 44, 36, 14, 44, 112, 69, lane, max(lane + room / 2 + 2, beside_entry))


def stage_title(stage: Stage) -> list[str]:
    """Lines above a stage: its name, and its size and blocks."""
    height, across = stage.out_shape[1:]
    blocks = count(len(stage.blocks), "block")
    size = label("drawn_network.stage_size", height=height, width=across, blocks=blocks)
    return [label("named.in_brackets", name=stage.title, what=stage.path), size]
