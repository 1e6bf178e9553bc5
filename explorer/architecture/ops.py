"""What a blueprint is made of: ops in blocks, blocks in stages, and one shortcut per block.

Shapes are (C, H, W) for one image; after the flatten, (C,). Paths are torchvision's module names
(`layer2.0.conv1`), and our own where no module stands behind an op (`layer2.0.add`).
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import prod
from typing import Literal, NamedTuple

from explorer.architecture.image_size import ImageSize
from explorer.architecture.spec import NetworkSpec
from explorer.words import label

Shape = tuple[int, ...]
OpKind = Literal[
    "input",
    "conv",
    "batch_norm",
    "group_norm",
    "relu",
    "max_pool",
    "avg_pool",
    "local_avg_pool",
    "pad",
    "gate_linear",
    "sigmoid",
    "scale",
    "add",
    "flatten",
    "linear",
]
"""avg_pool is the mean over all positions, local_avg_pool that of 2x2; gate_linear, sigmoid and
scale are squeeze-and-excitation's."""
ShortcutKind = Literal["identity", "projection", "padding", "none"]


class Op(NamedTuple):
    """One operation of the forward pass.

    `inputs` are the paths of the ops it reads; `receptive_field` and `output_stride` are input
    pixels along one axis; `macs` counts convolutions and linear layers only; `on_shortcut` says
    that the op lies on the shortcut rather than on the main branch; `dilation` is the distance
    between a window's taps; `groups` are a convolution's or a group norm's; `eps` is what a
    normalisation adds to the variance; `zeros_before` are a padding's channels before x's own.
    """

    path: str
    kind: OpKind
    inputs: tuple[str, ...]
    in_shape: Shape
    out_shape: Shape
    receptive_field: int
    output_stride: int
    kernel: int = 0
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = False
    params: int = 0
    macs: int = 0
    on_shortcut: bool = False
    dilation: int = 1
    eps: float = 0.0
    zeros_before: int = 0

    @property
    def name(self) -> str:
        """The last part of the path: `conv1` of `layer2.0.conv1`."""
        return self.path.rsplit(".", 1)[-1]

    @property
    def span(self) -> int:
        """Pixels from the first to the last tap of the window."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def normalises(self) -> bool:
        """Batch norm, or what stands in its place."""
        return self.kind in ("batch_norm", "group_norm")

    @property
    def activations(self) -> int:
        """Values this op writes, for one image."""
        return prod(self.out_shape)

    @property
    def size_formula(self) -> str:
        """Output size from input size, with this op's numbers; of both sides where they differ."""
        if self.kind == "avg_pool":
            return label("formula.mean", height=self.in_shape[1], width=self.in_shape[2])
        if self.kind == "flatten":
            return f"{'*'.join(map(str, self.in_shape))} = {self.out_shape[0]}"
        if self.kind == "linear":
            ends = {"features": self.in_shape[0], "classes": self.out_shape[0]}
            return label("formula.features", **ends)
        height = self.side_formula(1)
        if self.in_shape[1:2] == self.in_shape[2:]:
            return height
        return label("formula.both_sides", height=height, width=self.side_formula(2))

    def side_formula(self, axis: Literal[1, 2]) -> str:
        """Output height (1) or width (2) from the input's, of an op that reads windows or keeps
        the size."""
        before, after = self.in_shape[axis], self.out_shape[axis]
        if self.kind in ("conv", "max_pool"):
            reach = f"{self.kernel}"
            if self.dilation > 1:
                reach = f"{self.dilation}*({self.kernel} - 1) - 1"
            return f"floor(({before} + 2*{self.padding} - {reach})/{self.stride}) + 1 = {after}"
        if self.kind in ("pad", "local_avg_pool"):
            return f"ceil({before}/{self.stride}) = {after}"
        return label("formula.size_kept", before=before, after=after)

    @property
    def params_formula(self) -> str:
        """Parameters as a product, with this op's numbers; '0' where nothing is learned."""
        if self.kind == "conv":
            weights = (
                f"{self.kernel}*{self.kernel}*{self.in_shape[0] // self.groups}*{self.out_shape[0]}"
            )
        elif self.kind in ("linear", "gate_linear"):
            weights = f"{self.in_shape[0]}*{self.out_shape[0]}"
        elif self.normalises:
            channels = self.out_shape[0]
            return label("formula.gamma_and_beta", channels=channels, params=self.params)
        else:
            return "0"
        return f"{weights}{f' + {self.out_shape[0]}' if self.bias else ''} = {self.params:,}"

    @property
    def macs_formula(self) -> str:
        """MACs as a product, with this op's numbers; '0' where none are counted."""
        if self.kind == "conv":
            channels = f"{self.in_shape[0] // self.groups}*{self.out_shape[0]}"
            positions = f"{self.out_shape[1]}*{self.out_shape[2]}"
            return f"{self.kernel}*{self.kernel}*{channels}*{positions} = {self.macs:,}"
        if self.kind in ("linear", "gate_linear"):
            return f"{self.in_shape[0]}*{self.out_shape[0]} = {self.macs:,}"
        return "0"


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
