"""One residual block as four code bases write it. The app shows this source; it is what runs.

All names are `in_channels`, `out_channels` and `stride` here; comments give the shape after each
line: N images, C channels, H x W pixels, s the stride.
"""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional as F

from explorer.architecture.unit import UnitSpec


class TorchvisionBasic(nn.Module):
    """torchvision's BasicBlock, which is the paper's as well: a basic block has one stride."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)  # (N, C_out, H/s, W/s)
        out = F.relu(self.bn1(self.conv1(x)))  # (N, C_out, H/s, W/s)
        out = self.bn2(self.conv2(out))  # (N, C_out, H/s, W/s)
        return F.relu(out + identity)  # (N, C_out, H/s, W/s)


class TorchvisionBottleneck(nn.Module):
    """torchvision's Bottleneck: the stride is on the 3x3, which is called v1.5."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        width = out_channels // 4
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)  # (N, C_out, H/s, W/s)
        out = F.relu(self.bn1(self.conv1(x)))  # (N, C_out/4, H, W)
        out = F.relu(self.bn2(self.conv2(out)))  # (N, C_out/4, H/s, W/s)
        out = self.bn3(self.conv3(out))  # (N, C_out, H/s, W/s)
        return F.relu(out + identity)  # (N, C_out, H/s, W/s)


class PaperBottleneck(nn.Module):
    """The authors' released bottleneck, called v1: the first 1x1 has the stride."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        width = out_channels // 4
        self.conv1 = nn.Conv2d(in_channels, width, 1, stride, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.projection = nn.Sequential()  # hands x through
        if stride != 1 or in_channels != out_channels:
            self.projection = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))  # (N, C_out/4, H/s, W/s)
        out = F.relu(self.bn2(self.conv2(out)))  # (N, C_out/4, H/s, W/s)
        out = self.bn3(self.conv3(out))  # (N, C_out, H/s, W/s)
        return F.relu(out + self.projection(x))  # (N, C_out, H/s, W/s)


class MXNetBasic(nn.Module):
    """MXNet's residual_unit with bottle_neck=False: batch norm and ReLU come first.

    Where the shape changes, the shortcut starts after the first activation and has no batch
    norm. MXNet's batch norm adds 2e-5 to the variance, torch's default is 1e-5.
    """

    def __init__(self, in_channels: int, num_filter: int, stride: int, dim_match: bool) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels, eps=2e-5)
        self.conv1 = nn.Conv2d(in_channels, num_filter, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(num_filter, eps=2e-5)
        self.conv2 = nn.Conv2d(num_filter, num_filter, 3, padding=1, bias=False)
        self.sc = None if dim_match else nn.Conv2d(in_channels, num_filter, 1, stride, bias=False)

    def forward(self, data: Tensor) -> Tensor:
        act1 = F.relu(self.bn1(data))  # (N, C_in, H, W)
        out = self.conv1(act1)  # (N, C_out, H/s, W/s)
        out = self.conv2(F.relu(self.bn2(out)))  # (N, C_out, H/s, W/s)
        shortcut = data if self.sc is None else self.sc(act1)  # (N, C_out, H/s, W/s)
        return out + shortcut  # (N, C_out, H/s, W/s), no ReLU


class MXNetBottleneck(nn.Module):
    """MXNet's residual_unit with bottle_neck=True: a quarter of the filters in the middle.

    Batch norm and ReLU come first. Where the shape changes, the shortcut starts after the first
    activation and has no batch norm. MXNet's batch norm adds 2e-5 to the variance, torch's
    default is 1e-5.
    """

    def __init__(self, in_channels: int, num_filter: int, stride: int, dim_match: bool) -> None:
        super().__init__()
        quarter = int(num_filter * 0.25)
        self.bn1 = nn.BatchNorm2d(in_channels, eps=2e-5)
        self.conv1 = nn.Conv2d(in_channels, quarter, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(quarter, eps=2e-5)
        self.conv2 = nn.Conv2d(quarter, quarter, 3, stride, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(quarter, eps=2e-5)
        self.conv3 = nn.Conv2d(quarter, num_filter, 1, bias=False)
        self.sc = None if dim_match else nn.Conv2d(in_channels, num_filter, 1, stride, bias=False)

    def forward(self, data: Tensor) -> Tensor:
        act1 = F.relu(self.bn1(data))  # (N, C_in, H, W)
        out = self.conv1(act1)  # (N, C_out/4, H, W)
        out = self.conv2(F.relu(self.bn2(out)))  # (N, C_out/4, H/s, W/s)
        out = self.conv3(F.relu(self.bn3(out)))  # (N, C_out, H/s, W/s)
        shortcut = data if self.sc is None else self.sc(act1)  # (N, C_out, H/s, W/s)
        return out + shortcut  # (N, C_out, H/s, W/s), no ReLU


class D2LResidual(nn.Module):
    """d2l's Residual: biases on every convolution, no batch norm after the 1x1 (conv3)."""

    def __init__(
        self, in_channels: int, num_channels: int, use_1x1conv: bool = False, strides: int = 1
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, num_channels, 3, strides, padding=1)
        self.conv2 = nn.Conv2d(num_channels, num_channels, 3, padding=1)
        self.conv3 = nn.Conv2d(in_channels, num_channels, 1, strides) if use_1x1conv else None
        self.bn1 = nn.BatchNorm2d(num_channels)
        self.bn2 = nn.BatchNorm2d(num_channels)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))  # (N, C_out, H/s, W/s)
        y = self.bn2(self.conv2(y))  # (N, C_out, H/s, W/s)
        if self.conv3 is not None:
            x = self.conv3(x)  # (N, C_out, H/s, W/s)
        return F.relu(y + x)  # (N, C_out, H/s, W/s)


class AveragePoolShortcut(nn.Module):
    """ResNet-D's bottleneck: v1.5's main branch, and a shortcut that averages before its 1x1.

    The mean of each 2x2 square halves the size, so no input position is left out.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        width = out_channels // 4
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = nn.Sequential(
            nn.AvgPool2d(2),
            nn.Conv2d(in_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )

    def main(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))  # (N, C_out/4, H, W)
        out = F.relu(self.bn2(self.conv2(out)))  # (N, C_out/4, H/2, W/2)
        return self.bn3(self.conv3(out))  # (N, C_out, H/2, W/2)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.main(x) + self.downsample(x))  # (N, C_out, H/2, W/2)


CLASSES: Final = {
    ("torchvision", "basic"): TorchvisionBasic,
    ("torchvision", "bottleneck"): TorchvisionBottleneck,
    ("paper", "basic"): TorchvisionBasic,
    ("paper", "bottleneck"): PaperBottleneck,
    ("mxnet", "basic"): MXNetBasic,
    ("mxnet", "bottleneck"): MXNetBottleneck,
    ("d2l", "basic"): D2LResidual,
}
"""(dialect, block) -> the class above that is shown and run."""


def build_dialect(dialect: str, spec: UnitSpec) -> nn.Module:
    """The dialect's own module for a block of this kind, with its own constructor's arguments."""
    block = CLASSES[dialect, spec.block]
    channels = spec.in_channels, spec.out_channels
    if block is D2LResidual:
        return D2LResidual(*channels, use_1x1conv=spec.changes_shape, strides=spec.stride)
    if dialect == "mxnet":
        return block(*channels, spec.stride, dim_match=not spec.changes_shape)
    return block(*channels, spec.stride)


def renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A dialect's state dict under the names of the project's own ResidualBlock."""
    shortcut = {"projection.": "downsample.", "sc.": "downsample.0.", "conv3.": "conv3."}
    if "bn3.weight" not in state:
        shortcut["conv3."] = "downsample.0."  # d2l calls its projection conv3
    result = {}
    for key, value in state.items():
        prefix = next((old for old in shortcut if key.startswith(old)), "")
        result[shortcut.get(prefix, "") + key.removeprefix(prefix)] = value
    return result
