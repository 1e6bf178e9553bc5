"""The chain of a network's diagram: blocks, their shortcuts and additions, stage by stage."""

from typing import Final

from explorer.architecture import Blueprint
from explorer.architecture.notation import kernels, shape_text
from explorer.architecture.ops import Shape
from explorer.architecture.structure import Block, Shortcut, Stage
from explorer.views.diagram_measures import Layout, measures, shortcut_label, stage_title
from explorer.views.folding import FOLD, Group
from explorer.views.palette import BACKGROUND, LIGHT, TEXT, slot_of
from explorer.views.sheet import TEXT_SIZE, Point, Sheet
from explorer.words import label, section, width

_PLUS: Final = 24
_GAP: Final = 14
_END: Final = 10
_TURN: Final = 14
_FORK: Final = 16
"""How far before a block its shortcut leaves the main chain."""


class Chain:
    """Draws node after node. `a` runs along the chain, `c` across it towards the shortcuts."""

    def __init__(self, bp: Blueprint, layout: Layout) -> None:
        self.bp = bp
        self.sheet = Sheet("network")
        self.columns, self.horizontal = layout == "stages", layout == "horizontal"
        self.m = measures(bp, self.horizontal)
        self.origin: Point = (0.0, 0.0)
        self.a = 0.0
        self.tail = ""
        self.shape: Shape = bp.in_shape
        self.route: list[Point] = []
        self.label_at: Point | None = None
        self.top: float | None = None
        """Where the stages begin, once the first has; used only side by side."""

    def at(self, a: float, c: float = 0.0) -> Point:
        x, y = self.origin
        return (x + a, y - c) if self.horizontal else (x + c, y + a)

    def begin(self) -> None:
        self._node(
            "image", [label("tensor.image")], 46 if self.horizontal else 20, TEXT, shape="plaintext"
        )
        self.part(self.bp.stem, [self.bp.stem.title, self._stem_text()])

    def _stem_text(self) -> str:
        shown = kernels(self.bp.stem)
        pools = self.bp.stem.ops[-1].kind == "max_pool"
        return label("drawn_network.stem_pool", kernels=shown) if pools else shown

    def part(self, block: Block, lines: list[str]) -> None:
        """The stem or the head."""
        self._arrow_to(block.path, self.m.into)
        self._node(block.path, lines, self.m.block, _colour(block.path), title=_named(block))
        self.shape = block.out_shape

    def stage(self, stage: Stage, shown: list[Group]) -> None:
        """A stage in its frame; side by side, every stage but the first starts a column."""
        if self.top is None or not self.columns:
            self._leave_room()
            self.top = start = self.a
        else:
            start = self.top
            self._new_column()
        for index, group in enumerate(shown):
            into = self.m.into if index else self.m.band + _FORK + 12
            if group.like:
                self._fold(stage, group.blocks, group.like, into)
            else:
                self._block(stage, group.blocks[0], into)
        # A frame's end is part of the arrow that leaves it.
        self.route = [self.at(self.a)]
        self.a += _END
        corners = (self.at(start, -self.m.before), self.at(self.a, self.m.after))
        (left, right), (top, bottom) = (sorted(axis) for axis in zip(*corners, strict=True))
        title = stage_title(stage)
        half = max(width(line, TEXT_SIZE) for line in title) / 2 + 8
        middle = left + half if self.horizontal else right - half
        box = (left, top, right, bottom)
        self.sheet.frame(stage.path, box, title, (middle, top + 23), _colour(stage.path))

    def _leave_room(self) -> None:
        """The label of the arrow that enters a stage stands before the frame."""
        self.route = self.route or [self.at(self.a)]
        self.label_at = self.at(self.a + self.m.label)
        self.a += 2 * self.m.label - 2

    def _new_column(self) -> None:
        """From the end of one column up to the top of the next."""
        assert self.top is not None
        channel = self.origin[0] + self.m.after + _GAP / 2
        down = self.at(self.a + _TURN)
        self.label_at = ((down[0] + channel) / 2, down[1])
        self.route += [down, (channel, down[1])]
        self.origin = (channel + _GAP / 2 + self.m.before, self.origin[1])
        entry = self.at(self.top + self.m.band)
        self.route += [(channel, entry[1]), entry]
        self.a = self.top

    def _node(
        self,
        name: str,
        lines: list[str],
        along: float,
        colour: str,
        wider: float = 0.0,
        **more: str,
    ) -> None:
        """A node that starts here, and is `tail` from now on."""
        across = self.m.across + wider
        self.sheet.node(
            name,
            self.at(self.a + along / 2),
            (along, across) if self.horizontal else (across, along),
            lines,
            colour=colour,
            choosable=more.get("shape") != "plaintext",
            bold=len(lines) > 1,
            **more,
        )
        self.a += along
        self.tail = name

    def _arrow_to(self, head: str, length: float) -> None:
        """The main chain's arrow to a node that starts `length` further on."""
        route = self.route or [self.at(self.a)]
        label_at = self.label_at or self.at(self.a + self.m.label)
        self.a += length
        label = [shape_text(self.shape)]
        self.sheet.arrow(self.tail, head, [*route, self.at(self.a)], label, label_at)
        self.route, self.label_at = [], None

    def _block(self, stage: Stage, block: Block, into: float) -> None:
        source, colour = self.tail, _colour(stage.path)
        self._arrow_to(block.path, into)
        fork, leaves = self.a - _FORK, 0.0
        shortcut = block.shortcut
        assert shortcut is not None
        if shortcut.source.startswith(f"{block.path}."):
            # It starts at an activation inside the block, so it leaves the node itself.
            source, fork, leaves = block.path, self.a + 12, self.m.across / 2
        gated = any(op.kind == "scale" for op in block.ops)
        title = f"{block.title} + SE" if gated else block.title
        lines = [title, kernels(block)]
        self._node(block.path, lines, self.m.block, colour, title=_named(block), frame=stage.path)
        self.shape = block.out_shape
        if shortcut.kind == "none":
            return
        plus = f"{block.path}.add"
        self._arrow_to(plus, self.m.out)
        self._shortcut(block, shortcut, source, fork, leaves)
        self.sheet.node(
            plus,
            self.at(self.a + _PLUS / 2),
            (_PLUS, _PLUS),
            ["+"],
            title=section("drawings", "addition of a block", block=block.title),
            colour=colour,
            fill=BACKGROUND,
            shape="circle",
            frame=stage.path,
            fontsize="18",
        )
        self.a += _PLUS
        self.tail = plus

    def _shortcut(
        self, block: Block, shortcut: Shortcut, source: str, fork: float, leaves: float
    ) -> None:
        """From `source`, `leaves` beside the chain at `fork`, to the addition that starts here."""
        centre, lane = self.a + _PLUS / 2, self.m.lane
        route = [
            self.at(fork, leaves),
            self.at(fork, lane),
            self.at(centre, lane),
            self.at(centre, _PLUS / 2),
        ]
        self.sheet.arrow(
            source,
            f"{block.path}.add",
            route,
            shortcut_label(shortcut),
            self.at((fork + centre) / 2, lane),
            title=section(
                "drawings",
                "shortcut of a block",
                block=block.title,
                line=label(f"line.{shortcut.line}"),
                why=shortcut.why,
            ),
            colour=_colour(block.path),
            width=2.5,
            dashed=shortcut.dashed,
        )

    def _fold(self, stage: Stage, blocks: tuple[Block, ...], like: Block, into: float) -> None:
        name, hidden = FOLD + stage.path, len(blocks)
        self._arrow_to(name, into)
        self._node(
            name,
            [
                label("drawn_network.folded", n=hidden),
                label("drawn_network.like", block=like.title),
            ],
            self.m.block,
            _colour(stage.path),
            wider=0.0 if self.horizontal else 8.0,
            title=section(
                "drawings",
                "folded blocks",
                first=blocks[0].title,
                last=blocks[-1].title,
                count=hidden,
                like=like.title,
            ),
            frame=stage.path,
            peripheries="2",
        )


def _colour(path: str) -> str:
    return LIGHT[slot_of(path)]


def _named(block: Block) -> str:
    """A node's accessible name."""
    values = {
        "title": block.title,
        "path": block.path,
        "before": shape_text(block.in_shape),
        "after": shape_text(block.out_shape),
    }
    shortcut = block.shortcut
    if shortcut is None:
        return section("drawings", "part", **values)
    if shortcut.kind == "none":
        return section("drawings", "block without shortcut", **values)
    return section("drawings", "block", line=label(f"line.{shortcut.line}"), **values)
