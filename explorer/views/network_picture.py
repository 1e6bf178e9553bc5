"""The whole network on one line: volumes that shrink and thicken."""

from math import ceil
from typing import NamedTuple

from explorer.architecture import Blueprint, Shape, notation
from explorer.views.block_diagram import window
from explorer.views.palette import STEM, slot_of
from explorer.views.svg import FONT, arrow, document, node, text
from explorer.views.volumes import RECEDE, Scale, bounds, cuboid, fit
from explorer.words import count, label, width

IMAGE = "input"
_GAP = 30.0
_SIDE, _THICKNESS = 190.0, 84.0


class Volume(NamedTuple):
    """One drawn tensor: the op that writes it, its shape, its name and what made it."""

    path: str
    shape: Shape
    name: str
    made_by: str = ""


def volumes(bp: Blueprint) -> list[Volume]:
    """The image, what the stem writes, each stage's output, the pooled features, the scores."""
    first, pool = bp.stem.ops[0], bp.stem.ops[-1]
    windows = [op for op in bp.stem.ops if op.kind == "conv"]
    made_by = window(first) if len(windows) == 1 else label("volumes.three", kernel=first.kernel)
    found = [
        Volume(IMAGE, bp.in_shape, label("tensor.image")),
        Volume(first.path, windows[-1].out_shape, first.path.partition(".")[0], made_by),
    ]
    if pool.kind == "max_pool":
        found.append(Volume(pool.path, pool.out_shape, label("volumes.max_pool"), window(pool)))
    for stage in bp.stages:
        made_by = count(len(stage.blocks), "block")
        found.append(Volume(stage.ops[0].path, stage.out_shape, stage.title, made_by))
    average, flat, classifier = bp.head.ops[-3:]
    found.append(
        Volume(
            average.path, flat.out_shape, label("volumes.average_pool"), label("volumes.features")
        )
    )
    found.append(
        Volume(classifier.path, classifier.out_shape, label("volumes.fc"), label("volumes.classes"))
    )
    return found


def picture(bp: Blueprint) -> str:
    """The network as an SVG. Each volume but the image carries the path of its op."""
    shown = volumes(bp)
    scale = _scale(shown)
    places, total = _row(shown, scale)
    floor = 8 + _SIDE * (1 + RECEDE[1])
    middle = (8 + floor) / 2
    parts, edge = [], 0.0
    for volume, centre, half in places:
        if volume.path != IMAGE:
            parts.append(arrow(edge + 6, centre - half - 6, middle))
        edge = centre + half
        slot = STEM if volume.path == IMAGE else slot_of(volume.path)
        drawn = cuboid(volume.shape, centre - half, middle, scale, slot)
        name, size, made_by = _lines(volume)
        labels = text(centre, floor + 22, name, bold=True)
        labels += text(centre, floor + 43, size) + text(centre, floor + 64, made_by)
        # The gaps between faces and labels belong to the volume too, so that a click finds it.
        target = (
            f'<rect x="{centre - half:.1f}" y="8" width="{2 * half:.1f}" '
            f'height="{floor + 60:.1f}" fill="none" pointer-events="all"/>'
        )
        path = "" if volume.path == IMAGE else volume.path
        parts.append(node(path, label("named.of", name=name, what=size), target, drawn, labels))
    return document(total, floor + 74, parts)


def legible_width(bp: Blueprint) -> int:
    """Width in pixels at which the labels of `picture` are still 14 pixels high."""
    shown = volumes(bp)
    return ceil(_row(shown, _scale(shown))[1] * 14 / FONT)


class _Place(NamedTuple):
    """Where a volume stands: the middle and half the width of its drawing."""

    volume: Volume
    centre: float
    half: float


def _scale(shown: list[Volume]) -> Scale:
    return fit((volume.shape for volume in shown), _SIDE, _THICKNESS)


def _row(shown: list[Volume], scale: Scale) -> tuple[list[_Place], float]:
    """The volumes side by side, none nearer than its labels allow, and the width of all."""
    places, x = [], 4.0
    for volume in shown:
        wide, _ = bounds(volume.shape, scale)
        room = max(wide, *(width(line, FONT) for line in _lines(volume)))
        places.append(_Place(volume, x + room / 2, wide / 2))
        x += room + _GAP
    return places, x - _GAP + 4


def _lines(volume: Volume) -> tuple[str, str, str]:
    return volume.name, notation.volume(volume.shape), volume.made_by
