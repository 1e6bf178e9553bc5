"""One line of arithmetic as a picture, the addition with its two arrows, and where all this is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from explorer.experiments.origin.parts import (
    Array,
    Copied,
    Cut,
    Gate,
    Norm,
    Part,
    Pixel,
    Scaled,
    Sum,
)
from explorer.views import svg
from explorer.views.adding_up import rounded_sum
from explorer.views.cells import Cell, draw
from explorer.views.inference_pictures import data_url, seen
from explorer.views.inference_pictures import frame as marked
from explorer.views.numbers import plain, readable
from explorer.views.origin_sums import grid_map, spot
from explorer.views.palette import BLUE, LIGHT, TEXT
from explorer.views.svg import text
from explorer.words import label, width

_SIGN: Final = 20
_NAME: Final = 15


class Piece(NamedTuple):
    """Of a line of arithmetic: a number with its name above it, or, without a name, a sign."""

    shown: str
    name: str = ""
    path: str = ""
    title: str = ""


def line(pieces: Sequence[Piece]) -> str:
    """Numbers with their names above and signs between; what has a path can be chosen."""
    x, parts = 0.0, []
    for piece in pieces:
        if not piece.name:
            wide = width(piece.shown, _SIGN) + 12
            parts.append(text(x + wide / 2, 52, piece.shown, size=_SIGN))
            x += wide
            continue
        wide = max(width(piece.name, _NAME), width(piece.shown, 17)) + 18
        frame = (
            f'<rect x="{x + 1:.1f}" y="26" width="{wide - 2:.1f}" height="36" rx="4" '
            f'fill="{LIGHT[BLUE]}" fill-opacity="{0.16 if piece.path else 0}" '
            f'stroke="{LIGHT[BLUE]}" stroke-opacity="{1 if piece.path else 0}"/>'
        )
        parts.append(
            svg.node(
                piece.path,
                piece.title or label("named.like", name=piece.name, what=piece.shown),
                frame,
                text(x + wide / 2, 16, piece.name, size=_NAME),
                text(x + wide / 2, 50, piece.shown, size=17, bold=True),
            )
        )
        x += wide
    return svg.document(x, 68, parts)


def pieces(part: Part) -> list[Piece]:
    """The arithmetic behind a value that one line has room for; of other kinds nothing."""
    if isinstance(part, Norm):
        return _norm(part)
    if isinstance(part, Gate):
        return _gate(part)
    if isinstance(part, Scaled):
        return _scaled(part)
    if isinstance(part, Cut):
        return _cut(part)
    if isinstance(part, Copied):
        return _copied(part)
    return _pixel(part) if isinstance(part, Pixel) else []


def _norm(part: Norm) -> list[Piece]:
    """Batch norm in one line: gamma * (x - mean) / sqrt(variance + eps) + beta."""
    (source,) = part.sources
    return [
        Piece(plain(part.gamma), "\u03b3"),
        Piece("\u00b7 ("),
        Piece(plain(part.x), "x", source.text, spot(source)),
        Piece("\u2212"),
        Piece(_in_brackets(part.mean), label(f"origin_line.{part.of}_mean")),
        Piece(") / \u221a("),
        Piece(plain(part.variance), label(f"origin_line.{part.of}_variance")),
        Piece("+"),
        Piece(readable(f"{part.eps:g}"), "\u03b5"),
        Piece(") +"),
        Piece(_in_brackets(part.beta), "\u03b2"),
        Piece("="),
        Piece(plain(part.total), "y"),
    ]


def _gate(part: Gate) -> list[Piece]:
    """A sigmoid."""
    (source,) = part.sources
    return [
        Piece("1 / (1 + exp(\u2212"),
        Piece(_in_brackets(part.x), "x", source.text, spot(source)),
        Piece(")) ="),
        Piece(plain(part.total), "y"),
    ]


def _scaled(part: Scaled) -> list[Piece]:
    """A value times its channel's factor."""
    before, factor = part.sources
    return [
        Piece(plain(part.x), "x", before.text, spot(before)),
        Piece("\u00b7"),
        Piece(plain(part.factor), label("origin_line.factor"), factor.text, spot(factor)),
        Piece("="),
        Piece(plain(part.total), "y"),
    ]


def _cut(part: Cut) -> list[Piece]:
    """ReLU: the larger of 0 and x."""
    (source,) = part.sources
    return [
        Piece("max(0,"),
        Piece(plain(part.x), "x", source.text, spot(source)),
        Piece(") ="),
        Piece(plain(part.total), "y"),
    ]


def _copied(part: Copied) -> list[Piece]:
    """A value that is taken over, or a zero of option A."""
    if part.origin is None:
        return [Piece("0", label("origin_line.zero_channel"))]
    source = part.origin
    return [
        Piece(plain(part.x), "x", source.text, spot(source)),
        Piece("="),
        Piece(plain(part.total), "y"),
    ]


def _pixel(part: Pixel) -> list[Piece]:
    """From the byte of the picture to the number that the network sees."""
    return [
        Piece("("),
        Piece(f"{part.byte}", label("origin_line.byte")),
        Piece("/ 255 \u2212"),
        Piece(plain(part.mean), label("origin_line.mean")),
        Piece(") /"),
        Piece(plain(part.std), label("origin_line.std")),
        Piece("="),
        Piece(plain(part.total), "x"),
    ]


def _in_brackets(value: float) -> str:
    return f"({plain(value)})" if value < 0 else plain(value)


def addition(part: Sum, shortcut: str) -> str:
    """Two arrows with two numbers, F(x) and what the shortcut brings, and their sum.

    Args:
        part: the addition.
        shortcut: of the block: "identity", "projection" or "padding".
    """
    wide, box, high = 520, 120, 40
    most = max(abs(part.main), abs(part.skip), abs(part.total)) or 1.0
    main, skip = (part.place._replace(path=path) for path in part.op.inputs)
    *shown, total = rounded_sum((part.main, part.skip), part.total)
    named = (
        (main, part.main, shown[0], "F(x)", 24.0),
        (skip, part.skip, shown[1], label(f"origin_line.{shortcut}"), 130.0),
    )
    parts = []
    for place, value, written, name, y in named:
        title = label("named.like", name=spot(place), what=plain(value, 6))
        below = text(0, y + high + 18, place.path, anchor="start", size=14)
        node = svg.node(
            place.text,
            title,
            text(0, y - 8, name, anchor="start", bold=True),
            draw(Cell(value, shown=written), 0, y, box, most, high=high, size=18),
            below,
        )
        parts += [node, _arrow(box + 6, y + high / 2, 300, 97)]
    parts.append(f'<circle cx="318" cy="97" r="17" fill="none" stroke="{TEXT}" stroke-width="2"/>')
    parts.append(text(318, 104, "+", size=22, bold=True))
    parts.append(svg.arrow(338, 386, 97))
    parts.append(text(396, 68, label("origin_line.sum"), anchor="start", bold=True))
    cell = Cell(part.total, shown=total)
    parts.append(draw(cell, 396, 77, box, most, high=high, size=18))
    return svg.document(wide, 192, parts)


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    slope = (to_y - y) / (to_x - x)
    left, up = to_x - 9, to_y - 9 * slope
    return (
        f'<path d="M{x:.1f},{y:.1f} L{to_x:.1f},{to_y:.1f} M{left:.1f},{up - 5:.1f} '
        f'L{to_x:.1f},{to_y:.1f} L{left - 2:.1f},{up + 5:.1f}" fill="none" stroke="{TEXT}" '
        f'stroke-width="1.8"/>'
    )


class Spotted(NamedTuple):
    """One picture of where a value is: its words, the map (H, W) from 0 to 1 or the photograph,
    and what is framed in it: left, top, right, bottom, in its positions."""

    words: str
    picture: Array | Image.Image
    frame: tuple[float, float, float, float]
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


def as_picture(values: Array) -> Array:
    """A map from 0, its smallest value, to 1, its largest; all 0 where it is constant."""
    low, high = float(values.min()), float(values.max())
    scaled: Array = ((values - low) / (high - low if high > low else 1.0)).astype(np.float32)
    return scaled


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
