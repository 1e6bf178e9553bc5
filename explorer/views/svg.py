"""Pieces of SVG that every picture drawn here is made of, and the document around them.

Colours are those of the light theme (explorer.views.palette); who shows a picture exchanges them.
"""

from collections.abc import Iterable
from html import escape
from typing import Final, Literal

from explorer.views.palette import TEXT

FONT: Final = 16
"""Size of a label, in units of the drawing, where nothing else is said."""

Anchor = Literal["start", "middle", "end"]


def text(
    x: float,
    y: float,
    content: str,
    *,
    anchor: Anchor = "middle",
    bold: bool = False,
    size: int = FONT,
    colour: str = TEXT,
) -> str:
    """A line of text on the base line `y`, escaped."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{weight} '
        f'fill="{colour}">{escape(content)}</text>'
    )


def node(path: str, title: str, *parts: str) -> str:
    """Parts that belong together: what the pointer reads, and `path` where they can be chosen."""
    chosen = f' data-path="{escape(path)}"' if path else ""
    return f"<g{chosen}><title>{escape(title)}</title>{''.join(parts)}</g>"


def grid(path: str, title: str, shape: tuple[int, int], best: tuple[int, int], *parts: str) -> str:
    """A picture of (rows, columns) of which a click chooses one: `path,row,column`.

    The first of the parts is the picture. A keyboard, which points nowhere, chooses `best`.
    """
    size, at = (",".join(map(str, pair)) for pair in (shape, best))
    return (
        f'<g data-path="{escape(path)}" data-grid="{size}" data-at="{at}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</g>"
    )


def image(
    href: str,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    pixelated: bool = True,
    fit: str = "",
) -> str:
    """A raster picture; `fit` is SVG's preserveAspectRatio."""
    looks = ' style="image-rendering: pixelated"' if pixelated else ""
    fits = f' preserveAspectRatio="{fit}"' if fit else ""
    return (
        f'<image href="{href}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}"{fits}{looks}/>'
    )


def arrow(left: float, right: float, y: float) -> str:
    """A short horizontal arrow."""
    return (
        f'<path d="M{left:.1f},{y:.1f} H{right:.1f} m-7,-5 l7,5 l-7,5" fill="none" '
        f'stroke="{TEXT}" stroke-width="1.5"/>'
    )


def document(width: float, height: float, parts: Iterable[str], zoom: float = 1.0) -> str:
    """An SVG of these units; its natural size in pixels is `zoom` times as large."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * zoom:.0f}" '
        f'height="{height * zoom:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif">{"".join(parts)}</svg>'
    )
