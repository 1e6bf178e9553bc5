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
from explorer.networks.blocks import ResidualBlock
from explorer.networks.dialects import AveragePoolShortcut

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
    """ResNet-50 with the last gamma of every block at 0, and each block on its own."""
    network = build(replace(preset("resnet50"), widths=(4, 4, 4, 4)))
    identities = projections = blocks = 0
    for path, block in network.named_modules():
        if not isinstance(block, ResidualBlock):
            continue
        blocks += 1
        nn.init.zeros_(block.get_parameter("bn3.weight"))
        channels = block.get_parameter("conv1.weight").shape[1]
        x = functional.relu(noise(2, channels, 8, 8))
        with torch.inference_mode():
            out = block(x)
            if path.endswith(".0"):
                alone = functional.relu(block.get_submodule("downsample")(x))
                projections += torch.equal(out, alone)
            else:
                identities += torch.equal(out, x)
    return [
        exact(say("about: blocks that return x exactly"), 12, identities),
        exact(say("about: blocks that are their projection"), 4, projections),
        exact(say("about: blocks of resnet-50"), 16, blocks),
    ], say("how: block of zero gamma")


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
    """Which share of the stream's values a branch lowers, with and without a ReLU at its end."""
    ends, open_ = _share_lowered(True), _share_lowered(False)
    return [
        fact(
            say("about: values lowered relu at the end"),
            say("claimed: only grow"),
            f"{100 * ends:.0f} %",
            ends == 0,
        ),
        fact(
            say("about: values lowered no relu at the end"),
            say("claimed: take away"),
            f"{100 * open_:.0f} %",
            open_ > 0.25,
        ),
    ], (say("how: relu before addition"))


def _share_lowered(relu_at_the_end: bool) -> float:
    """Of the values of the stream, through four branches of BN-ReLU-conv-BN: which share falls."""
    stream, fallen = noise(8, 16, 10, 10), []
    for seed in range(4):
        torch.manual_seed(seed)
        layers: list[nn.Module] = [nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1)]
        branch = nn.Sequential(*layers, nn.BatchNorm2d(16))
        with torch.no_grad():
            written = branch(stream)
            after = stream + (functional.relu(written) if relu_at_the_end else written)
        fallen.append(float((after < stream).float().mean()))
        stream = after
    return sum(fallen) / len(fallen)


def one_layer_branch() -> Found:
    """How well one matrix stands in for a residual block of one layer, and of two."""
    one, two = _left_by_one_matrix(1), _left_by_one_matrix(2)
    return [
        fact(
            say("about: one layer best matrix"),
            say("claimed: one matrix"),
            say("computed: left over", share=one),
            one < 1e-12,
        ),
        fact(
            say("about: two layers best matrix"),
            say("claimed: no matrix"),
            say("computed: left over", share=two),
            two > 0.05,
        ),
    ], (say("how: one layer branch"))


def _left_by_one_matrix(layers: int) -> float:
    """Share of a residual block's output that the best single matrix does not explain."""
    x = noise(2000, 32, seed=9).double()
    branch = x
    for seed in range(layers):
        branch = (branch if seed == 0 else functional.relu(branch)) @ noise(
            32, 32, seed=seed
        ).double()
        branch = branch / 32**0.5
    y = x + branch
    best = torch.linalg.lstsq(x, y).solution
    return float((y - x @ best).pow(2).sum() / y.pow(2).sum())


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


def _returned(equal: bool) -> Text:
    return say("computed: returned x") if equal else say("computed: returned something else")
