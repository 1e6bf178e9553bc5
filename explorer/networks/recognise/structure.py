"""What was found in a file, as a network in general: more than a NetworkSpec can say."""

from dataclasses import dataclass, field, replace
from typing import Literal

from explorer.networks.recognise.modules import Layer

Kind = Literal["basic", "bottleneck"]


@dataclass(eq=False)
class Gate:
    """Squeeze-and-excitation: channels -> `middle` -> channels."""

    squeeze: Layer
    excite: Layer

    @property
    def middle(self) -> int:
        return self.squeeze.shape[0]


@dataclass(eq=False)
class Block:
    """One residual unit: its convolutions, and the layers on its shortcut."""

    convolutions: list[Layer]
    inputs: int
    projection: Layer | None = None
    gate: Gate | None = None
    norms: list[Layer] = field(default_factory=list)
    projection_norm: Layer | None = None

    @property
    def out(self) -> int:
        return self.convolutions[-1].shape[0]

    @property
    def inner(self) -> int:
        """Channels of the first convolution."""
        return self.convolutions[0].shape[0]

    @property
    def groups(self) -> int:
        """Of the 3x3 convolution of a bottleneck."""
        if len(self.convolutions) < 3:
            return 1
        return self.inner // self.convolutions[1].shape[1]


@dataclass(eq=False)
class Structure:
    """A residual network as its tensors tell it.

    `pre` is the order of activation; `pooled` whether an average pool stands before the
    projections, as far as names tell; `known_order` is False where only the number of tensors of
    each shape was known, so that nobody can say which belongs where.
    """

    kind: Kind
    stem: list[Layer]
    stages: list[list[Block]]
    stem_norms: list[Layer] = field(default_factory=list)
    final_norm: Layer | None = None
    head: list[Layer] = field(default_factory=list)
    pre: bool = False
    pooled: bool = False
    known_order: bool = True
    twin: "Structure | None" = None

    def without_norms(self) -> "Structure":
        """The same convolutions, whose norms have no places yet."""
        stages = [
            [replace(block, norms=[], projection_norm=None) for block in stage]
            for stage in self.stages
        ]
        return replace(self, stages=stages, stem_norms=[], final_norm=None, twin=None)

    @property
    def blocks(self) -> list[Block]:
        return [block for stage in self.stages for block in stage]

    @property
    def out(self) -> int:
        return self.stages[-1][-1].out

    @property
    def convolutions(self) -> list[Layer]:
        """Of the stem, the main branches and the shortcuts."""
        found = list(self.stem)
        for block in self.blocks:
            found += block.convolutions
            if block.projection is not None:
                found.append(block.projection)
        return found

    @property
    def norms(self) -> list[Layer]:
        found = list(self.stem_norms)
        for block in self.blocks:
            found += block.norms
            if block.projection_norm is not None:
                found.append(block.projection_norm)
        return [*found, *([self.final_norm] if self.final_norm is not None else [])]
