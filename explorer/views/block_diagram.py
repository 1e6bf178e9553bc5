"""One block with its ops: the main branch on the left, the shortcut beside it."""

from typing import Final

from explorer.architecture import notation
from explorer.architecture.notation import shape_text
from explorer.architecture.ops import Op
from explorer.architecture.structure import Block
from explorer.views.palette import BACKGROUND, LIGHT, slot_of
from explorer.views.sheet import Point, Sheet
from explorer.words import count, label, section

_WIDTH: Final = 226
_LANE: Final = 244
_NEAR_LANE: Final = 172
_ARROW: Final = 40
_LABEL: Final = 13
_FORK: Final = 15
_PLUS: Final = 28
_SCALE: Final = 28
"""Height of the one line that says what a scaling is."""
_ASIDE: Final = 62
"""How far beside the main branch that runs which squeeze-and-excitation scales."""


def sheet(block: Block, colour: str | None = None) -> Sheet:
    """The block's ops as DOT, each with its counts, and a shape (C, H, W) on every arrow.

    Args:
        block: a residual unit, the stem or the head.
        colour: one of the palette; its stage's where it is left out.
    """
    drawing = _Drawing(block, colour or LIGHT[slot_of(block.path)])
    drawing.draw()
    return drawing.sheet


def lines_of(op: Op) -> list[str]:
    """What a node says of its op: name and kind, channels, parameters, MACs."""
    name = op.path.split(".", 2)[-1] if op.on_shortcut else op.name
    params, macs = count(op.params, "params"), count(op.macs, "macs")
    if op.normalises:
        what = _named(name, label(f"op.{op.kind}"))
        return [what, params] if op.on_shortcut else [label("named.like", name=what, what=params)]
    lines = [_what(op, name), *_changes(op)]
    return lines + [params] * bool(op.params) + [macs] * bool(op.macs)


def window(op: Op) -> str:
    """Kernel and stride in words: `3x3, stride 2`."""
    if op.kind == "avg_pool":  # over the whole map, which need not be square
        return notation.window(op)
    entry = "window_stride" if op.stride > 1 else "window"
    shown = label(f"drawn_op.{entry}", kernel=op.kernel, stride=op.stride)
    if op.dilation == 1:
        return shown
    return label("drawn_op.dilated", window=shown, dilation=op.dilation)


def _what(op: Op, name: str) -> str:
    if op.kind in ("conv", "max_pool") or op.path == "avgpool":
        return _named(name, window(op))
    # An op whose name is what it does needs no second word.
    return name if name == op.kind == "flatten" else _named(name, label(f"op.{op.kind}"))


def _changes(op: Op) -> list[str]:
    ends = {"before": op.in_shape[0], "after": op.out_shape[0]}
    if op.kind == "conv":
        if op.groups > 1:
            return [label("drawn_op.channels_groups", groups=count(op.groups, "group"), **ends)]
        return [label("drawn_op.channels", **ends)]
    if op.kind == "linear":
        return [label("drawn_op.features", **ends)]
    if op.kind in ("gate_linear", "local_avg_pool"):
        return [label("drawn_op.channels", **ends)] if op.params else []
    if op.kind == "pad":
        added = label("drawn_op.zeros_added", n=op.out_shape[0] - op.in_shape[0])
        if op.zeros_before:
            after = op.out_shape[0] - op.in_shape[0] - op.zeros_before
            added = label("drawn_op.zeros_around", before=op.zeros_before, after=after)
        return [label("drawn_op.every_second_row"), added] if op.stride == 2 else [added]
    return []


def _named(name: str, what: str) -> str:
    return label("named.of", name=name, what=what)


class _Drawing:
    """Draws down the main branch, with the shortcut beside it, and joins the two."""

    def __init__(self, block: Block, colour: str) -> None:
        self.block, self.colour = block, colour
        self.sheet = Sheet("block")
        self.y = 0.0
        self.tail, self.shape = "input", block.in_shape
        self.lane = float(_LANE if block.shortcut_ops else _NEAR_LANE)
        self.forks: dict[str, tuple[str, float]] = {}
        """Path of an op -> its node, and where below it a shortcut leaves the chain."""

    def draw(self) -> None:
        """All of it, from the block's input to its output."""
        block = self.block
        self._plain("input", label("tensor.input"))
        self._remember(block.ops[0].inputs[0])
        for op in block.main_ops:
            if op.kind == "add":
                self._addition(op.path)
            elif op.kind == "scale":
                self._scaling(op)
            else:
                self._op(op)
            self.shape = op.out_shape
            self._remember(op.path)
        self._arrow("output")
        self._plain("output", label("tensor.output"))

    def _remember(self, path: str) -> None:
        self.forks[path] = (self.tail, self.y + _ARROW - _FORK)

    def _plain(self, name: str, text: str) -> None:
        self.sheet.node(name, (0, self.y + 9), (_WIDTH, 18), [text], shape="plaintext")
        self.y += 18
        self.tail = name

    def _op(self, op: Op) -> None:
        self._arrow(op.path)
        self.y = self._box(op, 0, self.y)
        self.tail = op.path

    def _scaling(self, op: Op) -> None:
        """Squeeze-and-excitation's factors from above, and beside them what they scale."""
        self._op(op)
        tail, fork = self.forks[op.inputs[0]]
        middle, lane = self.y - _SCALE / 2, -_WIDTH / 2 - _ASIDE
        points: list[Point] = [(0.0, fork), (lane, fork), (lane, middle), (-_WIDTH / 2, middle)]
        shape, at = [shape_text(op.in_shape)], (lane, (fork + middle) / 2)
        self.sheet.arrow(tail, op.path, points, shape, at)

    def _box(self, op: Op, x: float, top: float) -> float:
        """A node at this place; returns where it ends."""
        lines = lines_of(op)
        height = 18 * len(lines) + 10
        self.sheet.node(
            op.path,
            (x, top + height / 2),
            (_WIDTH, height),
            lines,
            colour=self.colour,
            choosable=True,
            bold=len(lines) > 1,
            title=section(
                "drawings",
                "op",
                lines=label("list.comma").join(lines),
                before=shape_text(op.in_shape),
                after=shape_text(op.out_shape),
            ),
            **({"style": "rounded,filled,dashed"} if op.on_shortcut else {}),
        )
        return top + height

    def _arrow(self, head: str) -> None:
        start, self.y = self.y, self.y + _ARROW
        label = [shape_text(self.shape)]
        at = (0.0, start + _LABEL)
        self.sheet.arrow(self.tail, head, [(0.0, start), (0.0, self.y)], label, at)

    def _addition(self, name: str) -> None:
        """Where main branch and shortcut meet."""
        self._arrow(name)
        middle = self.y + _PLUS / 2
        self.sheet.node(
            name,
            (0, middle),
            (_PLUS, _PLUS),
            ["+"],
            colour=self.colour,
            fill=BACKGROUND,
            title=section("drawings", "addition", shape=shape_text(self.shape)),
            choosable=True,
            shape="circle",
            fontsize="20",
        )
        self._shortcut(name, middle)
        self.y += _PLUS
        self.tail = name

    def _shortcut(self, head: str, middle: float) -> None:
        shortcut = self.block.shortcut
        assert shortcut is not None
        tail, fork = self.forks[shortcut.source]
        lane, shape = self.lane, shortcut.in_shape
        points: list[Point] = [(0.0, fork), (lane, fork)]
        label_at, top = fork + 9 + _LABEL, fork + _ARROW + 8
        style = {"colour": self.colour, "width": 2.5, "dashed": shortcut.dashed}
        for op in self.block.shortcut_ops:
            end = [*points, (lane, top)]
            self.sheet.arrow(tail, op.path, end, [shape_text(shape)], (lane, label_at), **style)  # type: ignore[arg-type]
            bottom = self._box(op, lane, top)
            points, label_at, top = [(lane, bottom)], bottom + _LABEL, bottom + _ARROW
            tail, shape = op.path, op.out_shape
        start = points[-1][1]
        self.sheet.arrow(
            tail,
            head,
            [*points, (lane, middle), (_PLUS / 2, middle)],
            [shape_text(shape)],
            (lane, (start + middle) / 2),
            title=section(
                "drawings", "shortcut", line=label(f"line.{shortcut.line}"), why=shortcut.why
            ),
            **style,  # type: ignore[arg-type]
        )
        self.sheet.words("why", (_WIDTH / 4, fork - 12), shortcut.why)
