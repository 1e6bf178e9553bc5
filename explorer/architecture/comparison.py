"""The bottleneck argument in closed form: two 3x3 against 1x1, 3x3, 1x1.

With C channels in and out and C/r in the middle, and weights only, two 3x3 hold 18*C*C and the
bottleneck C*C*(2/r + 9/(r*r)): their ratio 18*r*r/(2*r + 9) is the same for every C.
"""

from dataclasses import dataclass
from typing import NamedTuple

from explorer.architecture.arithmetic import conv_macs, conv_params
from explorer.words import FieldError


class Layer(NamedTuple):
    """A convolution that keeps the size, and the batch norm that follows it if there is one."""

    kernel: int
    inputs: int
    outputs: int
    bias: bool = False
    batch_norm: bool = False

    @property
    def weights(self) -> int:
        return conv_params(self.inputs, self.outputs, self.kernel)

    @property
    def biases(self) -> int:
        return self.outputs if self.bias else 0

    @property
    def norm_params(self) -> int:
        """Gamma and beta, one pair per channel."""
        return 2 * self.outputs if self.batch_norm else 0

    @property
    def params(self) -> int:
        return self.weights + self.biases + self.norm_params

    def macs(self, size: int) -> int:
        """MACs on a map of `size` x `size` pixels; biases and batch norm are not counted."""
        return conv_macs(self.inputs, self.outputs, self.kernel, size * size)


@dataclass(frozen=True, slots=True)
class Stack:
    """A block's main branch."""

    layers: tuple[Layer, ...]

    @property
    def channels(self) -> int:
        """Channels in, and out."""
        return self.layers[0].inputs

    @property
    def weights(self) -> int:
        return sum(layer.weights for layer in self.layers)

    @property
    def params(self) -> int:
        return sum(layer.params for layer in self.layers)

    def macs(self, size: int) -> int:
        """MACs on a map of `size` x `size` pixels."""
        return sum(layer.macs(size) for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A bottleneck between the two designs that it is compared with.

    Attributes:
        same_channels: two 3x3 with the bottleneck's channels in and out: what tutorials compare.
        bottleneck: 1x1, 3x3, 1x1.
        same_cost: two 3x3 at the bottleneck's middle channels: what the paper's Figure 5 compares.
    """

    same_channels: Stack
    bottleneck: Stack
    same_cost: Stack

    @property
    def stacks(self) -> tuple[Stack, Stack, Stack]:
        return self.same_channels, self.bottleneck, self.same_cost

    @property
    def saving(self) -> float:
        """How many times the bottleneck's parameters two 3x3 of the same channels have."""
        return self.same_channels.params / self.bottleneck.params

    @property
    def paper_ratio(self) -> float:
        """The same for the paper's own pair."""
        return self.same_cost.params / self.bottleneck.params

    @property
    def projection(self) -> int:
        """Weights of a 1x1 projection from these channels to as many, which option C would add."""
        return conv_params(self.bottleneck.channels, self.bottleneck.channels, 1)


def two_3x3(channels: int, *, bias: bool = False, batch_norm: bool = False) -> Stack:
    """Two 3x3 convolutions with `channels` channels throughout: a basic block's main branch."""
    return Stack((Layer(3, channels, channels, bias, batch_norm),) * 2)


def bottleneck(
    channels: int, reduction: int, *, bias: bool = False, batch_norm: bool = False
) -> Stack:
    """1x1 to channels/reduction, 3x3 there, 1x1 back.

    Raises:
        ValueError: `reduction` does not divide `channels`.
    """
    if reduction < 1 or channels % reduction:
        raise FieldError("spec", "reduction", {"reduction": reduction}, channels=channels)
    middle = channels // reduction
    return Stack(
        (
            Layer(1, channels, middle, bias, batch_norm),
            Layer(3, middle, middle, bias, batch_norm),
            Layer(1, middle, channels, bias, batch_norm),
        )
    )


def compare(
    channels: int, reduction: int, *, bias: bool = False, batch_norm: bool = False
) -> Comparison:
    """The bottleneck at `channels` in and out between its two comparisons.

    Raises:
        ValueError: `reduction` does not divide `channels`.
    """
    narrow = bottleneck(channels, reduction, bias=bias, batch_norm=batch_norm)
    return Comparison(
        two_3x3(channels, bias=bias, batch_norm=batch_norm),
        narrow,
        two_3x3(channels // reduction, bias=bias, batch_norm=batch_norm),
    )
