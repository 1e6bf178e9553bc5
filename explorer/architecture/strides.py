"""v1 against v1.5: the same bottlenecks with their stride on the first 1x1 or on the 3x3.

What a window does not touch is lost: which positions of a block's input reach its output
follows from kernels, strides and paddings alone, along one axis at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from explorer.architecture.blueprint import blueprint
from explorer.architecture.image_size import ImageSize
from explorer.architecture.ops import Op
from explorer.architecture.spec import NetworkSpec
from explorer.architecture.structure import Block, Blueprint


class Reach(NamedTuple):
    """Parts (0 to 1) of the input positions that reach the output, by way; None: no such way."""

    whole: float
    main: float
    shortcut: float | None


def reach(block: Block) -> Reach:
    """Which part of a residual unit's input its output depends on.

    Assumes what the wiring allows: no weight is zero and no ReLU blocks.
    """
    main, skip = (
        [_read(ops, block.out_shape[1 + axis], axis) for axis in (0, 1)]
        for ops in (block.main_ops, block.shortcut_ops)
    )
    size = block.in_shape[1] * block.in_shape[2]
    on_main = len(main[0]) * len(main[1]) / size
    if block.shortcut is None or block.shortcut.kind == "none":
        return Reach(on_main, on_main, None)
    on_skip = len(skip[0]) * len(skip[1]) / size
    both = len(main[0] & skip[0]) * len(main[1] & skip[1]) / size
    return Reach(on_main + on_skip - both, on_main, on_skip)


def _read(ops: Iterable[Op], end: int, axis: int) -> set[int]:
    """Rows (axis 0) or columns of the first op's input that the last op's `end` depend on."""
    rows = set(range(end))
    # A gate scales what is there already: it reaches no row that the windows do not.
    for op in reversed([op for op in ops if op.kernel and ".se." not in op.path]):
        first = (row * op.stride - op.padding for row in rows)
        windows = {row + op.dilation * step for row in first for step in range(op.kernel)}
        rows = {row for row in windows if 0 <= row < op.in_shape[1 + axis]}
    return rows


@dataclass(frozen=True)
class StrideStudy:
    """A network twice, and one down-sampling block (the path) in both."""

    v1: Blueprint
    v15: Blueprint
    path: str

    @property
    def extra_macs(self) -> int:
        """MACs that v1.5 needs more than v1."""
        return self.v15.macs - self.v1.macs

    @property
    def moved(self) -> tuple[Block, ...]:
        """The blocks of v1.5 that differ: those with a stride."""
        return tuple(block for block in self.v15.blocks if _halves(block))


def stride_study(
    spec: NetworkSpec, image_size: ImageSize, path: str | None = None
) -> StrideStudy | None:
    """The network as v1 and as v1.5; None where no bottleneck halves the size.

    Args:
        spec: the network; its own `stride_on` does not matter.
        image_size: pixels.
        path: the block to look at; the first down-sampling one if this one has no stride.
    """
    if spec.block != "bottleneck":
        return None
    v1, v15 = (blueprint(replace(spec, stride_on=on), image_size) for on in ("1x1", "3x3"))
    moved = [block.path for block in v15.blocks if _halves(block)]
    if not moved:
        return None
    return StrideStudy(v1, v15, path if path in moved else moved[0])


def _halves(block: Block) -> bool:
    return any(op.stride > 1 for op in block.ops)
