"""The whole network as a diagram: blocks, their shortcuts, and additions, stage by stage."""

from collections.abc import Container
from typing import Final, Literal, NamedTuple, get_args

from explorer.architecture import Blueprint
from explorer.architecture.notation import shape_text, window
from explorer.architecture.ops import Block, Shape, Shortcut, Stage
from explorer.views import legend
from explorer.views.folding import FOLD, Group, groups
from explorer.views.palette import BACKGROUND, LIGHT, TEXT, slot_of
from explorer.views.sheet import TEXT_SIZE, Point, Sheet
from explorer.words import count, label, section, width

Layout = Literal["stages", "vertical", "horizontal"]
LAYOUTS: Final[tuple[Layout, ...]] = get_args(Layout)

_PLUS: Final = 24
_GAP: Final = 14
_END: Final = 10
_SLIM: Final = 0.86
"""Shapes are narrower than words: digits, commas and brackets."""
_TURN: Final = 14
_FORK: Final = 16
"""How far before a block its shortcut leaves the main chain."""


class _Measures(NamedTuple):
    """Lengths along the chain: of a block, of the arrows into and out of it, to an arrow's label
    and of the band for a stage's title. Extents across it: of a block, before and after it to
    the stage's frame; the shortcuts run at `lane`."""

    block: float
    into: float
    out: float
    label: float
    band: float
    across: float
    before: float
    lane: float
    after: float


def sheet(bp: Blueprint, layout: Layout = "stages", unfold: Container[str] = ()) -> Sheet:
    """The network from image to head, as DOT.

    Args:
        bp: the network.
        layout: "stages" sets the stages side by side and reads each downwards; "vertical" and
            "horizontal" draw one chain.
        unfold: paths of the stages (`layer3`) whose equal blocks are drawn one by one.
    """
    shown = [groups(stage, stage.path in unfold) for stage in bp.stages]
    chain = _Chain(bp, layout)
    chain.begin()
    for stage, nodes in zip(bp.stages, shown, strict=True):
        chain.stage(stage, nodes)
    head = "head_preact" if len(bp.head.ops) > 4 else "head"
    chain.part(bp.head, [bp.head.title, label(f"drawn_network.{head}")])
    at = (0.0, 64.0) if chain.horizontal else (chain.m.across / 2 + 44, 6.0)
    legend.draw(chain.sheet, bp, at, any(group.like for nodes in shown for group in nodes))
    return chain.sheet


def kernels(block: Block) -> str:
    """The main branch's convolutions in short: `1x1, 3x3/2, 1x1`."""
    return ", ".join(window(op) for op in block.main_ops if op.kind == "conv")


def _shortcut_label(shortcut: Shortcut) -> list[str]:
    if shortcut.dashed:
        return [shape_text(shortcut.in_shape), f"→ {shape_text(shortcut.out_shape)}"]
    return [shape_text(shortcut.in_shape)]


def _measures(bp: Blueprint, horizontal: bool) -> _Measures:
    """Room for the longest label: beside the blocks, or along the chain."""
    shapes = {block.shortcut for block in bp.dashed} | {block.shortcut for block in bp.blocks[-1:]}
    labels = [line for shortcut in shapes if shortcut for line in _shortcut_label(shortcut)]
    room = _SLIM * max(width(line, TEXT_SIZE) for line in labels)
    if horizontal:
        wide = max(width(shape_text(part.out_shape), TEXT_SIZE) for part in bp.parts[:-1])
        above = 122 if bp.additions else 76
        return _Measures(124, wide + 46, wide + 34, wide / 2 + 12, 14, 46, 34, 52, above)
    lane = 56 + 2 + room / 2
    beside_entry = 20 + max(width(line, TEXT_SIZE) for stage in bp.stages for line in _title(stage))
    return _Measures(42, 44, 36, 14, 44, 112, 69, lane, max(lane + room / 2 + 2, beside_entry))


def _title(stage: Stage) -> list[str]:
    height, across = stage.out_shape[1:]
    blocks = count(len(stage.blocks), "block")
    size = label("drawn_network.stage_size", height=height, width=across, blocks=blocks)
    return [label("named.in_brackets", name=stage.title, what=stage.path), size]


class _Chain:
    """Draws node after node. `a` runs along the chain, `c` across it towards the shortcuts."""

    def __init__(self, bp: Blueprint, layout: Layout) -> None:
        self.bp = bp
        self.sheet = Sheet("network")
        self.columns, self.horizontal = layout == "stages", layout == "horizontal"
        self.m = _measures(bp, self.horizontal)
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
        title = _title(stage)
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
            _shortcut_label(shortcut),
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
