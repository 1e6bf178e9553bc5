"""What a block does to its input: identity at no cost, order of activation, what a branch adds."""

from dataclasses import replace
from functools import partial

import torch
from torch import nn
from torch.nn import functional

from explorer.architecture import NetworkSpec, preset
from explorer.experiments.identity import extended_plain, one_layer
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near, noise
from explorer.networks import build
from explorer.networks.blocks import ResidualBlock

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


def _returned(equal: bool) -> Text:
    return say("computed: returned x") if equal else say("computed: returned something else")
