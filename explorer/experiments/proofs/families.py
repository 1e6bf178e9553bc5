"""Blocks of other families: MobileNetV2, EfficientNet, ConvNeXt, GoogLeNet."""

from functools import partial

import torch
from torch import nn

from explorer.architecture.named import blueprint_named
from explorer.experiments.proofs.built import macs, numel, on_meta
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near
from explorer.networks.torchvision_import import torchvision

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/costs")


def inverted() -> Found:
    """An inverted bottleneck of MobileNetV2 beside ResNet's, and whole networks."""
    with torch.device("meta"):
        mobile = torchvision.models.mobilenet_v2().eval()
        efficient = torchvision.models.efficientnet_b0().eval()
    block = mobile.features[5]
    convolutions = [m for m in block.modules() if isinstance(m, nn.Conv2d)]
    widths = [convolutions[0].in_channels, *(layer.out_channels for layer in convolutions)]
    text = " → ".join(map(str, widths))
    bottleneck = on_meta(blueprint_named("resnet50")).get_submodule("layer1.1")
    wide = [m for m in bottleneck.modules() if isinstance(m, nn.Conv2d)]
    usual = " → ".join(map(str, [wide[0].in_channels, *(layer.out_channels for layer in wide)]))
    depthwise = convolutions[1].weight.numel()
    full = numel(nn.Conv2d(widths[1], widths[1], 3, bias=False, device="meta"))
    return [
        fact(say("about: widths of mobilenet"), "32 → 192 → 192 → 32", text,
             text == "32 → 192 → 192 → 32" and block.use_res_connect),
        fact(say("about: widths of resnet"), "256 → 64 → 64 → 256", usual,
             usual == "256 → 64 → 64 → 256"),
        exact(say("about: the depthwise 3x3"), 1_728, depthwise),
        exact(say("about: a usual 3x3"), 331_776, full),
        exact(say("about: parameters of mobilenet"), 3_504_872, numel(mobile)),
        near(say("about: macs of mobilenet"), "0.30", macs(mobile, 1, 3, 224, 224) / 1e9, 0.005),
        exact(say("about: parameters of efficientnet"), 5_288_548, numel(efficient)),
    ], say("how: inverted")  # fmt: skip


def convnext() -> Found:
    """ConvNeXt-T: its stem, its stages, and the layers of a block."""
    with torch.device("meta"):
        network = torchvision.models.convnext_tiny().eval()
    stem = network.features[0][0]
    blocks = [len(network.features[i]) for i in (1, 3, 5, 7)]
    block = network.features[1][0].block
    wide = [layer.out_features for layer in block if isinstance(layer, nn.Linear)]
    kinds = {type(module).__name__ for module in network.modules()}
    return [
        fact(say("about: blocks of convnext"), "3, 3, 9 and 3", ", ".join(map(str, blocks)),
             blocks == [3, 3, 9, 3]),
        fact(say("about: stem of convnext"), "4×4", f"{stem.kernel_size}, {stem.stride}",
             stem.kernel_size == stem.stride == (4, 4)),
        fact(say("about: kernel of convnext"), "7×7", f"{block[0].kernel_size}, {block[0].groups}",
             block[0].kernel_size == (7, 7) and block[0].groups == block[0].in_channels),
        fact(say("about: widths of convnext"), say("claimed: inverted"),
             f"96 → {wide[0]} → {wide[1]}", wide == [384, 96]),
        fact(say("about: norms of convnext"), say("claimed: layer norm"),
             ", ".join(sorted(kind for kind in kinds if "Norm" in kind)),
             not any("BatchNorm" in kind for kind in kinds)
             and any("LayerNorm" in kind for kind in kinds)),
    ], say("how: convnext")  # fmt: skip


def inception() -> Found:
    """The first Inception module of GoogLeNet: what it joins, and what a ResNet stage writes."""
    with torch.device("meta"):
        network = torchvision.models.googlenet(init_weights=False, aux_logits=False).eval()
        module = network.inception3a
        x = torch.empty(1, 192, 28, 28)
        with torch.no_grad():
            branches = [getattr(module, f"branch{i}")(x).shape[1] for i in (1, 2, 3, 4)]
            joined = module(x).shape[1]
    return [
        fact(say("about: branches of inception"), "64, 128, 32 and 32",
             ", ".join(map(str, branches)), branches == [64, 128, 32, 32]),
        exact(say("about: joined channels"), 256, joined),
    ], say("how: inception")  # fmt: skip
