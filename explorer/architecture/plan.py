"""What the parts of a network are made of, in order.

The one table that counting (blueprint), building (networks) and the source code that is shown
follow: a new choice about a layer is made here.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from explorer.architecture.spec import NetworkSpec

LayerKind = Literal["conv", "norm", "relu", "max_pool"]

MAIN_BRANCH: Final = {
    ("basic", "post"): "conv1 bn1 relu1 conv2 bn2",
    ("bottleneck", "post"): "conv1 bn1 relu1 conv2 bn2 relu2 conv3 bn3",
    ("basic", "pre"): "bn1 relu1 conv1 bn2 relu2 conv2",
    ("bottleneck", "pre"): "bn1 relu1 conv1 bn2 relu2 conv2 bn3 relu3 conv3",
}
"""Layers of the main branch in order; post-activation adds a last ReLU after the addition."""


class Convolution(NamedTuple):
    """Channels that a convolution writes, and its window."""

    channels: int
    kernel: int
    stride: int = 1
    groups: int = 1
    dilation: int = 1

    @property
    def padding(self) -> int:
        """Pixels of zeros on each side, so that only the stride changes the size."""
        return self.dilation * (self.kernel // 2)


class Layer(NamedTuple):
    """A layer of the stem by its state-dict name."""

    name: str
    kind: LayerKind
    convolution: Convolution | None = None


class Place(NamedTuple):
    """A block within the network: what its place decides about it.

    `dilations` are those of the first 3x3 convolution and of what follows it; `shares` says that
    a pre-activation block's shortcut reads its first activation even where it is the identity.
    """

    stage: int
    position: int
    width: int
    stride: int
    dilations: tuple[int, int]
    shares: bool

    @property
    def path(self) -> str:
        return f"layer{self.stage + 1}.{self.position}"


def stem(spec: NetworkSpec) -> tuple[Layer, ...]:
    """The stem's layers. Names of a deep stem are timm's."""
    kernel, stride, convolutions, pools = spec.stem_shape
    out, layers = spec.stem_channels, []
    for index in range(convolutions - 1):
        inner = Convolution(max(1, out // 2), kernel, 1 if index else stride)
        layers += [
            Layer(f"conv1.{3 * index}", "conv", inner),
            Layer(f"conv1.{3 * index + 1}", "norm"),
            Layer(f"conv1.{3 * index + 2}", "relu"),
        ]
    last = f"conv1.{3 * (convolutions - 1)}" if convolutions > 1 else "conv1"
    layers.append(Layer(last, "conv", Convolution(out, kernel, stride if convolutions == 1 else 1)))
    if not spec.bare_stem:
        layers += [Layer("bn1", "norm"), Layer("relu", "relu")]
    layers += [Layer("maxpool", "max_pool")] if pools else []
    return tuple(layer for layer in layers if layer.kind != "norm" or spec.norm != "none")


def places(spec: NetworkSpec) -> Iterator[Place]:
    """Every block's, in order."""
    for stage, (depth, width, step) in enumerate(
        zip(spec.depths, spec.widths, spec.stage_steps, strict=True)
    ):
        for position in range(depth):
            first = step.first_dilation if position == 0 else step.dilation
            yield Place(
                stage,
                position,
                width,
                step.stride if position == 0 else 1,
                (first, step.dilation),
                spec.first_shares and stage == position == 0,
            )


def main_branch(spec: NetworkSpec) -> tuple[str, ...]:
    """The layers that a block's main branch has, in order, without squeeze-and-excitation."""
    names = MAIN_BRANCH[spec.block, spec.activation_order].split()
    return tuple(name for name in names if spec.norm != "none" or not name.startswith("bn"))


def convolutions(
    spec: NetworkSpec,
    inner: int,
    channels: int,
    stride: int,
    dilations: tuple[int, int] = (1, 1),
) -> Mapping[str, Convolution]:
    """A block's main branch by the names of its convolutions.

    Args:
        spec: what kind of block.
        inner: channels inside the block.
        channels: channels that leave it.
        stride: of the block.
        dilations: of its first 3x3 convolution and of a second one.
    """
    if spec.block == "basic":
        return {
            "conv1": Convolution(inner, 3, stride, 1, dilations[0]),
            "conv2": Convolution(channels, 3, 1, 1, dilations[1]),
        }
    first, second = (stride, 1) if spec.stride_on == "1x1" else (1, stride)
    return {
        "conv1": Convolution(inner, 1, first),
        "conv2": Convolution(inner, 3, second, spec.groups, dilations[0]),
        "conv3": Convolution(channels, 1),
    }


def pools_down(spec: NetworkSpec, stride: int) -> bool:
    """Whether a shortcut that changes the shape halves the size by taking means."""
    return spec.avg_down and stride > 1


def hands_on_activation(spec: NetworkSpec, shortcut: str) -> bool:
    """Whether a pre-activation shortcut of this kind reads the first activation instead of x,
    wherever it stands: those that change x do (Identity Mappings, appendix)."""
    return shortcut in ("projection", "padding") and spec.share_projection


def squeezed(spec: NetworkSpec, channels: int) -> int:
    """Channels of the inner layer of squeeze-and-excitation."""
    return max(1, channels // spec.se_ratio)


def zeros_before(spec: NetworkSpec, new_channels: int) -> int:
    """How many of option A's channels of zeros stand before those of x."""
    return max(0, new_channels) // 2 if spec.zero_padding == "both" else 0
