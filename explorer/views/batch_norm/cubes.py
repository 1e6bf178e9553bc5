"""Over which axes a normalisation takes its mean: the values of a batch as a block of cells."""

from collections.abc import Callable
from typing import Final

from explorer.architecture.norms import NormKind
from explorer.views.palette import BACKGROUND, BLUE, BORDER, LIGHT, PANEL
from explorer.views.svg import document, text
from explorer.words import label

IMAGES, CHANNELS, POSITIONS, GROUP = 4, 6, 6, 3
_CELL, _DEPTH, _FONT = 19, 10, 15
_LEFT, _TOP = 34, 62
WIDTH = _LEFT + CHANNELS * _CELL + IMAGES * _DEPTH + 24
HEIGHT = _TOP + POSITIONS * _CELL + 30

Inside = Callable[[int, int], bool]

SHARED: Final[dict[NormKind, Inside]] = {
    "batch": lambda image, channel: channel == CHANNELS - 1,
    "layer": lambda image, channel: image == 0,
    "instance": lambda image, channel: image == 0 and channel == CHANNELS - 1,
    "group": lambda image, channel: image == 0 and channel >= CHANNELS - GROUP,
}
"""Which (image, channel) cells share one mean; every position of a cell always does."""


def cube(kind: NormKind) -> str:
    """A block of N images x C channels x H W positions, the cells of one mean in blue."""
    inside = SHARED[kind]
    front = [
        _face(inside(0, channel), *_square(channel, position))
        for channel in range(CHANNELS)
        for position in range(POSITIONS)
    ]
    top = [
        _face(inside(image, channel), *_leaning(channel, image))
        for image in range(IMAGES)
        for channel in range(CHANNELS)
    ]
    side = [
        _face(inside(image, CHANNELS - 1), *_upright(image, position))
        for image in range(IMAGES)
        for position in range(POSITIONS)
    ]
    right, bottom = _LEFT + CHANNELS * _CELL, _TOP + POSITIONS * _CELL
    middle = _TOP + POSITIONS * _CELL / 2
    upright = text(20, middle, label("cube.positions"), size=_FONT)
    labels = [
        text(_LEFT + CHANNELS * _CELL / 2, bottom + 20, label("cube.channels"), size=_FONT),
        f'<g transform="rotate(-90 20 {middle})">{upright}</g>',
        text(right + IMAGES * _DEPTH - 28, 14, label("cube.images"), size=_FONT),
    ]
    return document(WIDTH, HEIGHT, [*top, *side, *front, *labels])


def _square(channel: int, position: int) -> tuple[tuple[float, float], ...]:
    x, y = _LEFT + channel * _CELL, _TOP + position * _CELL
    return (x, y), (x + _CELL, y), (x + _CELL, y + _CELL), (x, y + _CELL)


def _leaning(channel: int, image: int) -> tuple[tuple[float, float], ...]:
    x, y = _LEFT + channel * _CELL + image * _DEPTH, _TOP - image * _DEPTH
    return (x, y), (x + _CELL, y), (x + _CELL + _DEPTH, y - _DEPTH), (x + _DEPTH, y - _DEPTH)


def _upright(image: int, position: int) -> tuple[tuple[float, float], ...]:
    x = _LEFT + CHANNELS * _CELL + image * _DEPTH
    y = _TOP + position * _CELL - image * _DEPTH
    return (x, y), (x + _DEPTH, y - _DEPTH), (x + _DEPTH, y - _DEPTH + _CELL), (x, y + _CELL)


def _face(shared: bool, *corners: tuple[float, float]) -> str:
    fill, stroke = (LIGHT[BLUE], BACKGROUND) if shared else (PANEL, BORDER)
    points = " ".join(f"{x},{y}" for x, y in corners)
    return f'<polygon points="{points}" fill="{fill}" stroke="{stroke}"/>'
