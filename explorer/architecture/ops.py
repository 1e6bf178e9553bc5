"""What a network computes, op by op: shapes, counts, and the formulas behind them.

Shapes are (C, H, W) for one image; after the flatten, (C,). Paths are torchvision's module names
(`layer2.0.conv1`), and our own where no module stands behind an op (`layer2.0.add`).
"""

from math import prod
from typing import Literal, NamedTuple

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
    def groups_of_one(self) -> bool:
        """Group norm with a single value in each group: torch refuses to normalise one image so."""
        return self.kind == "group_norm" and self.activations == self.groups

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
