"""Where a network looks: Grad-CAM, and the receptive field by gradient. No hooks."""

from collections.abc import Collection

import torch
from torch import Tensor

from explorer.architecture import Op
from explorer.experiments.features import part_of
from explorer.experiments.leaf import leaf
from explorer.networks import ResNet


def grad_cam(network: ResNet, x: Tensor, target: int, blocks: Collection[str]) -> dict[str, Tensor]:
    """Grad-CAM (Selvaraju et al. 2017) of one class at several blocks, from one pass.

    A block's map is ReLU(sum over channels of weight * output), where a channel's weight is the
    mean over positions of d logit / d output. The network's own gradients stay untouched.

    Args:
        network: in eval mode.
        x: a preprocessed image, (1, C, H, H).
        target: index of the class.
        blocks: paths of blocks, "layer4.1".

    Returns:
        Path -> map, (H, W) of the block, on the CPU. It is zero where nothing speaks for the class.

    Raises:
        ValueError: the network has no such block.
    """
    kept: dict[str, Tensor] = {}
    with torch.enable_grad():
        image = leaf(network, x)
        logits = image
        for path, logits in network.walk(image):
            if part_of(path) in blocks:
                kept[part_of(path)] = logits
        absent = set(blocks) - set(kept)
        if absent:
            raise ValueError(f"blocks={sorted(absent)} are not in this network")
        slopes = torch.autograd.grad(logits[0, target], list(kept.values()))
    return {
        path: (slope.mean((2, 3), keepdim=True) * out).sum(1).relu()[0].detach().float().cpu()
        for (path, out), slope in zip(kept.items(), slopes, strict=True)
    }


def seen_region(op: Op, row: int, column: int, image_size: int) -> tuple[int, int, int, int]:
    """The input pixels that one position of an op's output can depend on, by arithmetic alone.

    Every kernel here is odd and padded by half, so position i looks at pixel i * stride and at
    (receptive field - 1) / 2 pixels to each side.

    Returns:
        left, top, right, bottom; right and bottom are exclusive, and all lie in the image.
    """
    reach = (op.receptive_field - 1) // 2
    left, top = (index * op.output_stride - reach for index in (column, row))
    right, bottom = (index * op.output_stride + reach + 1 for index in (column, row))
    return max(0, left), max(0, top), min(image_size, right), min(image_size, bottom)


def seen_gradient(network: ResNet, x: Tensor, block: str, row: int, column: int) -> Tensor:
    """How much each pixel moves one position of a block's output.

    Returns:
        The sum over input channels of |d (sum of the position's channels) / d pixel|, (H, W).

    Raises:
        ValueError: no such block, or no such position in its output.
    """
    with torch.enable_grad():
        image = leaf(network, x)
        out = None
        for path, value in network.walk(image):
            if part_of(path) == block:
                out = value
            elif out is not None:
                break
        if out is None:
            raise ValueError(f"block={block!r} is not in this network")
        height, width = out.shape[2:]
        if not (0 <= row < height and 0 <= column < width):
            raise ValueError(f"position ({row}, {column}) is outside of {height} x {width}")
        if not out.requires_grad:
            return torch.zeros(x.shape[2:])
        (slope,) = torch.autograd.grad(out[0, :, row, column].sum(), image)
    return slope[0].abs().sum(0).float().cpu()


def half_of_gradient(slope: Tensor) -> int:
    """Side, in pixels, of the smallest square about the gradient's centre that holds half of it.

    Args:
        slope: from seen_gradient, (H, W), finite, not all zero.
    """
    slope = slope.double()  # whose sums may exceed what 32 bits hold
    height, width = slope.shape
    rows, columns = torch.arange(height), torch.arange(width)
    total = slope.sum()
    middle_row = round(float((slope.sum(1) * rows).sum() / total))
    middle_column = round(float((slope.sum(0) * columns).sum() / total))
    for reach in range(max(height, width)):
        part = slope[
            max(0, middle_row - reach) : middle_row + reach + 1,
            max(0, middle_column - reach) : middle_column + reach + 1,
        ]
        if part.sum() >= total / 2:
            return 2 * reach + 1
    return max(height, width)
