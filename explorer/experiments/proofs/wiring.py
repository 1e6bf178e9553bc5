"""What a block does to its input: identity, shapes at the addition, receptive fields, strides."""

from dataclasses import replace
from functools import partial

import torch
from torch import nn
from torch.nn import functional

from explorer.architecture import NetworkSpec, preset
from explorer.experiments.coverage import Coverage, coverage
from explorer.experiments.identity import extended_plain, one_layer
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near, noise
from explorer.networks import build

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/wiring")


def construction() -> Found:
    dirac, ones = extended_plain("dirac"), extended_plain("ones")
    return [
        near(say("about: largest change of a logit identity layers"), "0.0", dirac, 0.0),
        fact(say("about: with all weights 1"), say("claimed: explode"), f"{ones:.1e}", ones > 1e6),
    ], say("how: construction")


def zero_weights() -> Found:
    zero, dirac, ones = one_layer()
    return [
        fact(
            say("about: residual weights 0"),
            say("claimed: bit for bit"),
            _returned(zero.residual_returns_x),
            zero.residual_returns_x,
        ),
        fact(
            say("about: plain weights 0"),
            say("claimed: writes 0"),
            say("computed: mean", mean_out=zero.mean_out),
            zero.mean_out == 0,
        ),
        fact(
            say("about: plain dirac kernels"),
            say("claimed: dirac kernel"),
            _returned(dirac.plain_returns_x),
            dirac.plain_returns_x,
        ),
        exact(say("about: weights that are not 0 in the"), 64, dirac.nonzero),
        fact(
            say("about: plain weights 1"),
            say("claimed: all channels alike"),
            say("computed: alike", channels_equal=ones.channels_equal),
            ones.channels_equal,
        ),
    ], say("how: zero weights")


def relu_keeps_identity() -> Found:
    dirac = one_layer()[1]
    return [
        fact(
            say("about: relu dirac x for x 0"),
            say("claimed: exactly x"),
            _returned(dirac.plain_returns_x),
            dirac.plain_returns_x,
        ),
    ], say("how: relu keeps identity")


def block_of_zero_gamma() -> Found:
    network = build(replace(preset("resnet18"), widths=(8, 8, 16, 16)))
    block = network.get_submodule("layer1.0")
    nn.init.zeros_(block.get_parameter("bn2.weight"))
    x = functional.relu(noise(2, 8, 14, 14))
    with torch.inference_mode():
        same = torch.equal(block(x), x)
    return [
        fact(say("about: block x x"), say("claimed: returns x exactly"), _returned(same), same)
    ], (say("how: block of zero gamma"))


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
        fact(
            say("about: pre-activation branch silent"),
            say("claimed: untouched"),
            _returned(untouched),
            untouched,
        ),
        fact(
            say("about: post-activation branch silent"),
            say("claimed: cuts the negatives"),
            say("computed: equal to relu x", cut=cut),
            cut,
        ),
    ], say("how: order of activation")


def relu_before_addition() -> Found:
    x, branch = noise(2, 8, 14, 14), noise(2, 8, 14, 14, seed=1)
    never = bool((x + functional.relu(branch) >= x).all())
    return [
        fact(
            say("about: x + relu f x"),
            say("claimed: only grow"),
            say("computed: everywhere", never=never),
            never,
        )
    ], (say("how: relu before addition"))


def one_layer_branch() -> Found:
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(32, 32, generator=generator, dtype=torch.float64)
    x = torch.randn(5, 32, generator=generator, dtype=torch.float64)
    gap = float((x @ w + x - x @ (w + torch.eye(32, dtype=torch.float64))).abs().max())
    return [
        fact(
            say("about: x w + x against x w"),
            say("claimed: one matrix"),
            say("computed: differ by", gap=gap),
            gap < 1e-12,
        )
    ], (say("how: one layer branch"))


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


def adding_or_concatenating() -> Found:
    x = torch.zeros(1, 64, 4, 4)
    added = joined = x
    for _ in range(12):
        added = added + x
        joined = torch.cat((joined, torch.zeros(1, 32, 4, 4)), 1)
    return [
        exact(say("about: channels after 12 additions"), 64, added.shape[1]),
        exact(say("about: channels after 12 concatenations of 32"), 448, joined.shape[1]),
    ], say("how: adding or concatenating")


def _returned(equal: bool) -> Text:
    return say("computed: returned x") if equal else say("computed: returned something else")
