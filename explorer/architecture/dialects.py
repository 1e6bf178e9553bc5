"""How four code bases write the same block, as UnitSpecs. explorer.networks.dialects runs them."""

from dataclasses import dataclass
from typing import Final

from explorer.architecture.choices import EXPANSION, ActivationOrder, StrideOn
from explorer.architecture.unit import UnitSpec
from explorer.words import label


@dataclass(frozen=True, slots=True)
class Dialect:
    """A code base and what it decides about a block, whatever the block's size.

    `name` is its id.
    """

    name: str
    activation_order: ActivationOrder
    stride_on: StrideOn
    norm_on_projection: bool
    conv_bias: bool
    always_basic: bool = False

    @property
    def title(self) -> str:
        """Whose code it is, on screen."""
        return label(f"dialect.{self.name}")

    def speaks(self, spec: UnitSpec) -> bool:
        """Whether it can write a block of this kind and width."""
        return self.always_basic or spec.out_channels % EXPANSION[spec.block] == 0

    def unit(self, spec: UnitSpec) -> UnitSpec:
        """A block of the same input, output and kind as `spec`, in this dialect.

        Its shortcut projects where the shape changes and is the identity elsewhere, whatever
        `spec` asks for: all four code bases decide so. None has squeeze-and-excitation, dilation,
        another normalisation or another expansion here.

        Raises:
            FieldError: it does not speak of such a block.
        """
        return UnitSpec(
            spec.size,
            spec.in_channels,
            spec.out_channels,
            stride=spec.stride,
            block="basic" if self.always_basic else spec.block,
            activation_order=self.activation_order,
            stride_on=self.stride_on,
            shortcut="projection" if spec.changes_shape else "identity",
            norm_on_projection=self.norm_on_projection,
            conv_bias=self.conv_bias,
        )


DIALECTS: Final = {
    dialect.name: dialect
    for dialect in (
        Dialect("torchvision", "post", "3x3", True, False),
        Dialect("paper", "post", "1x1", True, False),
        Dialect("mxnet", "pre", "3x3", False, False),
        Dialect("d2l", "post", "3x3", False, True, always_basic=True),
    )
}
"""By name. torchvision 0.28 models/resnet.py; the authors' released prototxt; MXNet's example
image-classification/symbols/resnet.py; Dive into Deep Learning, section on ResNet. d2l's Residual
has no bottleneck form."""
