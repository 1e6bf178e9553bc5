"""The network itself: a spec built in torch, and the walk through it that shows every op."""

from collections.abc import Container, Iterator

import torch
from torch import Tensor, nn

from explorer.architecture import NetworkSpec
from explorer.networks.blocks import BasicBlock, Bottleneck, convolution, initialise
from explorer.networks.stopping import between_ops


class ResNet(nn.Module):
    """Any network that a NetworkSpec describes, with torchvision's state-dict keys.

    `walk` is the only forward pass there is. It needs no hooks and keeps nothing, so one network
    can serve many sessions at once.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec
        block = BasicBlock if spec.block == "basic" else Bottleneck
        pre = spec.activation_order == "pre"
        bare = pre and spec.stem == "cifar"
        channels = spec.stem_width
        kernel, stride = (7, 2) if spec.stem == "imagenet" else (3, 1)
        self.conv1 = convolution(spec, spec.in_channels, channels, kernel, stride)
        if not bare:
            if spec.batch_norm:
                self.bn1 = nn.BatchNorm2d(channels)
            self.relu = nn.ReLU()
        if spec.stem == "imagenet":
            self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stages: list[str] = []
        for index, (depth, width) in enumerate(zip(spec.depths, spec.widths, strict=True)):
            stage = nn.Sequential()
            for position in range(depth):
                stride = 2 if position == 0 and index > 0 else 1
                follows_stem = bare and index == position == 0
                stage.append(block(spec, channels, width, stride, follows_stem))
                channels = width * spec.expansion
            self.stages.append(f"layer{index + 1}")
            self.add_module(self.stages[-1], stage)
        if pre:
            if spec.batch_norm:
                self.final_bn = nn.BatchNorm2d(channels)
            self.final_relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(channels, spec.num_classes)

    def walk(self, x: Tensor, skip: Container[str] = ()) -> Iterator[tuple[str, Tensor]]:
        """Yield (path, output) of each op in execution order; the last one is the logits.

        Args:
            x: images, (N, C, H, W).
            skip: paths of blocks ("layer3.2") to run without their main branch. Such a block
                yields one pair, (its path, its shortcut's output).

        It can be broken off between ops, see explorer.networks.stopping.

        Raises:
            ValueError: `skip` names a plain block that changes the shape.
        """
        for name in ("conv1", "bn1", "relu", "maxpool"):
            if hasattr(self, name):
                x = getattr(self, name)(x)
                between_ops()
                yield name, x
        for stage in self.stages:
            for index, block in enumerate(getattr(self, stage)):
                path = f"{stage}.{index}"
                if path in skip:
                    x = block.without_main_branch(x)
                    between_ops()
                    yield path, x
                    continue
                for name, x in block.walk(x):
                    between_ops()
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
