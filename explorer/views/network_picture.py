"""The whole network on one line: volumes that shrink and thicken."""

from html import escape
from typing import NamedTuple

from explorer.architecture import Blueprint, Op, Shape, notation
from explorer.views.palette import STEM, slot_of
from explorer.views.volumes import (
    RECEDE,
    arrow,
    bounds,
    cuboid,
    document,
    fit,
    text,
    text_width,
)

IMAGE = "input"
_GAP = 30.0


class Volume(NamedTuple):
    """One drawn tensor: the op that writes it, its shape, its name and what made it."""

    path: str
    shape: Shape
    name: str
    made_by: str = ""


def volumes(bp: Blueprint) -> list[Volume]:
    """The image, what the stem writes, each stage's output, the pooled features, the scores."""
    first, pool = bp.stem.ops[0], bp.stem.ops[-1]
    found = [
        Volume(IMAGE, bp.in_shape, "image"),
        Volume(first.path, first.out_shape, first.path, _window(first)),
    ]
    if pool.kind == "max_pool":
        found.append(Volume(pool.path, pool.out_shape, "max pool", _window(pool)))
    for stage in bp.stages:
        count = len(stage.blocks)
        made_by = f"{count} block{'s' if count > 1 else ''}"
        found.append(Volume(stage.ops[-1].path, stage.out_shape, stage.title, made_by))
    average, flat, classifier = bp.head.ops[-3:]
    found.append(Volume(average.path, flat.out_shape, "average pool", "features"))
    found.append(Volume(classifier.path, classifier.out_shape, "fc", "classes"))
    return found


def picture(bp: Blueprint, side: float = 190, thickness: float = 84) -> str:
    """The network as an SVG. Each volume but the image carries the path of its op.

    Args:
        bp: the network.
        side: length of the longest side drawn.
        thickness: of the thickest volume drawn.
    """
    shown = volumes(bp)
    scale = fit((volume.shape for volume in shown), side, thickness)
    floor = 8 + side * (1 + RECEDE[1])
    middle = (8 + floor) / 2
    parts, x, edge = [], 4.0, 0.0
    for volume in shown:
        wide, _ = bounds(volume.shape, scale)
        lines = (volume.name, notation.volume(volume.shape), volume.made_by)
        slot_width = max(wide, *(text_width(line) for line in lines))
        centre = x + slot_width / 2
        if volume.path != IMAGE:
            parts.append(arrow(edge + 6, centre - wide / 2 - 6, middle))
        edge = centre + wide / 2
        slot = STEM if volume.path == IMAGE else slot_of(volume.path)
        drawn = cuboid(volume.shape, centre - wide / 2, middle, scale, slot)
        labels = text(centre, floor + 22, lines[0], bold=True)
        labels += text(centre, floor + 43, lines[1]) + text(centre, floor + 64, lines[2])
        node = "" if volume.path == IMAGE else f' data-path="{escape(volume.path)}"'
        title = escape(f"{volume.name}: {lines[1]}")
        parts.append(f"<g{node}><title>{title}</title>{drawn}{labels}</g>")
        x += slot_width + _GAP
    return document(x - _GAP + 4, floor + 74, parts)


def _window(op: Op) -> str:
    return f"{op.kernel}x{op.kernel}, stride {op.stride}"
