"""Pictures of what a network sees, with words and frames: galleries, film strips, channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from PIL import Image

from explorer.views import palette, svg
from explorer.views.rasters import Values, data_url, map_url, seen
from explorer.words import label
from explorer.words import width as text_width

_GAP: Final = 8
_LINE: Final = 20
_CAPTION: Final = 23


def framed(image: Image.Image) -> str:
    """A raster picture as a drawing, which says to screen readers what it shows."""
    width, height = image.size
    return svg.document(width, height, [svg.image(data_url(image), 0, 0, width, height)])


def gallery(pictures: Sequence[tuple[str, str, str]], columns: int = 6, side: int = 104) -> str:
    """Pictures to choose from: (path, words under it, href of a square picture)."""
    rows = -(-len(pictures) // columns)
    cell_width, cell_height = side + _GAP, side + 30
    parts = []
    for index, (path, words, href) in enumerate(pictures):
        x, y = (index % columns) * cell_width + 3, (index // columns) * cell_height + 3
        frame = (
            f'<rect x="{x}" y="{y}" width="{side}" height="{side}" rx="4" fill="transparent" '
            f'stroke="{palette.BORDER}" stroke-width="1"/>'
        )
        picture = svg.image(href, x, y, side, side, pixelated=False, fit="xMidYMid slice")
        name = svg.text(x + side / 2, y + side + 20, path, size=20)
        parts.append(svg.node(path, words, picture, frame, name))
    width = columns * cell_width - _GAP + 6
    return svg.document(width, rows * cell_height, parts)


def beside(pictures: Sequence[tuple[str, str, float]], height: int = 220) -> str:
    """Pictures in a row, each with a caption under it: (href, caption, width / height)."""
    parts, x = [], 0.0
    for href, caption, ratio in pictures:
        width = height * ratio
        parts.append(svg.image(href, x, 0, width, height, pixelated=False))
        parts.append(svg.text(x, height + 24, caption, anchor="start", size=_CAPTION))
        x += max(width, text_width(caption, _CAPTION)) + 20
    return svg.document(x - 20, height + 34, parts)


def film_strip(
    frames: Sequence[tuple[str, str, Values]],
    columns: int = 10,
    side: int = 100,
    titles: Mapping[str, str] | None = None,
) -> str:
    """Maps in their order, each named by its path.

    Args:
        frames: path, caption, and values from 0 to 1, (H, W).
        columns: of the strip; more frames begin a new row.
        side: of a frame, in units of the drawing.
        titles: what else a path is called, on a line of its own above it.
    """
    pictures = []
    titles = titles or {}
    lines = 3 if titles else 2
    cell_width, cell_height = side + 14, side + lines * _LINE + 14
    for index, (path, caption, values) in enumerate(frames):
        x, y = (index % columns) * cell_width + 4, (index // columns) * cell_height + 4
        colour = palette.LIGHT[palette.slot_of(path)]
        frame = (
            f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="transparent" '
            f'stroke="{colour}" stroke-width="3"/>'
        )
        picture = svg.image(map_url(values, side), x, y, side, side)
        said = [titles[path], path] if titles.get(path, path) != path else [path]
        names = "".join(
            svg.text(x + side / 2, y + side + _LINE * row - 1, line, size=17 if row == 1 else 16)
            for row, line in enumerate([*said, caption], start=1)
        )
        called = said[0] if len(said) == 1 else label("named.in_brackets", name=said[0], what=path)
        spoken = label("named.like", name=called, what=caption)
        pictures.append(svg.node(path, spoken, picture, frame, names))
    rows = -(-len(frames) // columns)
    width = min(columns, max(1, len(frames))) * cell_width + 4
    return svg.document(width, rows * cell_height + 4, pictures)


def channel_grid(
    tiles: Values,
    names: Sequence[str],
    width: int = 1_100,
    path: str = "",
    shape: tuple[int, int] = (0, 0),
    places: Sequence[tuple[int, int, int]] = (),
) -> str:
    """Tiles (rows, columns, H, W) with values from 0 to 1, each with a name for the pointer.

    Args:
        tiles: the channels.
        names: one per channel.
        width: in units of the drawing.
        path: of the op that wrote them, where their positions can be chosen.
        shape: rows and columns of a channel, which may be more than a tile has.
        places: channel, row and column that the keyboard chooses in each tile.
    """
    _, columns, height, across = tiles.shape
    side = (width - (columns - 1) * 3) / columns
    tall = side * height / across
    parts = []
    for index, name in enumerate(names):
        row, column = divmod(index, columns)
        x, y = column * (side + 3), row * (tall + 3)
        href = map_url(tiles[row, column], max(side, tall))
        tile = svg.image(href, x, y, side, tall)
        if path:
            channel, *best = places[index]
            at = (best[0], best[1])
            parts.append(svg.grid(f"{path},{channel}", name, shape, at, tile))
        else:
            parts.append(svg.node("", name, tile))
    used = -(-len(names) // columns)
    return svg.document(width, used * (tall + 3), parts)


def position_map(values: Values, row: int, column: int, choosable: bool, side: int = 420) -> str:
    """A feature map, (H, W), whose positions can be chosen; their paths are 'row,column'."""
    height, width = values.shape
    cell_x, cell_y = side / width, side / height
    parts = [svg.image(map_url(values, side), 2, 2, side, side, fit="none")]
    for i in range(height if choosable else 0):
        for j in range(width):
            cell = (
                f'<rect x="{2 + j * cell_x:.2f}" y="{2 + i * cell_y:.2f}" width="{cell_x:.2f}" '
                f'height="{cell_y:.2f}" fill="transparent"/>'
            )
            parts.append(svg.node(f"{i},{j}", label("heat.position", row=i, column=j), cell))
    x, y = 2 + column * cell_x, 2 + row * cell_y
    parts.append(frame(x, y, cell_x, cell_y))
    return svg.document(side + 4, side + 4, parts)


def region_over(image: Image.Image, box: tuple[float, float, float, float], side: int = 420) -> str:
    """A square picture and, on it, the frame (left, top, right, bottom) in the picture's pixels."""
    scale = side / image.width
    kind = "JPEG" if image.width > side else "PNG"
    left, top, right, bottom = (value * scale for value in box)
    parts = [
        svg.image(data_url(seen(image, side), kind), 2, 2, side, side),
        frame(2 + left, 2 + top, right - left, bottom - top),
    ]
    return svg.document(side + 4, side + 4, parts)


def scale_bar(low: str, high: str) -> str:
    """The colours from little to much, with words at both ends."""
    ramp = map_url(np.linspace(0, 1, 128, dtype=np.float32)[None], 240)
    bar = svg.image(ramp, 0, 0, 240, 12, pixelated=False, fit="none")
    ends = (
        svg.text(0, 29, low, anchor="start", size=15),
        svg.text(240, 29, high, anchor="end", size=15),
    )
    return svg.document(360, 34, [bar, *ends])


def frame(x: float, y: float, width: float, height: float) -> str:
    """What marks a part of a picture."""
    place = f'x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" fill="none"'
    # Two lines, so that the frame shows on dark and on bright pictures.
    return (
        f'<rect {place} stroke="#000" stroke-width="5" pointer-events="none"/>'
        f'<rect {place} stroke="#fff" stroke-width="2.5" pointer-events="none"/>'
    )
