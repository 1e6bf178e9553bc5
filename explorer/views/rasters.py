"""Values and photographs as raster pictures: colours of a scale, heat over a photograph, sizes.

Values become colours here (Viridis: even in lightness and safe for colour-blind readers); raster
pictures cannot follow the theme, so their frames and words do.
"""

from __future__ import annotations

import base64
import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from plotly.colors import hex_to_rgb, sequential

Values = NDArray[np.float32]
_VIRIDIS: Final = np.array([hex_to_rgb(colour) for colour in sequential.Viridis], dtype=float)
_HEAT: Final = np.array([hex_to_rgb(colour) for colour in sequential.Inferno[4:]], dtype=float)
_DENSITY: Final = 2
"""Pixels of the densest usual screens per unit of a drawing."""
_UNKNOWN: Final = 255
"""Index of the transparent colour, after those of the values."""


def coloured(values: Values) -> Image.Image:
    """Values between 0 and 1, (H, W), as Viridis colours, one byte each; NaN is transparent."""
    steps = np.clip(np.nan_to_num(values, nan=0.0), 0, 1) * (_UNKNOWN - 1)
    indices = np.where(np.isnan(values), _UNKNOWN, np.rint(steps)).astype(np.uint8)
    image = Image.fromarray(indices, "P")
    colours = _between(_VIRIDIS, np.linspace(0, 1, _UNKNOWN, dtype=np.float32))
    image.putpalette([*colours.astype(np.uint8).ravel().tolist(), 0, 0, 0])
    image.info["transparency"] = _UNKNOWN
    return image


def seen(image: Image.Image, side: float) -> Image.Image:
    """The picture, reduced to what a screen shows of it when its longer side is `side` units."""
    size = _size_seen(image.size, side)
    return image if size == image.size else image.resize(size, Image.Resampling.BOX)


def _size_seen(size: tuple[int, int], side: float) -> tuple[int, int]:
    scale = min(1.0, _DENSITY * side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def map_url(values: Values, side: float) -> str:
    """A map, (H, W) with values from 0 to 1, as an `href` that is shown `side` units large.

    Hundreds of maps of a large picture would be tens of megabytes that nobody can see.
    """
    height, width = values.shape
    size = _size_seen((width, height), side)
    if size != (width, height):
        # Where a NaN lies, the mean is NaN too: unknown stays unknown.
        small = Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.BOX)
        values = np.asarray(small)
    return data_url(coloured(values))


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
    """About `size` pixels wide, by a whole factor and without smoothing.

    Larger pictures are reduced to what a screen shows of `size`.
    """
    if image.width > size:
        return seen(image, size)
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
