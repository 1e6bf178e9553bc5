"""Residual units in torch, with torchvision's module names.

A unit is data first: `order` lists the main branch, and `walk` runs it. The class decides which
convolutions there are, the spec decides everything else.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.architecture import NetworkSpec


class ZeroPadding(nn.Module):
    """Option A of the paper: take every `stride`-th pixel, fill the new channels with zeros."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.new_channels = out_channels - in_channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]  # (N, C_in, H/s, W/s)
        return functional.pad(x, (0, 0, 0, 0, 0, self.new_channels))  # (N, C_out, H/s, W/s)


class ResidualBlock(nn.Module):
    """F(x) + x, with whatever shortcut the spec asks for; the plain network's block is F(x).

    `order` names the main branch, `after` what follows the addition, and `shared` the op whose
    output feeds the shortcut in place of x: the first activation of a pre-activation unit whose
    shape changes, or that follows a bare stem (Identity Mappings, appendix).
    """

    post_order: tuple[str, ...]
    pre_order: tuple[str, ...]

    def __init__(
        self, spec: NetworkSpec, in_channels: int, width: int, stride: int, after_bare_stem: bool
    ) -> None:
        super().__init__()
        out_channels = width * spec.expansion
        self._add_main_branch(spec, in_channels, width, stride)
        self.order = tuple(name for name, _ in self.named_children())
        self.after: tuple[str, ...] = ()
        if spec.activation_order == "post":
            self.after = (self.post_order[-1].replace("bn", "relu"),)
            setattr(self, self.after[0], nn.ReLU())
        changes = stride != 1 or in_channels != out_channels
        self.adds = spec.shortcut != "none"
        projects = spec.shortcut == "projection-always" or (
            spec.shortcut == "projection" and changes
        )
        pads = spec.shortcut == "padding" and changes
        if projects:
            layers: list[nn.Module] = [convolution(spec, in_channels, out_channels, 1, stride)]
            if spec.batch_norm and spec.norm_on_projection:
                layers.append(nn.BatchNorm2d(out_channels))
            self.downsample = nn.Sequential(*layers)
        if pads:
            self.pad = ZeroPadding(in_channels, out_channels, stride)
        shares = spec.activation_order == "pre" and (projects or pads or after_bare_stem)
        self.shared = "relu1" if shares else None

    def _convolutions(
        self, spec: NetworkSpec, in_channels: int, width: int, stride: int
    ) -> dict[str, nn.Conv2d]:
        raise NotImplementedError

    def _add_main_branch(
        self, spec: NetworkSpec, in_channels: int, width: int, stride: int
    ) -> None:
        """In order of execution. That is also torchvision's order of the parameters, by which
        the saved state of an optimiser finds its own."""
        convolutions = self._convolutions(spec, in_channels, width, stride)
        channels = in_channels
        for name in self.post_order if spec.activation_order == "post" else self.pre_order:
            if name in convolutions:
                self.add_module(name, convolutions[name])
                channels = convolutions[name].out_channels
            elif name.startswith("relu"):
                self.add_module(name, nn.ReLU())
            elif spec.batch_norm:
                self.add_module(name, nn.BatchNorm2d(channels))

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield (name, output) of each op in order; the last output is the block's."""
        out = source = x  # (N, C_in, H, W)
        for name in self.order:
            out = getattr(self, name)(out)
            yield name, out
            if name == self.shared:
                source = out
        if self.adds:
            shortcut = source
            for name, shortcut in self._shortcut(source):
                yield name, shortcut
            out = out + shortcut  # (N, C_out, H/s, W/s)
            yield "add", out
        for name in self.after:
            out = getattr(self, name)(out)
            yield name, out

    def without_main_branch(self, x: Tensor) -> Tensor:
        """What the block writes if F(x) is deleted: the shortcut alone.

        Raises:
            ValueError: a plain block that changes the shape has nothing left to put out.
        """
        source = x
        if self.shared is not None:
            for name in self.order[: self.order.index(self.shared) + 1]:
                source = getattr(self, name)(source)
        out = source
        if self.adds:
            for _, out in self._shortcut(source):
                pass
        elif self._changes_shape():
            raise ValueError("a plain block that changes the shape cannot be deleted")
        for name in self.after:
            out = getattr(self, name)(out)
        return out

    def forward(self, x: Tensor) -> Tensor:
        for _, x in self.walk(x):
            pass
        return x

    def _shortcut(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        if hasattr(self, "downsample"):
            for index, layer in enumerate(self.downsample):
                x = layer(x)
                yield f"downsample.{index}", x
        elif hasattr(self, "pad"):
            yield "pad", self.pad(x)

    def _changes_shape(self) -> bool:
        convolutions = [module for module in self.children() if isinstance(module, nn.Conv2d)]
        strided = any(conv.stride != (1, 1) for conv in convolutions)
        return strided or convolutions[0].in_channels != convolutions[-1].out_channels


class BasicBlock(ResidualBlock):
    """3x3, 3x3 (paper, Figure 5 left)."""

    post_order = ("conv1", "bn1", "relu1", "conv2", "bn2")
    pre_order = ("bn1", "relu1", "conv1", "bn2", "relu2", "conv2")

    def _convolutions(
        self, spec: NetworkSpec, in_channels: int, width: int, stride: int
    ) -> dict[str, nn.Conv2d]:
        return {
            "conv1": convolution(spec, in_channels, width, 3, stride),  # (N, width, H/s, W/s)
            "conv2": convolution(spec, width, width, 3),  # (N, width, H/s, W/s)
        }


class Bottleneck(ResidualBlock):
    """1x1 compresses, 3x3 works on few channels, 1x1 restores four times the width (Figure 5).

    The stride sits on the first 1x1 in the authors' release (v1) and on the 3x3 in torchvision
    (v1.5, after fb.resnet.torch); the paper's text does not say where.
    """

    post_order = ("conv1", "bn1", "relu1", "conv2", "bn2", "relu2", "conv3", "bn3")
    pre_order = ("bn1", "relu1", "conv1", "bn2", "relu2", "conv2", "bn3", "relu3", "conv3")

    def _convolutions(
        self, spec: NetworkSpec, in_channels: int, width: int, stride: int
    ) -> dict[str, nn.Conv2d]:
        inner, out = spec.inner_width(width), width * spec.expansion
        first, second = (stride, 1) if spec.stride_on == "1x1" else (1, stride)
        return {
            "conv1": convolution(spec, in_channels, inner, 1, first),
            "conv2": convolution(spec, inner, inner, 3, second, spec.groups),
            "conv3": convolution(spec, inner, out, 1),  # (N, 4 * width, H/s, W/s)
        }


def convolution(
    spec: NetworkSpec, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Conv2d:
    """A convolution that keeps the size up to its stride (padding = kernel // 2)."""
    return nn.Conv2d(
        inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=spec.conv_bias
    )


def initialise(module: nn.Module, seed: int) -> None:
    """torchvision's initialisation: He normal over the fan out, batch norm as identity.

    Draws from a generator of its own, so other threads do not disturb it.
    """
    generator = torch.Generator().manual_seed(seed)
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(
                layer.weight, mode="fan_out", nonlinearity="relu", generator=generator
            )
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            nn.init.ones_(layer.weight)
            nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
