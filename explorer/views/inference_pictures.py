"""Pictures of what a network sees: galleries, film strips, channels, heat over a photograph.

Values become colours here (Viridis: even in lightness and safe for colour-blind readers); raster
pictures cannot follow the theme, so their frames and words do.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from plotly.colors import hex_to_rgb, sequential

from explorer.views import palette

_VIRIDIS: Final = np.array([hex_to_rgb(colour) for colour in sequential.Viridis], dtype=float)
_HEAT: Final = np.array([hex_to_rgb(colour) for colour in sequential.Inferno[4:]], dtype=float)
Values = NDArray[np.float32]
_GAP: Final = 8
_LINE: Final = 20


def coloured(values: Values) -> Image.Image:
    """Values between 0 and 1, (H, W), as Viridis colours; NaN is transparent."""
    alpha = np.where(np.isnan(values), 0, 255)[..., None]
    colours = _between(_VIRIDIS, np.nan_to_num(values, nan=0.0))
    return Image.fromarray(np.concatenate([colours, alpha], -1).astype(np.uint8))


def _between(anchors: NDArray[np.float64], values: Values) -> NDArray[np.float64]:
    place = np.clip(values, 0, 1) * (len(anchors) - 1)
    low = np.minimum(place.astype(int), len(anchors) - 2)
    share = (place - low)[..., None]
    mixed: NDArray[np.float64] = anchors[low] * (1 - share) + anchors[low + 1] * share
    return mixed


def heat_over(photograph: Image.Image, values: Values) -> Image.Image:
    """A map, (h, w) with values from 0 to 1, stretched over a photograph.

    The photograph turns darker and greyer where the map is small, and glows where it is large.
    """
    size = photograph.size
    stretched = Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    heat = np.asarray(stretched)
    colour = np.asarray(photograph.convert("RGB"), dtype=float)
    grey = colour.mean(-1, keepdims=True)
    base = 0.75 * (0.35 * colour + 0.65 * grey)
    alpha = 0.8 * np.clip(heat, 0, 1)[..., None] ** 0.8
    return Image.fromarray((base * (1 - alpha) + _between(_HEAT, heat) * alpha).astype(np.uint8))


def enlarged(image: Image.Image, size: int) -> Image.Image:
    """At least `size` pixels wide, by a whole factor and without smoothing."""
    factor = max(1, round(size / image.width))
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def data_url(image: Image.Image, kind: str = "PNG") -> str:
    """The picture as the value of an `href`."""
    buffer = io.BytesIO()
    if kind == "JPEG":
        image.convert("RGB").save(buffer, kind, quality=80)
    else:
        image.save(buffer, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def gallery(pictures: Sequence[tuple[str, str, str]], columns: int = 6, side: int = 104) -> str:
    """Pictures to choose from: (path, words under it, href of a square picture)."""
    rows = -(-len(pictures) // columns)
    cell_width, cell_height = side + _GAP, side + 30
    parts = []
    for index, (path, words, href) in enumerate(pictures):
        x, y = (index % columns) * cell_width + 3, (index // columns) * cell_height + 3
        parts.append(
            f'<g data-path="{escape(path)}"><title>{escape(words)}</title>'
            f'<image href="{href}" x="{x}" y="{y}" width="{side}" height="{side}" '
            'preserveAspectRatio="xMidYMid slice"/>'
            f'<rect x="{x}" y="{y}" width="{side}" height="{side}" rx="4" fill="transparent" '
            f'stroke="{palette.BORDER}" stroke-width="1"/>'
            f"{_text(x + side / 2, y + side + 20, path, size=20)}</g>"
        )
    width = columns * cell_width - _GAP + 6
    return _svg(width, rows * cell_height, parts)


def beside(pictures: Sequence[tuple[str, str, float]], height: int = 220) -> str:
    """Pictures in a row, each with a caption under it: (href, caption, width / height)."""
    parts, x = [], 0.0
    for href, caption, ratio in pictures:
        width = height * ratio
        parts.append(
            f'<image href="{href}" x="{x:.0f}" y="0" width="{width:.0f}" height="{height}"/>'
        )
        parts.append(_text(x, height + 24, caption, "start", size=23))
        x += max(width, 11.5 * len(caption)) + 20
    return _svg(x - 20, height + 34, parts)


def film_strip(
    frames: Sequence[tuple[str, str, Values]], columns: int = 10, side: int = 100
) -> str:
    """Every block's mean map in order: (path, caption, values from 0 to 1, (H, W))."""
    pictures = []
    cell_width, cell_height = side + 14, side + 2 * _LINE + 14
    for index, (path, caption, values) in enumerate(frames):
        x, y = (index % columns) * cell_width + 4, (index // columns) * cell_height + 4
        colour = palette.LIGHT[palette.slot_of(path)]
        pictures.append(
            f'<g data-path="{escape(path)}"><title>{escape(f"{path}, {caption}")}</title>'
            f'<image href="{data_url(coloured(values))}" x="{x}" y="{y}" width="{side}" '
            f'height="{side}" style="image-rendering: pixelated"/>'
            f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="transparent" '
            f'stroke="{colour}" stroke-width="3"/>'
            f"{_text(x + side / 2, y + side + 19, path, size=17)}"
            f"{_text(x + side / 2, y + side + 38, caption, size=16)}</g>"
        )
    rows = -(-len(frames) // columns)
    width = min(columns, max(1, len(frames))) * cell_width + 4
    return _svg(width, rows * cell_height + 4, pictures)


def channel_grid(tiles: Values, names: Sequence[str], width: int = 1_100) -> str:
    """Tiles (rows, columns, H, W) with values from 0 to 1, each with a name for the pointer."""
    _, columns, height, across = tiles.shape
    side = (width - (columns - 1) * 3) / columns
    tall = side * height / across
    parts = []
    for index, name in enumerate(names):
        row, column = divmod(index, columns)
        x, y = column * (side + 3), row * (tall + 3)
        href = data_url(coloured(tiles[row, column]))
        parts.append(
            f'<g><title>{escape(name)}</title><image href="{href}" '
            f'x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{tall:.1f}" '
            'style="image-rendering: pixelated"/></g>'
        )
    used = -(-len(names) // columns)
    return _svg(width, used * (tall + 3), parts)


def position_map(values: Values, row: int, column: int, choosable: bool, side: int = 420) -> str:
    """A feature map, (H, W), whose positions can be chosen; their paths are 'row,column'."""
    height, width = values.shape
    cell_x, cell_y = side / width, side / height
    parts = [
        f'<image href="{data_url(coloured(values))}" x="2" y="2" width="{side}" height="{side}" '
        'preserveAspectRatio="none" style="image-rendering: pixelated"/>'
    ]
    for i in range(height if choosable else 0):
        for j in range(width):
            parts.append(
                f'<g data-path="{i},{j}"><title>row {i}, column {j}</title>'
                f'<rect x="{2 + j * cell_x:.2f}" y="{2 + i * cell_y:.2f}" width="{cell_x:.2f}" '
                f'height="{cell_y:.2f}" fill="transparent"/></g>'
            )
    x, y = 2 + column * cell_x, 2 + row * cell_y
    parts.append(_frame(x, y, cell_x, cell_y))
    return _svg(side + 4, side + 4, parts)


def region_over(image: Image.Image, box: tuple[float, float, float, float], side: int = 420) -> str:
    """A square picture and, on it, the frame (left, top, right, bottom) in the picture's pixels."""
    scale = side / image.width
    left, top, right, bottom = (value * scale for value in box)
    parts = [
        f'<image href="{data_url(image)}" x="2" y="2" width="{side}" height="{side}" '
        'style="image-rendering: pixelated"/>',
        _frame(2 + left, 2 + top, right - left, bottom - top),
    ]
    return _svg(side + 4, side + 4, parts)


def scale_bar(low: str, high: str) -> str:
    """The colours from little to much, with words at both ends."""
    ramp = coloured(np.linspace(0, 1, 128, dtype=np.float32)[None])
    bar = (
        f'<image href="{data_url(ramp)}" x="0" y="0" width="240" height="12" '
        'preserveAspectRatio="none"/>'
    )
    return _svg(
        360, 34, [bar, _text(0, 29, low, anchor="start"), _text(240, 29, high, anchor="end")]
    )


def _frame(x: float, y: float, width: float, height: float) -> str:
    place = f'x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" fill="none"'
    # Two lines, so that the frame shows on dark and on bright pictures.
    return (
        f'<rect {place} stroke="#000" stroke-width="5" pointer-events="none"/>'
        f'<rect {place} stroke="#fff" stroke-width="2.5" pointer-events="none"/>'
    )


def _text(x: float, y: float, words: str, anchor: str = "middle", size: int = 15) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{palette.TEXT}">{escape(words)}</text>'
    )


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    return palette.themed(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}">{"".join(parts)}</svg>'
    )
