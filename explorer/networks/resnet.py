"""The network itself: a spec built in torch, and the walk through it that shows every op."""

from collections.abc import Container, Iterator

import torch
from torch import Tensor, nn

from explorer.architecture import NetworkSpec, plan
from explorer.networks.blocks import ResidualBlock, convolution, initialise, norm
from explorer.networks.stopping import between_ops


class ResNet(nn.Module):
    """Any network that a NetworkSpec describes, with torchvision's state-dict keys.

    `walk` is the only forward pass there is. It needs no hooks and keeps nothing, so one network
    can serve many sessions at once.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec
        channels = self._add_stem(spec)
        self.stages: list[str] = []
        for place in plan.places(spec):
            if place.position == 0:
                stage = nn.Sequential()
                self.stages.append(f"layer{place.stage + 1}")
                self.add_module(self.stages[-1], stage)
            _, _, width, stride, dilations, shares = place
            stage.append(ResidualBlock(spec, channels, width, stride, shares, dilations))
            channels = width * spec.expands_by
        if spec.activation_order == "pre" and spec.final_norm:
            if spec.norm != "none":
                self.final_bn = norm(spec, channels)
            self.final_relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(channels, spec.num_classes)

    def _add_stem(self, spec: NetworkSpec) -> int:
        """The stem's layers by name; returns the channels that leave it."""
        self.stem_order = tuple(layer.name for layer in plan.stem(spec))
        channels = spec.in_channels
        for name, kind, planned in plan.stem(spec):
            if planned is not None:
                bias = spec.conv_bias or spec.stem_bias
                layer: nn.Module = convolution(spec, channels, planned, bias)
                channels = planned.channels
            elif kind == "norm":
                layer = norm(spec, channels)
            else:
                layer = nn.ReLU() if kind == "relu" else nn.MaxPool2d(3, stride=2, padding=1)
            group, _, number = name.partition(".")
            if number:
                if not hasattr(self, group):
                    self.add_module(group, nn.Sequential())
                getattr(self, group).add_module(number, layer)
            else:
                self.add_module(name, layer)
        return channels

    def walk(self, x: Tensor, skip: Container[str] = ()) -> Iterator[tuple[str, Tensor]]:
        """Yield (path, output) of each op in execution order; the last one is the logits.

        Args:
            x: images, (N, C, H, W).
            skip: paths of blocks ("layer3.2") to run without their main branch. Such a block
                yields one pair, (its path, its shortcut's output).

        It and a gradient through it can be broken off between ops, see explorer.networks.stopping.

        Raises:
            ValueError: `skip` names a plain block that changes the shape.
        """
        for name in self.stem_order:
            x = self.get_submodule(name)(x)
            between_ops(x)
            yield name, x
        for stage in self.stages:
            for index, block in enumerate(getattr(self, stage)):
                path = f"{stage}.{index}"
                if path in skip:
                    x = block.without_main_branch(x)
                    between_ops(x)
                    yield path, x
                    continue
                for name, x in block.walk(x):
                    between_ops(x)
                    yield f"{path}.{name}", x
        for name in ("final_bn", "final_relu", "avgpool", "flatten", "fc"):
            if hasattr(self, name):
                x = getattr(self, name)(x)
                yield name, x

    def forward(self, x: Tensor, skip: Container[str] = ()) -> Tensor:
        """Logits, (N, num_classes)."""
        for _, x in self.walk(x, skip):
            pass
        return x


def build(spec: NetworkSpec, device: str | torch.device = "cpu", seed: int = 0) -> ResNet:
    """The network in eval mode on `device`, initialised from `seed` as torchvision does.

    Raises:
        RuntimeError: the device does not exist or has too little memory.
    """
    with torch.device("meta"):
        network = ResNet(spec)
    network.to_empty(device="cpu")
    initialise(network, seed)
    try:
        return network.eval().to(device)
    except AssertionError as problem:  # how torch says that it was built without CUDA or XPU
        raise RuntimeError(f"device {str(device)!r} is not on this machine: {problem}") from problem
