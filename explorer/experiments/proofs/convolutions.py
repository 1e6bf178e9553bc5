"""Shapes and what is seen: what can be added, receptive fields, where strides sit."""

from dataclasses import replace
from functools import partial

import torch
from torch import nn
from torch.nn import functional

from explorer.architecture import NetworkSpec, preset
from explorer.experiments.coverage import Coverage, coverage
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near, noise
from explorer.networks import build
from explorer.networks.blocks import ResidualBlock
from explorer.networks.dialects import AveragePoolShortcut

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/wiring")


def versions() -> Found:
    """Where v1, v1.5 and ResNet-D have their stride, and what the shortcut of D starts with."""
    strided = {
        name: next(
            path.rsplit(".", 1)[1]
            for path, layer in build(replace(preset(name), widths=(4, 4, 4, 4))).named_modules()
            if path.startswith("layer2.0.conv")
            and isinstance(layer, nn.Conv2d)
            and layer.stride[0] == 2
        )
        for name in ("resnet50_v1", "resnet50")
    }
    d = AveragePoolShortcut(8, 16)
    pool = type(d.downsample[0]).__name__
    pre = build(replace(preset("preact_resnet50"), widths=(4, 4, 4, 4))).get_submodule("layer1.1")
    assert isinstance(pre, ResidualBlock)
    return [
        fact(say("about: stride of v1"), say("claimed: on the first"), strided["resnet50_v1"],
             strided["resnet50_v1"] == "conv1"),
        fact(say("about: stride of v1.5"), say("claimed: on the 3x3"), strided["resnet50"],
             strided["resnet50"] == "conv2"),
        fact(say("about: order of v2"), say("claimed: pre-activation"), " ".join(pre.order),
             pre.order[:3] == ("bn1", "relu1", "conv1") and not pre.after),
        fact(say("about: shortcut of d"), say("claimed: average pool"), pool,
             pool == "AvgPool2d" and d.conv2.stride == (2, 2)),
    ], say("how: versions")  # fmt: skip


def shapes_at_the_addition() -> Found:
    image = torch.zeros(1, 3, 32, 32)
    outcomes: dict[str, Text] = {}
    error = say("computed: error")
    for label, channels, stride in (
        ("fits", 3, 1),
        ("channels", 64, 1),
        ("size", 3, 2),
        ("one", 1, 1),
    ):
        branch = nn.Conv2d(3, channels, 3, stride, 1)
        try:
            outcomes[label] = str(tuple((branch(image) + image).shape))
        except RuntimeError:
            outcomes[label] = error
    return [
        fact(
            say("about: same channels stride 1"),
            say("claimed: added as it is"),
            outcomes["fits"],
            outcomes["fits"] is not error,
        ),
        fact(
            say("about: 64 channels"),
            say("claimed: channel count"),
            outcomes["channels"],
            outcomes["channels"] is error,
        ),
        fact(
            say("about: stride 2"),
            say("claimed: resolution"),
            outcomes["size"],
            outcomes["size"] is error,
        ),
        fact(
            say("about: one channel"),
            say("claimed: without an error"),
            outcomes["one"],
            outcomes["one"] is not error,
        ),
    ], say("how: shapes at the addition")


def one_by_one() -> Found:
    convolution, linear = nn.Conv2d(16, 8, 1), nn.Linear(16, 8)
    linear.weight.data = convolution.weight.data.flatten(1)
    linear.bias.data = convolution.bias.data  # type: ignore[union-attr]
    x = noise(2, 16, 9, 9)
    with torch.inference_mode():
        gap = (convolution(x) - linear(x.movedim(1, -1)).movedim(-1, 1)).abs().max().item()
    return [
        fact(
            say("about: 1x1 against a linear layer per pixel"),
            say("claimed: the same linear map"),
            say("computed: differ by", gap=gap),
            gap < 1e-5,
        )
    ], (say("how: one by one"))


def stacked_kernels() -> Found:
    impulse = torch.zeros(1, 1, 11, 11)
    impulse[..., 5, 5] = 1
    ones = torch.ones(1, 1, 3, 3)
    seen = functional.conv2d(functional.conv2d(impulse, ones, padding=1), ones, padding=1)
    width = int((seen[0, 0, 5] != 0).sum())
    weights = [
        sum(nn.Conv2d(64, 64, k, bias=False, device="meta").weight.numel() for k in kernels)
        for kernels in ((3, 3), (5,))
    ]
    return [
        fact(say("about: pixels that two 3x3 see"), "5×5", f"{width}×{width}", width == 5),
        exact(say("about: two 3x3 at 64 channels weights"), 73_728, weights[0]),
        exact(say("about: one 5x5 at 64 channels weights"), 102_400, weights[1]),
    ], say("how: stacked kernels")


def receptive_fields() -> Found:
    lines = []
    for title, stride_on, claimed in (("v1", "1x1", 483), ("v1.5", "3x3", 427)):
        spec = replace(preset("resnet50"), stride_on=stride_on, widths=(4, 4, 4, 4), in_channels=1)  # type: ignore[arg-type]
        lines.append(
            exact(say("about: resnet-50 pixels", title=title), claimed, _measured_field(spec))
        )
    return lines, (say("how: receptive fields"))


def _measured_field(spec: NetworkSpec, size: int = 512) -> int:
    network = build(spec)
    setattr(network, "maxpool", nn.AvgPool2d(3, 2, 1))  # noqa: B010
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
    image = torch.ones(1, 1, size, size, requires_grad=True)
    feature = next(out for path, out in network.walk(image) if path == "layer4.2.relu3")
    middle = feature.shape[2] // 2
    (gradient,) = torch.autograd.grad(feature[0, 0, middle, middle], image)
    return int((gradient[0, 0].abs().sum(0) > 0).sum())


def input_coverage() -> Found:
    found = {result.name: result for result in coverage()}
    v1, later, d = found["v1"], found["v1.5"], found["ResNet-D"]
    return [
        near(say("about: v1 whole block"), "25", 100 * Coverage.share(v1.whole), 0, " %"),
        near(say("about: v1.5 main branch"), "100", 100 * Coverage.share(later.main), 0, " %"),
        near(say("about: v1.5 shortcut"), "25", 100 * Coverage.share(later.shortcut), 0, " %"),
        near(say("about: resnet-d shortcut"), "100", 100 * Coverage.share(d.shortcut), 0, " %"),
    ], say("how: input coverage")
