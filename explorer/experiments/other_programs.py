"""What another program may compute from the same tensors, and no network here does.

A file does not say which activation its program had, whether squeeze-and-excitation weighs before
or after a ReLU, or where zeros stand at strides. Batch norm remembers it: with the right one its
statistics come out nearer. So a file that is read as well as a network here can, and still not as
its own program reads it, is told, and its answers are not taken for its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Final

from torch import Tensor, nn
from torch.nn import functional

from explorer.experiments.layer_by_layer import remembered, sharing
from explorer.experiments.readings import Weighed, by_distance
from explorer.networks.blocks import SqueezeExcitation

if TYPE_CHECKING:
    from explorer.networks import ResNet

OURS: Final = "relu"
ACTIVATIONS: Final[dict[str, Callable[[], nn.Module]]] = {
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "leaky_relu": lambda: nn.LeakyReLU(0.1),
}
"""What public residual networks have in place of ReLU, which no file says: SiLU (Swish) in robust
wide networks, 0.1 of negative values in semi-supervised ones."""
GATED_LATER: Final = "gated_later"
SAME: Final = "same"
"""A ReLU between the main branch and its gate (weiaicunzai's SE-ResNet); windows with a stride that
begin at the first pixel, with zeros behind the last (TensorFlow's 'same', at even sizes)."""
_CLEAR: Final = 0.7
_CLEAR_SAME: Final = 0.85
"""One is told where its distance is at most this part of ours. Of networks trained on CIFAR-10: the
later gate, where it was right, had 0.62 and 'same' 0.82 (0.51 where a 7x7 and a pool move, too, and
the size of the pictures is known); where it was wrong, 'same' had 0.95 and more in nine."""

_LAYERS: Final = 24
"""Layers that tell: what each does of itself, a program does at all of its kind."""


class _Same(nn.Module):
    """A convolution with a stride whose zeros are as TensorFlow's."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.inner = convolution

    def forward(self, x: Tensor) -> Tensor:
        inner, pads = self.inner, []
        (kernel, _), (stride, _) = inner.kernel_size, inner.stride
        for size in (x.shape[3], x.shape[2]):
            more = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [more // 2, more - more // 2]
        x = functional.pad(x, pads)
        return functional.conv2d(
            x, inner.weight, inner.bias, inner.stride, groups=inner.groups
        )  # (N, C, ceil(H/s), ceil(W/s))


class _OfReLU(SqueezeExcitation):
    """A gate that weighs what a ReLU lets pass."""

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        yield from super().walk(functional.relu(x))


def with_activation(network: ResNet, make: Callable[[], nn.Module]) -> ResNet:
    """The network with another activation in place of each ReLU; its tensors are shared."""
    other = sharing(network)
    for module in list(other.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU):
                setattr(module, name, make())
    return other


def with_later_gate(network: ResNet) -> ResNet:
    """The network with a ReLU before each gate; its tensors are shared."""
    other = sharing(network)
    for module in other.modules():
        if type(module) is SqueezeExcitation:
            module.__class__ = _OfReLU
    return other


def with_same(network: ResNet) -> ResNet:
    """The network whose windows with strides stand as TensorFlow's; its tensors are shared."""
    other = sharing(network)
    for module in list(other.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                setattr(module, name, nn.MaxPool2d(3, 2, ceil_mode=True))
            elif isinstance(child, nn.Conv2d) and _moves(child):
                setattr(module, name, _Same(child))
    return other


def _moves(layer: nn.Conv2d) -> bool:
    """Whether its window stands elsewhere in TensorFlow: not where it reads single pixels."""
    return layer.kernel_size[0] > 1 and layer.stride[0] > 1 and layer.dilation[0] == 1


def others(network: ResNet) -> dict[str, Callable[[], ResNet]]:
    """The programs that come into question for a network, by their ids."""
    found: dict[str, Callable[[], ResNet]] = {
        name: lambda make=make: with_activation(network, make)  # type: ignore[misc]
        for name, make in ACTIVATIONS.items()
    }
    spec = network.spec
    if spec.se_ratio and spec.activation_order == "post":
        found[GATED_LATER] = lambda: with_later_gate(network)
    if any(isinstance(one, nn.Conv2d) and _moves(one) for one in network.modules()):
        found[SAME] = lambda: with_same(network)
    return found


def weigh(network: ResNet, batch: Tensor) -> tuple[Weighed, ...]:
    """The network as it is and as other programs would compute it, nearest first.

    Args:
        network: the reading that is taken.
        batch: (N, C, H, W), preprocessed.
    """
    makers = {OURS: lambda: network, **others(network)}
    return by_distance(
        Weighed(name, remembered(make(), batch, _LAYERS)) for name, make in makers.items()
    )


def told(ranked: Sequence[Weighed]) -> str | None:
    """The program that the file was found to be of, where it is none of ours."""
    by_name = {one.name: one.distance for one in ranked}
    if OURS not in by_name or not isfinite(ranked[0].distance):
        return None
    nearest = ranked[0]
    clear = _CLEAR_SAME if nearest.name == SAME else _CLEAR
    found = nearest.name != OURS and nearest.distance <= clear * by_name[OURS]
    return nearest.name if found else None
