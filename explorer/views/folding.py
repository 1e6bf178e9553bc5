"""Repeated blocks as one node: which blocks of a stage are drawn, and which are folded."""

from collections.abc import Container
from typing import Final, NamedTuple

from explorer.architecture import Blueprint
from explorer.architecture.structure import Block, Stage, repeats

FOLD: Final = "fold-"
"""Prefix of the id of the node that stands for a stage's folded blocks."""
MOST_UNFOLDED: Final = 200
"""Blocks of one stage that are drawn singly; the rest stays folded even in an unfolded stage."""


class Group(NamedTuple):
    """What one node stands for: a block, or a run of folded blocks that equal `like`."""

    blocks: tuple[Block, ...]
    like: Block | None = None


def groups(stage: Stage, unfolded: bool = False) -> list[Group]:
    """The stage's blocks as they are drawn: the first of each run of equal blocks, and a fold.

    A run is folded where that hides two blocks or more.
    """
    found: list[Group] = []
    room = MOST_UNFOLDED if unfolded else 1
    for blocks in repeats(stage.blocks):
        shown = room if len(blocks) - room >= 2 else len(blocks)
        found += [Group((block,)) for block in blocks[:shown]]
        if blocks[shown:]:
            found.append(Group(blocks[shown:], blocks[0]))
    return found


def foldable(bp: Blueprint) -> tuple[str, ...]:
    """Paths of the stages that have folded blocks unless they are unfolded."""
    return tuple(stage.path for stage in bp.stages if _has_fold(stage, False))


def still_folded(bp: Blueprint, unfold: Container[str]) -> tuple[str, ...]:
    """Paths of the unfolded stages that have too many blocks to draw them all."""
    return tuple(s.path for s in bp.stages if s.path in unfold and _has_fold(s, True))


def node_of(bp: Blueprint, path: str, unfold: Container[str] = ()) -> str:
    """Id of the node that stands for this block: its own path, or that of the fold it is in."""
    for stage in bp.stages:
        if path.startswith(f"{stage.path}."):
            for group in groups(stage, stage.path in unfold):
                if group.like and any(block.path == path for block in group.blocks):
                    return FOLD + stage.path
    return path


def _has_fold(stage: Stage, unfolded: bool) -> bool:
    return any(group.like for group in groups(stage, unfolded))
