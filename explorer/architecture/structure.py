"""What a blueprint is made of: ops in blocks, blocks in stages, and one shortcut per block."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Literal

from explorer.architecture.image_size import ImageSize
from explorer.architecture.ops import Op, Shape
from explorer.architecture.spec import NetworkSpec
from explorer.words import label

ShortcutKind = Literal["identity", "projection", "padding", "none"]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """How a block's input reaches its addition.

    `source` is the path of the op that the shortcut reads. A shortcut is drawn solid where it
    carries the values unchanged, dashed where it changes their shape or projects them.
    """

    kind: ShortcutKind
    source: str
    in_shape: Shape
    out_shape: Shape

    @property
    def dashed(self) -> bool:
        return self.kind in ("projection", "padding")

    @property
    def line(self) -> Literal["solid", "dashed", "none"]:
        if self.kind == "none":
            return "none"
        return "dashed" if self.dashed else "solid"

    @property
    def channels_change(self) -> bool:
        return self.in_shape[0] != self.out_shape[0]

    @property
    def size_changes(self) -> bool:
        return self.in_shape[1:] != self.out_shape[1:]

    @property
    def why(self) -> str:
        """What the block does to the shape: the reason for a solid or dashed shortcut."""
        (c_in, h_in, w_in), (c_out, h_out, w_out) = self.in_shape, self.out_shape
        channels = {"c_in": c_in, "c_out": c_out}
        size = {"h_in": h_in, "w_in": w_in, "h_out": h_out, "w_out": w_out}
        if self.channels_change and self.size_changes:
            return label("shortcut_why.both", **channels, **size)
        if self.channels_change:
            return label("shortcut_why.channels", **channels)
        if self.size_changes:
            return label("shortcut_why.size", **size)
        return label("shortcut_why.neither")


class _Sums:
    """Totals over `ops`, shared by blocks, stages and the blueprint."""

    __slots__ = ()
    ops: tuple[Op, ...]

    @property
    def params(self) -> int:
        return sum(op.params for op in self.ops)

    @property
    def macs(self) -> int:
        return sum(op.macs for op in self.ops)

    @property
    def activations(self) -> int:
        """Values written by all ops, for one image."""
        return sum(op.activations for op in self.ops)

    @property
    def in_shape(self) -> Shape:
        return self.ops[0].in_shape

    @property
    def out_shape(self) -> Shape:
        return self.ops[-1].out_shape

    @property
    def receptive_field(self) -> int:
        return self.ops[-1].receptive_field


@dataclass(frozen=True)
class Block(_Sums):
    """A residual unit; the stem and the head are blocks without a shortcut."""

    path: str
    title: str
    ops: tuple[Op, ...]
    shortcut: Shortcut | None = None

    @property
    def main_ops(self) -> tuple[Op, ...]:
        return tuple(op for op in self.ops if not op.on_shortcut)

    @property
    def shortcut_ops(self) -> tuple[Op, ...]:
        return tuple(op for op in self.ops if op.on_shortcut)

    @property
    def shortcut_inside(self) -> bool:
        """Whether the shortcut starts inside the block, at an activation that it shares."""
        return self.shortcut is not None and self.shortcut.source.startswith(f"{self.path}.")

    @cached_property
    def likeness(self) -> Hashable:
        """Equal for blocks that differ in nothing but their place in the network."""
        # Numbers of a shortcut's layers count what stands before them, such as nothing at all.
        return self.shortcut_inside, tuple(
            op._replace(
                path="" if op.on_shortcut else op.name,
                inputs=(),
                receptive_field=0,
                output_stride=0,
            )
            for op in self.ops
        )


def repeats(blocks: Iterable[Block]) -> list[tuple[Block, ...]]:
    """The blocks in runs of equal ones that follow each other."""
    return [tuple(run) for _, run in groupby(blocks, key=lambda block: block.likeness)]


@dataclass(frozen=True)
class Stage(_Sums):
    """Blocks of one width: conv2_x of the paper is torchvision's layer1."""

    path: str
    title: str
    blocks: tuple[Block, ...]

    @cached_property
    def ops(self) -> tuple[Op, ...]:  # type: ignore[override]
        return tuple(op for block in self.blocks for op in block.ops)


@dataclass(frozen=True)
class Blueprint(_Sums):
    """A network's every shape and count for one image size, in closed form."""

    spec: NetworkSpec
    image_size: ImageSize
    stem: Block
    stages: tuple[Stage, ...]
    head: Block

    @cached_property
    def ops(self) -> tuple[Op, ...]:  # type: ignore[override]
        """All ops in the order in which the network runs them."""
        return tuple(op for part in self.parts for op in part.ops)

    @cached_property
    def parts(self) -> tuple[Block, ...]:
        """Stem, every block, head: the rows of the shape trace."""
        return (self.stem, *self.blocks, self.head)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The residual units of all stages."""
        return tuple(block for stage in self.stages for block in stage.blocks)

    @cached_property
    def params(self) -> int:
        return sum(op.params for op in self.ops)

    @cached_property
    def macs(self) -> int:
        return sum(op.macs for op in self.ops)

    @property
    def dashed(self) -> tuple[Block, ...]:
        """Blocks whose shortcut is dashed."""
        return tuple(b for b in self.blocks if b.shortcut is not None and b.shortcut.dashed)

    @property
    def feature_op(self) -> Op:
        """The op that writes the last feature map, before the global average pool."""
        last = next(op.inputs[0] for op in self.head.ops if op.kind == "avg_pool")
        return next(op for op in reversed(self.ops) if op.path == last)

    @property
    def receptive_field(self) -> int:
        """Of one position of the last feature map, in input pixels along one axis."""
        return self.feature_op.receptive_field

    @property
    def output_stride(self) -> int:
        """Input pixels between neighbouring positions of the last feature map."""
        return self.feature_op.output_stride

    @property
    def additions(self) -> int:
        """Element-wise additions of all shortcuts for one image; not part of the MACs."""
        return sum(op.activations for op in self.ops if op.kind == "add")

    def stage_of(self, path: str) -> int | None:
        """Index of the stage that an op's or block's path lies in; None in stem and head."""
        for index, stage in enumerate(self.stages):
            if path == stage.path or path.startswith(stage.path + "."):
                return index
        return None

    def block(self, path: str) -> Block:
        """The stem, block or head of this path, or that holds the op of this path.

        Raises:
            ValueError: the network has no such part.
        """
        found = self._part_of_path.get(path)
        if found is None:
            raise ValueError(f"path={path!r} is not a block or op of this network")
        return found

    @cached_property
    def _part_of_path(self) -> dict[str, Block]:
        index = {op.path: part for part in self.parts for op in part.ops}
        return index | {part.path: part for part in self.parts}

    def __iter__(self) -> Iterator[Op]:
        return iter(self.ops)
