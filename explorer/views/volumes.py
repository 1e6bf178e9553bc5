"""Tensors as volumes: height and width as a face in perspective, channels as thickness.

The rule of every picture here: lengths are the square roots of pixels and of channels. A side
that halves is drawn 0.71 times as long, so that 7 pixels beside 224 are still to be seen.
"""

from collections.abc import Iterable
from math import sqrt
from typing import Final, NamedTuple

from explorer.architecture import Shape
from explorer.views.palette import BACKGROUND, LIGHT

RECEDE: Final = (0.34, 0.22)
"""How far a side goes back into the picture: right and up, as parts of its length."""


class Scale(NamedTuple):
    """Units of the drawing per square root of a pixel, and of a channel."""

    pixel: float
    channel: float


def fit(shapes: Iterable[Shape], side: float, thickness: float, boldest: float = 4.0) -> Scale:
    """The scale at which no side is longer than `side` and no volume thicker than `thickness`.

    `boldest` bounds the units per channel, so that a network of few channels looks thin.
    """
    extents = [extent(shape) for shape in shapes]
    largest = max(max(height, width) for _, height, width in extents)
    most = max(channels for channels, _, _ in extents)
    return Scale(side / sqrt(largest), min(boldest, thickness / sqrt(most)))


def extent(shape: Shape) -> tuple[int, int, int]:
    """(C, H, W); a vector is C channels of one pixel."""
    channels, height, width = (*shape, 1, 1)[:3]
    return channels, height, width


def bounds(shape: Shape, scale: Scale) -> tuple[float, float]:
    """Width and height of the drawn volume."""
    thick, tall, deep = _lengths(*extent(shape), scale)
    return thick + RECEDE[0] * deep, tall + RECEDE[1] * deep


def cuboid(shape: Shape, left: float, middle: float, scale: Scale, slot: int) -> str:
    """The volume as three faces; `middle` is the height of its centre in the drawing."""
    thick, tall, deep = _lengths(*extent(shape), scale)
    right, back_up = RECEDE[0] * deep, RECEDE[1] * deep
    top = middle - (tall + back_up) / 2 + back_up
    x, y = left, top
    colour = LIGHT[slot]
    faces = (
        (1.0, ((x, y), (x + thick, y), (x + thick, y + tall), (x, y + tall))),
        (
            0.35,
            ((x, y), (x + right, y - back_up), (x + right + thick, y - back_up), (x + thick, y)),
        ),
        (
            0.6,
            (
                (x + thick, y),
                (x + thick + right, y - back_up),
                (x + thick + right, y - back_up + tall),
                (x + thick, y + tall),
            ),
        ),
    )
    return "".join(
        f'<polygon points="{" ".join(f"{px:.1f},{py:.1f}" for px, py in points)}" '
        f'fill="{colour}" fill-opacity="{opacity}" stroke="{BACKGROUND}" stroke-width="1"/>'
        for opacity, points in faces
    )


def _lengths(channels: int, height: int, width: int, scale: Scale) -> tuple[float, float, float]:
    return (
        sqrt(channels) * scale.channel,
        sqrt(height) * scale.pixel,
        sqrt(width) * scale.pixel,
    )
