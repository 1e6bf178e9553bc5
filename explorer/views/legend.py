"""What the lines and nodes of a diagram mean, drawn as they are in it."""

from typing import Final

from explorer.architecture import Blueprint
from explorer.views.palette import BACKGROUND, TEXT
from explorer.views.sheet import Point, Sheet
from explorer.words import label

PREFIX: Final = "legend-"
_ROW: Final = 25
_SAMPLE: Final = 52


def draw(sheet: Sheet, bp: Blueprint, top_left: Point, folded: bool) -> None:
    """Add a legend of what this network's diagram shows, and of nothing else."""
    x, y = top_left
    shortcuts = [block.shortcut for block in bp.blocks if block.shortcut]
    lines = {s.line: s.kind for s in shortcuts}
    rows: list[tuple[str, str]] = []
    if "solid" in lines:
        rows.append(("solid", "solid"))
    if "dashed" in lines:
        rows.append(("dashed", lines["dashed"]))
    if bp.additions:
        rows.append(("add", "add_relu" if bp.spec.activation_order == "post" else "add"))
    if folded:
        rows.append(("fold", "folded"))
    rows.append(("shape", "shape"))
    for row, (name, meaning) in enumerate(rows):
        at = y + row * _ROW + _ROW / 2
        _sample(sheet, name, (x, at))
        sheet.words(f"{PREFIX}{name}-text", (x + _SAMPLE + 12, at), label(f"legend.{meaning}"))


def _sample(sheet: Sheet, name: str, left: Point) -> None:
    x, y = left
    middle = (x + _SAMPLE / 2, y)
    node = PREFIX + name
    if name == "add":
        sheet.node(node, middle, (20, 20), ["+"], shape="circle", fill=BACKGROUND, colour=TEXT)
    elif name == "shape":
        sheet.words(node, left, "(3, 5, 5)")
    elif name == "fold":
        sheet.node(
            node, middle, (30, 12), title=label("legend.fold"), peripheries="2", fontsize="14"
        )
    else:
        ends = (f"{node}-from", f"{node}-to")
        for end, at in zip(ends, (x, x + _SAMPLE), strict=True):
            sheet.node(
                end, (at, y), (0.1, 0.1), title=label(f"line.{name}"), shape="point", style="invis"
            )
        points = [left, (x + _SAMPLE, y)]
        title = label(f"line.{name}")
        sheet.arrow(*ends, points, title=title, width=2.5, dashed=name == "dashed")
