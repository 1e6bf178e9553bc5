"""What the lines and nodes of a diagram mean, drawn as they are in it."""

from typing import Final

from explorer.architecture import Blueprint
from explorer.views.palette import BACKGROUND, TEXT
from explorer.views.sheet import Point, Sheet

PREFIX: Final = "legend-"
_ROW: Final = 25
_SAMPLE: Final = 52
_DASHED: Final = {
    "projection": "dashed: a 1x1 convolution (projection)",
    "padding": "dashed: zeros as new channels (zero padding)",
}


def draw(sheet: Sheet, bp: Blueprint, top_left: Point, folded: bool) -> None:
    """Add a legend of what this network's diagram shows, and of nothing else."""
    x, y = top_left
    shortcuts = [block.shortcut for block in bp.blocks if block.shortcut]
    lines = {s.line: s.kind for s in shortcuts}
    rows: list[tuple[str, str]] = []
    if "solid" in lines:
        rows.append(("solid", "solid: x is added as it is (identity)"))
    if "dashed" in lines:
        rows.append(("dashed", _DASHED[lines["dashed"]]))
    if bp.additions:
        then = ", then ReLU" if bp.spec.activation_order == "post" else ""
        rows.append(("add", f"addition of main branch and shortcut{then}"))
    if folded:
        rows.append(("fold", "folded: equal blocks, open to see each"))
    rows.append(("shape", "shape (C, H, W) for one image"))
    for row, (name, text) in enumerate(rows):
        at = y + row * _ROW + _ROW / 2
        _sample(sheet, name, (x, at))
        sheet.words(f"{PREFIX}{name}-text", (x + _SAMPLE + 12, at), text)


def _sample(sheet: Sheet, name: str, left: Point) -> None:
    x, y = left
    middle = (x + _SAMPLE / 2, y)
    node = PREFIX + name
    if name == "add":
        sheet.node(node, middle, (20, 20), ["+"], shape="circle", fill=BACKGROUND, colour=TEXT)
    elif name == "shape":
        sheet.words(node, left, "(3, 5, 5)")
    elif name == "fold":
        sheet.node(node, middle, (30, 12), title="folded", peripheries="2", fontsize="14")
    else:
        ends = (f"{node}-from", f"{node}-to")
        for end, at in zip(ends, (x, x + _SAMPLE), strict=True):
            sheet.node(end, (at, y), (0.1, 0.1), title=name, shape="point", style="invis")
        points = [left, (x + _SAMPLE, y)]
        sheet.arrow(*ends, points, title=name, width=2.5, dashed=name == "dashed")
