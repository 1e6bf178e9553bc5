"""What a block does to its input: identity, shapes at the addition, receptive fields, strides."""

from dataclasses import replace

import torch
from torch import nn
from torch.nn import functional

from explorer.architecture import NetworkSpec, preset
from explorer.experiments.coverage import Coverage, coverage
from explorer.experiments.identity import extended_plain, one_layer
from explorer.experiments.proofs.result import Line, exact, fact, near, noise
from explorer.networks import build

Found = tuple[list[Line], str]


def construction() -> Found:
    dirac, ones = extended_plain("dirac"), extended_plain("ones")
    return [
        near("largest change of a logit, identity layers", "0.0", dirac, 0.0),
        fact("with all weights 1", "explode", f"{ones:.1e}", ones > 1e6),
    ], "A plain net of 6 weighted layers, and the same with 8 more layers in its middle."


def zero_weights() -> Found:
    zero, dirac, ones = one_layer()
    return [
        fact("residual, weights 0", "bit for bit", _returned(zero.residual_returns_x),
             zero.residual_returns_x),
        fact("plain, weights 0", "writes 0", f"mean {zero.mean_out:g}", zero.mean_out == 0),
        fact("plain, Dirac kernels", "Dirac kernel", _returned(dirac.plain_returns_x),
             dirac.plain_returns_x),
        exact("weights that are not 0 in the Dirac layer", 64, dirac.nonzero),
        fact("plain, weights 1", "all channels alike", f"alike: {ones.channels_equal}",
             ones.channels_equal),
    ], "One 3×3 layer of 64 channels on the positive half of random numbers."  # fmt: skip


def relu_keeps_identity() -> Found:
    dirac = one_layer()[1]
    return [
        fact("ReLU(Dirac(x)) for x >= 0", "exactly x", _returned(dirac.plain_returns_x),
             dirac.plain_returns_x),
    ], "A 3×3 layer of Dirac kernels and a ReLU, on non-negative random numbers."  # fmt: skip


def block_of_zero_gamma() -> Found:
    network = build(replace(preset("resnet18"), widths=(8, 8, 16, 16)))
    block = network.get_submodule("layer1.0")
    nn.init.zeros_(block.get_parameter("bn2.weight"))
    x = functional.relu(noise(2, 8, 14, 14))
    with torch.inference_mode():
        same = torch.equal(block(x), x)
    return [fact("block(x) == x", "returns x exactly", _returned(same), same)], (
        "A basic block in eval mode, the gamma of its last batch norm set to 0."
    )


def order_of_activation() -> Found:
    x = noise(2, 8, 14, 14)
    results = {}
    for order in ("post", "pre"):
        spec = NetworkSpec("basic", (2,), (8,), activation_order=order)
        block = build(spec).get_submodule("layer1.1")
        last = "bn2.weight" if order == "post" else "conv2.weight"
        nn.init.zeros_(block.get_parameter(last))
        with torch.inference_mode():
            results[order] = block(x)
    untouched = torch.equal(results["pre"], x)
    cut = torch.equal(results["post"], functional.relu(x))
    return [
        fact("pre-activation, branch silent", "untouched", _returned(untouched), untouched),
        fact("post-activation, branch silent", "cuts the negatives",
             f"equal to relu(x): {cut}", cut),
    ], "Two basic blocks whose branch writes 0, on random numbers of both signs."  # fmt: skip


def relu_before_addition() -> Found:
    x, branch = noise(2, 8, 14, 14), noise(2, 8, 14, 14, seed=1)
    never = bool((x + functional.relu(branch) >= x).all())
    return [fact("x + relu(F) >= x", "only grow", f"everywhere: {never}", never)], (
        "Random x and F."
    )


def one_layer_branch() -> Found:
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(32, 32, generator=generator, dtype=torch.float64)
    x = torch.randn(5, 32, generator=generator, dtype=torch.float64)
    gap = float((x @ w + x - x @ (w + torch.eye(32, dtype=torch.float64))).abs().max())
    return [fact("x W + x against x (W + I)", "one matrix", f"differ by {gap:.0e}", gap < 1e-12)], (
        "A random 32 × 32 matrix, in double precision."
    )


def shapes_at_the_addition() -> Found:
    image = torch.zeros(1, 3, 32, 32)
    outcomes = {}
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
            outcomes[label] = "error"
    return [
        fact("same channels, stride 1", "added as it is", outcomes["fits"],
             outcomes["fits"] != "error"),
        fact("64 channels", "channel count", outcomes["channels"], outcomes["channels"] == "error"),
        fact("stride 2", "resolution", outcomes["size"], outcomes["size"] == "error"),
        fact("one channel", "without an error", outcomes["one"], outcomes["one"] != "error"),
    ], "A 3×3 convolution on (3, 32, 32), and its output added to its input."  # fmt: skip


def one_by_one() -> Found:
    convolution, linear = nn.Conv2d(16, 8, 1), nn.Linear(16, 8)
    linear.weight.data = convolution.weight.data.flatten(1)
    linear.bias.data = convolution.bias.data  # type: ignore[union-attr]
    x = noise(2, 16, 9, 9)
    with torch.inference_mode():
        gap = (convolution(x) - linear(x.movedim(1, -1)).movedim(-1, 1)).abs().max().item()
    return [fact("1×1 against a linear layer per pixel", "the same linear map",
                 f"differ by {gap:.0e}", gap < 1e-5)], (
        "torch's Conv2d and Linear with the same weights, on random numbers."
    )  # fmt: skip


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
        fact("pixels that two 3×3 see", "5×5", f"{width}×{width}", width == 5),
        exact("two 3×3 at 64 channels, weights", 73_728, weights[0]),
        exact("one 5×5 at 64 channels, weights", 102_400, weights[1]),
    ], "An impulse sent through two kernels of ones; torch's own weights counted."


def receptive_fields() -> Found:
    lines = []
    for title, stride_on, claimed in (("v1", "1x1", 483), ("v1.5", "3x3", 427)):
        spec = replace(preset("resnet50"), stride_on=stride_on, widths=(4, 4, 4, 4), in_channels=1)  # type: ignore[arg-type]
        lines.append(exact(f"ResNet-50 {title}, pixels", claimed, _measured_field(spec)))
    return lines, (
        "ResNet-50's windows with 4 channels (the field does not depend on the width) and equal "
        "positive weights, an average in place of the max-pool so that no gradient is blocked: "
        "input columns that the middle of the last map has a gradient to."
    )


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
        near("v1, whole block", "25", 100 * Coverage.share(v1.whole), 0, " %"),
        near("v1.5, main branch", "100", 100 * Coverage.share(later.main), 0, " %"),
        near("v1.5, shortcut", "25", 100 * Coverage.share(later.shortcut), 0, " %"),
        near("ResNet-D, shortcut", "100", 100 * Coverage.share(d.shortcut), 0, " %"),
    ], "Every input position of a down-sampling bottleneck lit alone; what reaches the output."


def adding_or_concatenating() -> Found:
    x = torch.zeros(1, 64, 4, 4)
    added = joined = x
    for _ in range(12):
        added = added + x
        joined = torch.cat((joined, torch.zeros(1, 32, 4, 4)), 1)
    return [
        exact("channels after 12 additions", 64, added.shape[1]),
        exact("channels after 12 concatenations of 32", 448, joined.shape[1]),
    ], "64 channels, 12 layers that write 64 (added) or 32 (concatenated)."


def _returned(equal: bool) -> str:
    return "returned x" if equal else "returned something else"
