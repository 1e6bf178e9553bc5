"""One line of arithmetic as a picture: batch norm, a ReLU, a gate, the bytes of a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from explorer.experiments.origin.parts import Copied, Cut, Gate, Norm, Part, Pixel, Scaled
from explorer.views import svg
from explorer.views.numbers import plain, readable
from explorer.views.origin.spots import spot
from explorer.views.palette import BLUE, LIGHT
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
