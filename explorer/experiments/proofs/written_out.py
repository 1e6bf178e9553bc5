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


def batch_norm_backward(dy: Tensor, x: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients to x, gamma and beta; dy and x are (N, C, H, W)."""
    axes, m = (0, 2, 3), x.numel() / x.shape[1]
    s = torch.sqrt(x.var(axes, unbiased=False, keepdim=True) + 1e-5)
    x_hat = (x - x.mean(axes, keepdim=True)) / s
    dgamma = (dy * x_hat).sum(axes, keepdim=True)
    dbeta = dy.sum(axes, keepdim=True)
    dx = gamma[:, None, None] / (m * s) * (m * dy - dbeta - x_hat * dgamma)
    return dx, dgamma.flatten(), dbeta.flatten()


class ResNet18(nn.Module):
    """For images of 224 pixels; BasicBlock is the card before."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.layer1 = nn.Sequential(BasicBlock(64, 64), BasicBlock(64, 64))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, 2), BasicBlock(256, 256))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, 2), BasicBlock(512, 512))
        self.fc = nn.Linear(512, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 224, 224) to (N, classes)."""
        x = self.maxpool(functional.relu(self.bn1(self.conv1(x))))  # (N, 64, 56, 56)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))  # (N, 512, 7, 7)
        logits: Tensor = self.fc(x.mean((2, 3)))
        return logits


class Bottleneck(nn.Module):
    """1x1 down, 3x3 with the stride (v1.5), 1x1 up to four times the width."""

    def __init__(self, c_in: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or c_in != 4 * width:
            self.downsample = nn.Sequential(
                nn.Conv2d(c_in, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)
            )

    def forward(self, x: Tensor) -> Tensor:
        """relu(F(x) + shortcut(x))."""
        out = functional.relu(self.bn1(self.conv1(x)))
        out = functional.relu(self.bn2(self.conv2(out)))
        return functional.relu(self.bn3(self.conv3(out)) + self.downsample(x))


def count_resnet(blocks: tuple[int, ...]) -> tuple[int, int]:
    """Parameters and MACs of a bottleneck ResNet, 224 pixels, stride on the 3x3."""
    layers = [(7, 3, 64, 112)]  # kernel, channels in and out, pixels a side written
    c_in, size = 64, 56
    for stage, count in enumerate(blocks):
        width, stride = 64 * 2**stage, 2 if stage else 1
        for block in range(count):
            layers.append((1, c_in, width, size))
            layers.append((3, width, width, size // stride))
            layers.append((1, width, 4 * width, size // stride))
            if block == 0:
                layers.append((1, c_in, 4 * width, size // stride))
            c_in, size, stride = 4 * width, size // stride, 1
    params = sum(k * k * i * o + 2 * o for k, i, o, _ in layers)
    macs = sum(k * k * i * o * s * s for k, i, o, s in layers)
    return params + c_in * 1000 + 1000, macs + c_in * 1000


def convolution(x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """x is (N, C, H, W), weight is (out, C, k, k): patches to columns, one matrix product."""
    k = weight.shape[-1]
    x = functional.pad(x, [padding] * 4)
    h, w = ((side - k) // stride + 1 for side in x.shape[2:])
    shifted = [
        x[:, :, i : i + stride * h : stride, j : j + stride * w : stride]
        for i in range(k)
        for j in range(k)
    ]
    columns = torch.stack(shifted, 2).reshape(len(x), -1, h * w)  # (N, C k k, h w)
    return (weight.flatten(1) @ columns).reshape(len(x), -1, h, w)


def decay_groups(network: nn.Module) -> list[dict[str, object]]:
    """For torch.optim.SGD: kernels and matrices decay; biases, gamma and beta do not."""
    parameters = list(network.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": 1e-4},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def norm_values(network: nn.Module) -> dict[str, tuple[int, int]]:
    """Path of each batch norm -> how many values it learns, and how many it keeps."""
    return {
        path: (
            sum(p.numel() for p in layer.parameters()),
            sum(b.numel() for b in layer.buffers() if b.ndim),  # not the counter of batches
        )
        for path, layer in network.named_modules()
        if isinstance(layer, nn.BatchNorm2d)
    }
