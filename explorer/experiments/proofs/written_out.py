"""What one writes on a whiteboard. The cards show these functions as they stand here."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def batch_norm(
    x: Tensor, gamma: Tensor, beta: Tensor, running: dict[str, Tensor], training: bool
) -> Tensor:
    """x is (N, C, H, W), gamma and beta are (C,)."""
    if training:
        mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        count = x.numel() / x.shape[1]
        running["mean"] = 0.9 * running["mean"] + 0.1 * mean
        running["var"] = 0.9 * running["var"] + 0.1 * variance * count / (count - 1)
    else:
        mean, variance = running["mean"], running["var"]
    scale = gamma / torch.sqrt(variance + 1e-5)
    return x * scale[:, None, None] + (beta - mean * scale)[:, None, None]


class BasicBlock(nn.Module):
    """Two 3x3; a 1x1 on the shortcut where the shape changes."""

    def __init__(self, c_in: int, c_out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or c_in != c_out:
            self.downsample = nn.Sequential(
                nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """relu(F(x) + shortcut(x))."""
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return functional.relu(out + self.downsample(x))


def receptive_field(layers: list[tuple[int, int]]) -> int:
    """Of windows (kernel, stride), from the image on."""
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field
