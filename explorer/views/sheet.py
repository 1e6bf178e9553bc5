"""A picture as DOT: nodes, arrows and frames at given places.

A residual network is a chain with one detour per block. General layout engines bend that chain,
so the places are given here (`neato -n2` keeps them) and the picture looks like the paper's.
Coordinates are pixels, x to the right and y down; DOT's own y points up.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import graphviz

from explorer.views.dot import Picture, draw
from explorer.views.palette import PANEL, TEXT
from explorer.words import section
from explorer.words import width as text_width

Point = tuple[float, float]
Box = tuple[float, float, float, float]

TEXT_SIZE: Final = 14
LINE_HEIGHT: Final = 18
CORNER: Final = 9
ARROW_HEAD: Final = 8


class Sheet:
    """Collects what is drawn; `source` is the DOT."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._nodes: list[tuple[str, str, dict[str, str]]] = []
        self._edges: list[tuple[str, str, dict[str, str]]] = []
        self._frames: dict[str, dict[str, str]] = {}

    def node(
        self,
        name: str,
        centre: Point,
        size: Point,
        lines: Sequence[str] = (),
        *,
        title: str = "",
        colour: str = TEXT,
        fill: str = PANEL,
        shape: str = "box",
        choosable: bool = False,
        bold: bool = False,
        frame: str = "",
        **more: str,
    ) -> None:
        """A node whose id is its name. `title` is its accessible name, `frame` where it lies,
        `bold` its first line; `more` are Graphviz attributes."""
        attributes = {
            "pos": _position(centre),
            "width": f"{size[0] / 72:.4f}",
            "height": f"{size[1] / 72:.4f}",
            "label": _lines(lines),
            "id": name,
            "tooltip": _tooltip(title or " ".join(lines) or name),
            "color": colour,
            "fillcolor": fill,
            "shape": shape,
            "style": "" if shape == "plaintext" else "rounded,filled",
            "class": ("choosable" if choosable else "fixed") + (" bold" if bold else ""),
        }
        self._nodes.append((frame, name, attributes | more))

    def words(self, name: str, left_middle: Point, text: str, *, frame: str = "") -> None:
        """A line of text that starts at this point."""
        width = text_width(text, TEXT_SIZE)
        centre, size = (left_middle[0] + width / 2, left_middle[1]), (width, float(LINE_HEIGHT))
        self.node(name, centre, size, title=text, shape="plaintext", frame=frame)
        # \l: the width is an estimate, so that only a left-aligned text starts where it should.
        self._nodes[-1][2]["label"] = _lines([text]) + r"\l"

    def arrow(
        self,
        tail: str,
        head: str,
        points: Sequence[Point],
        label: Sequence[str] = (),
        at: Point | None = None,
        *,
        title: str = "",
        colour: str = TEXT,
        width: float = 1.5,
        dashed: bool = False,
    ) -> None:
        """An arrow along `points` (its corners); the line leaves a gap for the label `at` it."""
        attributes = {"color": colour, "penwidth": str(width)}
        pieces = [list(points)]
        if label and at is not None:
            attributes["label"] = _lines(label)
            attributes["lp"] = _position(at)
            pieces = _cut(list(points), at, label)
        attributes["pos"] = _splines(pieces)
        attributes["tooltip"] = _tooltip(
            title or " ".join(label) or section("drawings", "arrow", tail=tail, head=head)
        )
        if dashed:
            attributes["style"] = "dashed"
        self._edges.append((tail, head, attributes))

    def frame(self, name: str, box: Box, title: Sequence[str], at: Point, colour: str) -> None:
        """A frame around the nodes that name it, with its title centred `at` a point."""
        left, top, right, bottom = box
        self._frames[name] = {
            "bb": f"{left:.1f},{-bottom:.1f},{right:.1f},{-top:.1f}",
            "label": _lines(title),
            "lp": _position(at),
            "color": colour,
            "id": name,
            "tooltip": _tooltip(" ".join(title)),
        }

    @property
    def source(self) -> str:
        """The picture as DOT, places included: `neato -n2` draws it as it is meant."""
        graph = graphviz.Digraph(
            self.name,
            comment="`neato -n2 -Tsvg` draws this as it was seen; `dot -Tsvg` lays it out afresh",
            graph_attr={
                "bgcolor": "transparent",
                "fontname": "Arial",
                "fontsize": str(TEXT_SIZE + 1),
                "fontcolor": TEXT,
                "outputorder": "edgesfirst",
                "pad": "0.06",
            },
            node_attr={
                "fixedsize": "true",
                "fontname": "Arial",
                "fontsize": str(TEXT_SIZE),
                "fontcolor": TEXT,
                "penwidth": "2",
                "margin": "0",
            },
            edge_attr={
                "fontname": "Arial",
                "fontsize": str(TEXT_SIZE),
                "fontcolor": TEXT,
                "arrowsize": str(ARROW_HEAD / 10),
            },
        )
        for frame, attributes in self._frames.items():
            with graph.subgraph(name=f"cluster_{frame}") as inner:
                inner.attr("graph", style="rounded", penwidth="1.5", **attributes)
                for inside, name, of_node in self._nodes:
                    if inside == frame:
                        inner.node(name, **of_node)
        for inside, name, of_node in self._nodes:
            if inside not in self._frames:
                graph.node(name, **of_node)
        for tail, head, of_edge in self._edges:
            graph.edge(tail, head, **of_edge)
        return graph.source

    @property
    def picture(self) -> Picture:
        """The picture as SVG; see `draw`."""
        return draw(self.source)


def _lines(lines: Iterable[str]) -> str:
    """A label that shows these lines as they are: no escapes and no entities of DOT's own."""
    texts = (line.replace("&", "&amp;").replace("\\", r"\\") for line in lines)
    return graphviz.nohtml(r"\n".join(texts))


def _tooltip(text: str) -> str:
    """The same for a tooltip, in which Graphviz reads backslashes twice."""
    return graphviz.nohtml(text.replace("&", "&amp;").replace("\\", 4 * "\\"))


def _position(point: Point) -> str:
    return f"{point[0]:.1f},{-point[1]:.1f}"


def _cut(points: list[Point], at: Point, label: Sequence[str]) -> list[list[Point]]:
    """The corners before and after the gap for a label that lies on one of the segments."""
    x, y = at
    for index, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        if x1 == x2 == x and min(y1, y2) <= y <= max(y1, y2):
            half = len(label) * LINE_HEIGHT / 2 + 1
            step = (0.0, half if y2 > y1 else -half)
        elif y1 == y2 == y and min(x1, x2) <= x <= max(x1, x2):
            half = max(text_width(line, TEXT_SIZE) for line in label) / 2 + 2
            step = (half if x2 > x1 else -half, 0.0)
        else:
            continue
        before, after = (x - step[0], y - step[1]), (x + step[0], y + step[1])
        return [[*points[: index + 1], before], [after, *points[index + 1 :]]]
    return [points]


def _splines(pieces: Iterable[list[Point]]) -> str:
    """DOT's `pos` of an edge: Bezier curves through rounded corners, the last one with a head."""
    drawn = []
    *whole, last = pieces
    tip = last[-1]
    for piece in (*whole, [*last[:-1], _towards(tip, last[-2], ARROW_HEAD)]):
        drawn.append(" ".join(map(_position, _rounded(piece))))
    drawn[-1] = f"e,{_position(tip)} {drawn[-1]}"
    return ";".join(drawn)


def _rounded(corners: list[Point]) -> list[Point]:
    curve = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        start, end = _towards(corner, before, CORNER), _towards(corner, after, CORNER)
        curve += [curve[-1], start, start, corner, corner, end]
    return [*curve, curve[-1], corners[-1], corners[-1]]


def _towards(start: Point, end: Point, distance: float) -> Point:
    """The point this far from `start` on the way to `end`, but no further than half-way."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    part = min(distance / length, 0.5)
    return start[0] + dx * part, start[1] + dy * part
