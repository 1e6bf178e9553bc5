"""The block laboratory's experiments: a small tensor through one block's real module.

All arrays are (C, H, W) of one image, as numpy arrays of float32.
"""

from dataclasses import dataclass, replace
from math import lcm
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from explorer.architecture.dialects import DIALECTS
from explorer.architecture.unit import UnitSpec
from explorer.experiments.bench import Array, Weights, fill, one_thread
from explorer.networks.dialects import build_dialect, renamed
from explorer.networks.unit import build_unit
from explorer.words import FieldError

SMALL_SIZE: Final = 12
SMALL_CHANNELS: Final = 64


@dataclass(frozen=True)
class Passage:
    """What one image became on its way through a block.

    `shortcut` is what the shortcut hands to the addition; `total` and `out` are None where the
    addition failed, and `complaint` is then torch's message. A plain block has no `shortcut` and
    no `total`.
    """

    spec: UnitSpec
    x: Array
    branch: Array
    shortcut: Array | None
    total: Array | None
    out: Array | None
    complaint: str | None

    @property
    def exact(self) -> bool:
        """Whether the block hands x on, bit for bit."""
        return self.out is not None and np.array_equal(self.out, self.x)

    @property
    def largest_difference(self) -> float | None:
        """Between output and x; None where their shapes differ."""
        if self.out is None or self.out.shape != self.x.shape:
            return None
        return float(np.abs(self.out - self.x).max())

    @property
    def channels_equal(self) -> bool:
        """Whether all channels of F(x) hold the same values."""
        return bool((self.branch == self.branch[:1]).all())


def small(spec: UnitSpec) -> UnitSpec:
    """The block with fewer pixels and, above 64, fewer channels, so that every run is quick.

    Every other choice stays, and so does whether the shapes match at the addition. A block whose
    group norm needs all its channels stays as it is: it has a pixel or two.
    """
    step = lcm(4, spec.expands_by)
    largest = max(spec.in_channels, spec.out_channels, spec.middle)
    divisor = 1
    while largest > SMALL_CHANNELS * divisor:
        divisor *= 2

    def shrunk(channels: int) -> int:
        if divisor == 1 or channels <= 4:
            return channels
        fewer = max(step, channels // divisor)
        return fewer - fewer % step

    inputs, outputs = shrunk(spec.in_channels), shrunk(spec.out_channels)
    if inputs == outputs and spec.in_channels != spec.out_channels:
        if spec.in_channels < spec.out_channels:
            outputs += step
        else:
            inputs += step
    middle = None if spec.middle_channels is None else shrunk(spec.middle_channels)
    size = min(spec.size, SMALL_SIZE)
    try:
        return replace(
            spec, size=size, in_channels=inputs, out_channels=outputs, middle_channels=middle
        )
    except FieldError:
        return spec


def pattern(channels: int, size: int, signed: bool = False) -> Tensor:
    """A batch of one image, (1, C, H, W), of shapes one recognises: ramp, disc, stripes, cross.

    Values lie in [0, 1], as after a ReLU; `signed` takes 0.5 away.
    """
    steps = torch.linspace(0, 1, size)
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    pixels = torch.arange(size)
    disc = ((y - 0.5) ** 2 + (x - 0.5) ** 2 < 0.14).float()
    stripes = (pixels // 2 % 2).float().expand(size, size)
    cross = (((y - x).abs() < 0.12) | ((y + x - 1).abs() < 0.12)).float()
    shapes = ((x + y) / 2, disc, stripes, cross)
    planes = [shapes[index % 4].roll(index // 4, dims=1) for index in range(channels)]
    return torch.stack(planes)[None] - (0.5 if signed else 0.0)


@one_thread()
def send_through(
    spec: UnitSpec, weights: Weights = "random", signed: bool = False, seed: int = 0
) -> Passage:
    """Run the pattern through the block (eval mode) with these weights on its main branch.

    "zero", "dirac" and "ones" fill the convolutions of F; "dirac" kernels copy their input
    channel. "dirac" and "ones" fill a projection as well; "zero" leaves it random.
    """
    block = build_unit(spec, seed=seed)
    fill(block, weights)
    x = pattern(spec.in_channels, spec.size, signed)
    outputs: dict[str, Tensor] = {}
    complaint = None
    with torch.inference_mode():
        try:
            for name, out in block.walk(x):
                outputs[name] = out
        except RuntimeError as error:
            complaint = str(error)
    names = [name for name in outputs if name.startswith("downsample") or name == "pad"]
    source = outputs[block.shared] if block.shared else x
    shortcut = (outputs[names[-1]] if names else source) if block.adds else None
    total = outputs.get("add")
    last = list(outputs.values())[-1]
    return Passage(
        spec,
        _array(x),
        _array(outputs[block.last]),
        None if shortcut is None else _array(shortcut),
        None if total is None else _array(total),
        None if complaint else _array(last),
        complaint,
    )


def _array(x: Tensor) -> Array:
    return np.asarray(x[0].numpy())


@one_thread()
def dialect_difference(dialect: str, spec: UnitSpec) -> float:
    """Largest difference between a dialect's module and the project's block, same weights.

    The project's batch norm takes over the dialect's epsilon, which is a setting and no weight.
    """
    wanted = small(DIALECTS[dialect].unit(spec))
    theirs = build_dialect(dialect, wanted).eval()
    ours = build_unit(wanted)
    ours.load_state_dict(renamed(theirs.state_dict()), strict=True)
    epsilons = [m.eps for m in theirs.modules() if isinstance(m, nn.BatchNorm2d)]
    for module in ours.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = epsilons[0]
    x = pattern(wanted.in_channels, wanted.size)
    with torch.inference_mode():
        return float((theirs(x) - ours(x)).abs().max())
