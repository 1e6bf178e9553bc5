"""Pictures of maps: any position to choose, where a value is, the kernels of the first layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from explorer.experiments.origin.parts import Array
from explorer.views import svg
from explorer.views.inference_pictures import frame as marked
from explorer.views.numbers import plain
from explorer.views.palette import BORDER
from explorer.views.rasters import data_url, map_url, seen
from explorer.views.svg import text
from explorer.words import label

Frame = tuple[float, float, float, float]
"""Left, top, right and bottom of what is marked, in positions of the map."""
NOTHING: Final[Frame] = (0.0, 0.0, 0.0, 0.0)
_NAME: Final = 15


def as_picture(values: Array) -> Array:
    """A map from 0, its smallest value, to 1, its largest; all 0 where it is constant."""
    low, high = float(values.min()), float(values.max())
    scaled: Array = ((values - low) / (high - low if high > low else 1.0)).astype(np.float32)
    return scaled


def grid_map(
    values: Array,
    path: str,
    frame: Frame,
    title: str,
    side: float = 240,
    at: tuple[float, float] = (0, 0),
    best: tuple[int, int] = (0, 0),
) -> str:
    """A map (H, W) of values from 0 to 1 of which any position can be chosen by one click.

    Args:
        values: the map.
        path: of its channel, `layer2.0.conv1,17`; the position chosen comes behind it.
        frame: what is marked.
        title: what the pointer reads.
        side: of the picture, in units of the drawing.
        at: its left top.
        best: the position that the keyboard chooses.
    """
    height, width = values.shape
    x, y = at
    parts = [svg.image(map_url(values, side), x, y, side, side, fit="none")]
    parts.append(
        f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="transparent" '
        f'stroke="{BORDER}"/>'
    )
    drawn = svg.grid(path, title, (height, width), best, *parts)
    left, top, right, bottom = frame
    if right <= left:
        return drawn
    across, down = side / width, side / height
    return drawn + marked(
        x + left * across, y + top * down, (right - left) * across, (bottom - top) * down
    )


class Spotted(NamedTuple):
    """One picture of where a value is: its words, the map (H, W) from 0 to 1 or the photograph,
    and what is framed in it."""

    words: str
    picture: Array | Image.Image
    frame: Frame
    path: str = ""
    title: str = ""
    best: tuple[int, int] = (0, 0)


def where(pictures: Sequence[Spotted], side: float = 210) -> str:
    """The photograph with what can be seen of it, the map that is read and the one written."""
    parts, step = [], side + 44
    for index, one in enumerate(pictures):
        x = index * step + 3
        parts.append(text(x, 17, one.words, anchor="start", size=_NAME))
        if isinstance(one.picture, Image.Image):
            scale = side / one.picture.width
            left, top, right, bottom = (value * scale for value in one.frame)
            kind = "JPEG" if one.picture.width > side else "PNG"
            href = data_url(seen(one.picture, side), kind)
            parts.append(svg.image(href, x, 28, side, side))
            parts.append(marked(x + left, 28 + top, right - left, bottom - top))
        else:
            parts.append(
                grid_map(one.picture, one.path, one.frame, one.title, side, (x, 28), one.best)
            )
        if index:
            parts.append(svg.arrow(x - 36, x - 10, 28 + side / 2))
    return svg.document(len(pictures) * step - 38, side + 34, parts)


def kernels(weights: Array, path: str, columns: int = 16, side: int = 60) -> str:
    """The kernels of the first layer as pictures, (C_out, C_in, k, k); 0 is grey in each.

    Each is scaled by its own largest weight. One of three input channels has colours.
    """
    parts = []
    for index, kernel in enumerate(weights):
        row, column = divmod(index, columns)
        x, y = column * (side + 8) + 2, row * (side + 28) + 2
        most = float(np.abs(kernel).max()) or 1.0
        shades = np.rint((kernel / most + 1) * 127.5).astype(np.uint8)
        image = Image.fromarray(shades.transpose(1, 2, 0) if len(kernel) == 3 else shades[0])
        title = label("origin_line.kernel", n=index, most=plain(most))
        parts.append(
            svg.node(
                f"{path},{index}",
                title,
                svg.image(data_url(image), x, y, side, side),
                text(x + side / 2, y + side + 18, str(index), size=_NAME),
            )
        )
    rows = -(-len(weights) // columns)
    used = min(columns, len(weights))
    return svg.document(used * (side + 8), rows * (side + 28) + 4, parts)
