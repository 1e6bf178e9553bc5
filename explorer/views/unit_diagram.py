"""One composed block: the main branch on the left, the shortcut on the right, joined or not.

Drawn here rather than by Graphviz: a mismatch has to stay readable, and the picture has to fit a
telephone's screen, where one unit is about one pixel.
"""

from typing import Final

from explorer.architecture.notation import shape_text
from explorer.architecture.ops import Op, Shape
from explorer.architecture.unit import Unit
from explorer.views.palette import BACKGROUND, BLUE, BORDER, LIGHT, PANEL, TEXT, WRONG
from explorer.views.svg import Anchor, document, text
from explorer.views.unit_boxes import gate_lines, op_lines
from explorer.words import label
from explorer.words import width as text_width

WIDTH: Final = 360.0
_MAIN, _LANE = 96.0, 279.0
_MAIN_BOX, _LANE_BOX = 176.0, 150.0
_LINE, _ARROW, _FORK, _TOUCH = 17.0, 26.0, 50.0, 2.0
_RADIUS: Final = 17.0
_LABEL_GAP: Final = 8.0
_FONT: Final = 14
_SHORTCUT: Final = LIGHT[BLUE]
_RED: Final = LIGHT[WRONG]


def picture(unit: Unit) -> str:
    """The block as an SVG in the light theme's colours, WIDTH units wide.

    Solid and dashed mean what they mean everywhere: x as it is, or x changed on its way. An
    addition that fails is the last thing drawn, in red, with what does not match. Boxes that
    touch are of one shape.
    """
    drawing = _Drawing(unit)
    drawing.draw()
    return document(WIDTH, drawing.y + 6, drawing.parts)


class _Drawing:
    """Draws downwards; `y` is where the last thing drawn ends."""

    def __init__(self, unit: Unit) -> None:
        self.unit, self.parts = unit, []  # type: Unit, list[str]
        self.y = 4.0
        self.fork = 0.0

    def draw(self) -> None:
        unit = self.unit
        ops = [op for op in unit.ops if not op.on_shortcut and op.kind != "add"]
        after = [op for op in ops if op.inputs[0].endswith(".add")]
        branch = [op for op in ops if op not in after]
        if unit.addition is None and unit.spec.activation_order == "post":
            *branch, last = branch
            after = [last]
        self._input()
        panel = len(self.parts)
        top = self.y + self._gap(unit.entry) - 8
        previous = unit.entry
        gate = [op for op in branch if ".se." in op.path]
        for op in branch:
            if op in gate[:-1]:
                continue
            if self._follows_at_once(previous, op):
                self.y += _TOUCH
            else:
                self._arrow(previous, previous.out_shape)
            lines = gate_lines(gate) if op in gate else op_lines(op)
            self._box(lines, _MAIN, _MAIN_BOX, self.y, op)
            previous = op
        self.parts.insert(
            panel,
            f'<rect x="0" y="{top:.1f}" width="{2 * _MAIN:.1f}" height="{self.y + 8 - top:.1f}" '
            f'rx="10" fill="{PANEL}"/>',
        )
        if unit.addition is None:
            self._no_shortcut(top)
        else:
            self._join(previous)
        if unit.addition is not None and unit.addition.fails:
            return
        self._finish(previous, after)

    def _input(self) -> None:
        self._text(_MAIN, self.y + 15, "x", bold=True, size=18)
        self.y += 22

    def _gap(self, op: Op) -> float:
        """Below the op that the shortcut reads, the arrow is long enough to branch off."""
        shortcut = self.unit.block.shortcut
        forks = self.unit.addition is not None and shortcut and shortcut.source == op.path
        return _FORK if forks else _ARROW

    @staticmethod
    def _follows_at_once(op: Op, following: Op) -> bool:
        """Whether the next box stands at this one's foot: what keeps the shape needs no arrow.

        So a bottleneck's addition is in sight on a projector.
        """
        # No shortcut starts at either: it reads what enters the block, or its first activation.
        return (following.normalises or following.kind == "relu") and (
            op.kind == "conv" or op.normalises
        )

    def _arrow(self, op: Op, shape: Shape, name: str = "", colour: str = TEXT) -> None:
        """From `op` down to whatever comes next, with the shape beside it."""
        start, gap = self.y, self._gap(op)
        if gap == _FORK:
            self.fork = start + 11
        self.y += gap
        self._head(f"M{_MAIN},{start:.1f} V{self.y - 1:.1f}", _MAIN, self.y, colour)
        if gap == _FORK and op.kind == "relu":
            name = "a"
        x, y = _MAIN + _LABEL_GAP, self.y - _ARROW / 2 + 4
        if name:
            self._text(x, y, name, anchor="start", bold=True)
            x += text_width(name, _FONT) + 8
        self._text(x, y, shape_text(shape), anchor="start")

    def _head(self, path: str, x: float, y: float, colour: str, width: float = 1.5) -> None:
        self.parts.append(
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
            f'<path d="M{x:.1f},{y:.1f} l-5,-8 h10 z" fill="{colour}"/>'
        )

    def _box(self, lines: list[str], x: float, width: float, top: float, op: Op) -> float:
        """A box whose top is at `top`; returns where it ends, and moves `y` on the main branch."""
        height = _LINE * len(lines) + 10
        conv = op.kind == "conv"
        fill, ink = (_SHORTCUT, BACKGROUND) if conv else (BACKGROUND, TEXT)
        dashes = ' stroke-dasharray="7,5"' if op.on_shortcut and not conv else ""
        stroke = _SHORTCUT if conv or op.on_shortcut else BORDER
        self.parts.append(
            f'<rect x="{x - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" '
            f'height="{height:.1f}" rx="7" fill="{fill}" stroke="{stroke}" '
            f'stroke-width="1.5"{dashes}/>'
        )
        for index, line in enumerate(lines):
            bold = index == 0 and len(lines) > 1
            self._text(x, top + 19 + index * _LINE, line, colour=ink, bold=bold)
        if not op.on_shortcut:
            self.y = top + height
        return top + height

    def _no_shortcut(self, top: float) -> None:
        middle = (top + self.y) / 2
        for offset, line in ((-9, "no_shortcut"), (10, "plain")):
            self._text(_LANE, middle + offset, label(f"drawn_block.{line}"))

    def _join(self, last: Op) -> None:
        """The last arrow of the main branch, the addition, and the shortcut into it."""
        addition = self.unit.addition
        assert addition is not None
        wrong = addition.branch != addition.shortcut
        colour = _RED if wrong else TEXT
        self._arrow(last, addition.branch, "F(x)", colour)
        centre = self.y + _RADIUS
        self._shortcut(centre, _RED if wrong else _SHORTCUT)
        fill = _RED if addition.fails else BACKGROUND
        self.parts.append(
            f'<circle cx="{_MAIN}" cy="{centre:.1f}" r="{_RADIUS}" fill="{fill}" '
            f'stroke="{colour}" stroke-width="2"/>'
        )
        sign = BACKGROUND if addition.fails else colour
        self._text(_MAIN, centre + 7, "+", bold=True, size=22, colour=sign)
        self.y = centre + _RADIUS
        if wrong:
            self._complain()

    def _complain(self) -> None:
        addition = self.unit.addition
        assert addition is not None
        (c, h, w), (skip_c, skip_h, skip_w) = addition.branch, addition.shortcut
        repeats = addition.broadcasts
        lines = [label("drawn_block.broadcasts" if repeats else "drawn_block.cannot")]
        if addition.channels_differ:
            few, many = sorted((c, skip_c)) if repeats else (c, skip_c)
            entry = "channel_repeated" if repeats else "channels_differ"
            lines.append(label(f"drawn_block.{entry}", few=few, many=many))
        if addition.size_differs:
            sizes = {"height": h, "width": w, "other_height": skip_h, "other_width": skip_w}
            entry = "size_repeated" if repeats else "size_differs"
            lines.append(label(f"drawn_block.{entry}", **sizes))
        for index, line in enumerate(lines):
            y = self.y + 24 + index * 20
            self._text(WIDTH / 2, y, line, bold=index == 0, size=16, colour=_RED)
        self.y += 12 + 20 * len(lines)

    def _shortcut(self, end: float, colour: str) -> None:
        """From the fork to the addition, through whatever changes x on the way."""
        unit, addition = self.unit, self.unit.addition
        assert addition is not None
        ops = unit.block.shortcut_ops
        boxes = [op_lines(op) for op in ops]
        name = self._added()
        style = ' stroke-dasharray="7,5"' if unit.kind != "identity" else ""
        start = self.fork
        self.parts.append(
            f'<path d="M{_MAIN},{start:.1f} H{_LANE - 9} q9,0 9,9 V{end - 9:.1f} q0,9 -9,9 '
            f'H{_MAIN + _RADIUS + 6}" fill="none" stroke="{colour}" stroke-width="2.5"{style}/>'
            f'<path d="M{_MAIN + _RADIUS + 1},{end:.1f} l9,-5 v10 z" fill="{colour}"/>'
            f'<circle cx="{_MAIN}" cy="{start:.1f}" r="4" fill="{colour}"/>'
        )
        heights = [_LINE * len(lines) + 10 for lines in boxes]
        space = (end - start - sum(heights)) / (len(boxes) + 1)
        y = start
        source = unit.block.shortcut
        assert source is not None
        shapes = [source.in_shape, *(op.out_shape for op in ops)]
        for index, shape in enumerate(shapes):
            words = [shape_text(shape)]
            if index == len(ops):
                words = [name, *words]
            self._on_lane(words, y + space / 2)
            y += space
            if index < len(ops):
                y = self._box(boxes[index], _LANE, _LANE_BOX, y, ops[index])

    def _on_lane(self, lines: list[str], middle: float) -> None:
        """Text that interrupts the shortcut's line."""
        top = middle - _LINE * len(lines) / 2
        self.parts.append(
            f'<rect x="{_LANE - 58}" y="{top:.1f}" width="116" height="{_LINE * len(lines):.1f}" '
            f'fill="{BACKGROUND}"/>'
        )
        for index, line in enumerate(lines):
            self._text(_LANE, top + 14 + index * _LINE, line, bold=len(lines) > 1 and index == 0)

    def _added(self) -> str:
        """What the shortcut hands to the addition; `a` is a shared first activation."""
        shortcut = self.unit.block.shortcut
        source = "x" if shortcut is None or shortcut.source == "x" else "a"
        entry = {"projection": "projected", "padding": "padded"}.get(self.unit.kind)
        return label(f"tensor.{entry}", source=source) if entry else source

    def _finish(self, last: Op, after: list[Op]) -> None:
        addition, out = self.unit.addition, last.out_shape
        if addition is not None and addition.out_shape is not None:
            out = addition.out_shape
        name = "F(x)" if addition is None else label("tensor.sum", added=self._added())
        # The add's own path: no shortcut starts below it.
        below = last._replace(path="")
        for op in after:
            self._arrow(below, out, name)
            self._box(op_lines(op), _MAIN, _MAIN_BOX, self.y, op)
            name = label("tensor.output")
        self._arrow(below, out, name)
        self.y += 4

    def _text(
        self,
        x: float,
        y: float,
        content: str,
        *,
        anchor: Anchor = "middle",
        bold: bool = False,
        size: int = _FONT,
        colour: str = TEXT,
    ) -> None:
        drawn = text(x, y, content, anchor=anchor, bold=bold, size=size, colour=colour)
        self.parts.append(drawn)
