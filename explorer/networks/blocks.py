"""Residual units in torch, with torchvision's module names.

A unit is data first: `order` lists the main branch, and `walk` runs it. explorer.architecture.plan
says which layers there are, the spec decides everything else.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.architecture import NetworkSpec, plan
from explorer.architecture.norms import groups_of
from explorer.architecture.plan import Convolution


class ZeroPadding(nn.Module):
    """Option A of the paper: take every `stride`-th pixel, fill the new channels with zeros.

    `before` of the new channels stand before those of x, the others after them.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, before: int = 0) -> None:
        super().__init__()
        self.before, self.after = before, out_channels - in_channels - before
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]  # (N, C_in, H/s, W/s)
        return functional.pad(x, (0, 0, 0, 0, self.before, self.after))  # (N, C_out, H/s, W/s)


class SqueezeExcitation(nn.Module):
    """A factor from 0 to 1 for each channel (Hu et al. 2018, arXiv 1709.01507).

    The two layers are 1x1 convolutions with biases, named as torchvision and timm name them.
    """

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.sigmoid = nn.Sigmoid()

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield (name, output) of each op in order; the last is x, scaled."""
        gate = x
        for name, layer in self.named_children():
            gate = layer(gate)
            yield name, gate
        yield "scale", x * gate  # (N, C, H, W)

    def forward(self, x: Tensor) -> Tensor:
        *_, (_, x) = self.walk(x)
        return x


class ResidualBlock(nn.Module):
    """F(x) + x, with whatever shortcut the spec asks for; the plain network's block is F(x).

    `order` names the main branch, `after` what follows the addition, and `shared` the op whose
    output feeds the shortcut in place of x: the first activation of a pre-activation unit whose
    shape changes, or that follows a bare stem (Identity Mappings, appendix), unless the spec says
    otherwise.

    A bottleneck's 1x1 compresses, its 3x3 works on few channels, its last 1x1 restores more
    (Figure 5). The stride sits on the first 1x1 in the authors' release (v1) and on the 3x3 in
    torchvision (v1.5, after fb.resnet.torch); the paper's text does not say where.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        in_channels: int,
        width: int,
        stride: int,
        always_shares: bool,
        dilations: tuple[int, int] = (1, 1),
    ) -> None:
        super().__init__()
        out_channels = width * spec.expands_by
        inner = spec.inner_width(width)
        # In order of execution. That is also torchvision's order of the parameters, by which
        # the saved state of an optimiser finds its own.
        convolutions = plan.convolutions(spec, inner, out_channels, stride, dilations)
        self.order = plan.main_branch(spec)
        channels = in_channels
        for name in self.order:
            if name in convolutions:
                self.add_module(name, convolution(spec, channels, convolutions[name]))
                channels = convolutions[name].channels
            else:
                self.add_module(name, nn.ReLU() if name[0] == "r" else norm(spec, channels))
        self.squeezes = spec.se_ratio > 0
        if self.squeezes:
            self.se = SqueezeExcitation(out_channels, plan.squeezed(spec, out_channels))
        self.after: tuple[str, ...] = ()
        if spec.activation_order == "post":
            self.after = (f"relu{len(convolutions)}",)
            setattr(self, self.after[0], nn.ReLU())
        changes = stride != 1 or in_channels != out_channels
        self.adds = spec.shortcut != "none"
        projects = spec.shortcut == "projection-always" or (
            spec.shortcut == "projection" and changes
        )
        pads = spec.shortcut == "padding" and changes
        if projects:
            self.downsample = projection(spec, in_channels, out_channels, stride)
        if pads:
            self.add_padding(spec, in_channels, out_channels, stride)
        shares = always_shares or ((projects or pads) and spec.share_projection)
        shares = shares and spec.activation_order == "pre"
        self.shared = "relu1" if shares else None

    def add_padding(
        self, spec: NetworkSpec, in_channels: int, out_channels: int, stride: int
    ) -> None:
        """Option A as this block's shortcut."""
        if plan.pools_down(spec, stride):
            self.pool = halving_mean()
            stride = 1
        before = plan.zeros_before(spec, out_channels - in_channels)
        self.pad = ZeroPadding(in_channels, out_channels, stride, before)

    @property
    def last(self) -> str:
        """The op whose output is F(x)."""
        return "se.scale" if self.squeezes else self.order[-1]

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield (name, output) of each op in order; the last output is the block's."""
        out = source = x  # (N, C_in, H, W)
        for name in self.order:
            out = getattr(self, name)(out)
            yield name, out
            if name == self.shared:
                source = out
        if self.squeezes:
            for name, out in self.se.walk(out):
                yield f"se.{name}", out
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
                if isinstance(layer, nn.Identity):  # timm's numbers, where nothing is pooled
                    continue
                x = layer(x)
                yield f"downsample.{index}", x
        elif hasattr(self, "pad"):
            if hasattr(self, "pool"):
                x = self.pool(x)
                yield "pool", x
            yield "pad", self.pad(x)

    def _changes_shape(self) -> bool:
        convolutions = [module for module in self.children() if isinstance(module, nn.Conv2d)]
        strided = any(conv.stride != (1, 1) for conv in convolutions)
        return strided or convolutions[0].in_channels != convolutions[-1].out_channels


def convolution(
    spec: NetworkSpec, inputs: int, planned: Convolution, bias: bool | None = None
) -> nn.Conv2d:
    """A convolution that keeps the size up to its stride; its bias is the spec's where None."""
    outputs, kernel, stride, groups, dilation = planned
    bias = spec.conv_bias if bias is None else bias
    padding = planned.padding
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=bias)


def norm(spec: NetworkSpec, channels: int) -> nn.Module:
    """The spec's normalisation of so many channels."""
    if spec.norm == "group":
        return nn.GroupNorm(groups_of(channels), channels, eps=spec.norm_eps)
    return nn.BatchNorm2d(channels, eps=spec.norm_eps)


def halving_mean() -> nn.Module:
    """2x2 average pooling; of odd sizes the last row and column count alone."""
    return nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)


def projection(
    spec: NetworkSpec, in_channels: int, out_channels: int, stride: int
) -> nn.Sequential:
    """The 1x1 convolution of a shortcut, after a pool where the spec has one (timm's order)."""
    layers: list[nn.Module] = []
    if spec.avg_down:
        pools = plan.pools_down(spec, stride)
        layers.append(halving_mean() if pools else nn.Identity())
        stride = 1 if pools else stride
    layers.append(convolution(spec, in_channels, Convolution(out_channels, 1, stride)))
    if spec.norm != "none" and spec.norm_on_projection:
        layers.append(norm(spec, out_channels))
    return nn.Sequential(*layers)


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
        elif isinstance(layer, nn.GroupNorm):
            nn.init.ones_(layer.weight)
            nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
