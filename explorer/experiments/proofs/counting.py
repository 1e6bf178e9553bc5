"""Counts of real modules: parameters, MACs and layers, against the closed forms."""

from collections.abc import Iterable
from functools import partial
from math import prod

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.architecture import Blueprint
from explorer.architecture.named import blueprint_named, title_named
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near
from explorer.networks.resnet import ResNet
from explorer.networks.torchvision_import import torchvision

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/counting")


def on_meta(bp: Blueprint) -> ResNet:
    """The network without memory for its weights."""
    with torch.device("meta"):
        return ResNet(bp.spec).eval()


def numel(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def macs(module: nn.Module, *shape: int) -> int:
    """torch's own operation count of a forward pass, halved."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.empty(shape, device="meta"))
    return counter.get_total_flops() // 2


def params(*names: str) -> Found:
    """Parameters: blueprint against sum(p.numel())."""
    return [
        exact(say("about: parameters", network=title_named(name)), bp.params, numel(on_meta(bp)))
        for name, bp in _named(names)
    ], say("how: params")


def multiply_adds(*names: str) -> Found:
    """MACs in units of 10^9: blueprint against torch's operation counter."""
    lines = []
    for name, bp in _named(names):
        counted = macs(on_meta(bp), 1, *bp.in_shape)
        text = f"{bp.macs / 1e9:.2f}"
        lines.append(
            near(say("about: 10 9 macs", network=title_named(name)), text, counted / 1e9, 0.005)
        )
    return lines, say("how: multiply adds")


def dashed(*names: str) -> Found:
    """Blocks with a projection, counted in the modules."""
    lines = []
    for name, bp in _named(names):
        found = [part for part, _ in on_meta(bp).named_modules() if part.endswith(".downsample")]
        lines.append(
            exact(say("about: projections", network=title_named(name)), len(bp.dashed), len(found))
        )
    return lines, say("how: dashed")


def layers_of_resnet50() -> Found:
    network = on_meta(blueprint_named("resnet50"))
    kinds = [type(module).__name__ for module in network.modules()]
    return [
        exact(say("about: convolutions"), 53, kinds.count("Conv2d")),
        exact(say("about: batch norms"), 53, kinds.count("BatchNorm2d")),
        fact(
            say("about: linear layers"),
            say("claimed: one linear layer"),
            str(kinds.count("Linear")),
            kinds.count("Linear") == 1,
        ),
        exact(say("about: projections 2"), 4, kinds.count("Sequential") - 4),
    ], say("how: layers of resnet50")


def bottleneck() -> Found:
    def weights(*shapes: tuple[int, int, int]) -> int:
        return sum(numel(nn.Conv2d(i, o, k, bias=False, device="meta")) for i, o, k in shapes)

    pair = weights((256, 256, 3), (256, 256, 3))
    narrow = weights((256, 64, 1), (64, 64, 3), (64, 256, 1))
    small = weights((64, 64, 3), (64, 64, 3))
    return [
        exact(say("about: two 3x3 at 256 channels weights"), 1_179_648, pair),
        exact(say("about: bottleneck 256-64-64-256 weights"), 69_632, narrow),
        near(say("about: the ratio"), "16.94", pair / narrow, 0.005),
        exact(say("about: two 3x3 at 64 channels weights"), 73_728, small),
        near(say("about: 64-d pair against the bottleneck"), "1.06", small / narrow, 0.005),
    ], say("how: bottleneck")


def projection_of_a_bottleneck() -> Found:
    projection = numel(nn.Conv2d(256, 256, 1, bias=False, device="meta"))
    lines = [exact(say("about: 1x1 projection at 256 channels weights"), 65_536, projection)]
    more, _ = params("resnet50_c")
    return [*lines, *more], say("how: projection of a bottleneck")


def stem() -> Found:
    convolution = nn.Conv2d(3, 64, 7, 2, 3, bias=False, device="meta")
    return [
        exact(say("about: weights"), 9_408, numel(convolution)),
        exact(say("about: macs at 224 pixels"), 118_013_952, macs(convolution, 1, 3, 224, 224)),
    ], say("how: stem")


def vgg() -> Found:
    with torch.device("meta"):
        network = torchvision.models.vgg16().eval()
    linear = sum(numel(part) for part in network.classifier if isinstance(part, nn.Linear))
    return [
        exact(say("about: vgg-16 parameters"), 138_357_544, numel(network)),
        exact(say("about: its linear layers parameters"), 123_642_856, linear),
        near(say("about: vgg-16 10 9 macs"), "15.47", macs(network, 1, 3, 224, 224) / 1e9, 0.005),
        *params("resnet50")[0],
        *multiply_adds("resnet50")[0],
    ], say("how: vgg")


def classifiers() -> Found:
    lines = [
        exact(say("about: features parameters", features=features), claimed, _linear(features))
        for features, claimed in ((512, 513_000), (2048, 2_049_000))
    ]
    network = on_meta(blueprint_named("resnet18"))
    shapes = {tuple(network(torch.empty(1, 3, s, s, device="meta")).shape) for s in (160, 224, 320)}
    return [
        *lines,
        fact(
            say("about: images of 160 224 and 320 pixels"),
            say("claimed: any input size"),
            f"{shapes}",
            len(shapes) == 1,
        ),
    ], say("how: classifiers")


def additions() -> Found:
    bp = blueprint_named("resnet50")
    image = torch.empty(1, *bp.in_shape, device="meta")
    with torch.no_grad():
        found = sum(
            prod(out.shape) for path, out in on_meta(bp).walk(image) if path.endswith(".add")
        )
    return [
        exact(say("about: resnet-50 additions per image"), 5_519_360, found),
        near(say("about: in percent of its macs"), "0.135", 100 * found / bp.macs, 0.0005),
    ], say("how: additions")


def learned_by_batch_norm() -> Found:
    network = on_meta(blueprint_named("resnet50"))
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    buffers = sum(b.numel() for norm in norms for b in norm.buffers() if b.dim())
    return [
        exact(say("about: learned"), 53_120, sum(numel(norm) for norm in norms)),
        exact(say("about: running statistics"), 53_120, buffers),
    ], say("how: learned by batch norm")


def ten_classes() -> Found:
    names = ("resnet18_10", "d2l_resnet18", "resnet20")
    return params(*names)


def kernel_and_map() -> Found:
    bp = blueprint_named("resnet50")
    network = on_meta(bp)
    weight = tuple(network.get_submodule("layer2.0.conv2").get_parameter("weight").shape)
    image = torch.empty(1, *bp.in_shape, device="meta")
    with torch.no_grad():
        out = next(o for path, o in network.walk(image) if path == "layer2.0.conv2")
    found = tuple(out.shape[1:])
    return [
        fact(say("about: the kernel"), "(128, 128, 3, 3)", str(weight), weight == (128, 128, 3, 3)),
        fact(
            say("about: what it writes c h w"), "(128, 28, 28)", str(found), found == (128, 28, 28)
        ),
    ], say("how: kernel and map")


def relative_figures() -> Found:
    return [
        near(say("about: 27.2 - 21.2 points"), "6.0", 27.2 - 21.2, 1e-9),
        near(say("about: as a share of 21.2"), "28", 100 * (27.2 - 21.2) / 21.2, 0.5, " %"),
    ], say("how: relative figures")


def eight_times() -> Found:
    depth = blueprint_named("resnet152").spec.depth
    return [exact(say("about: 152 layers over vgg-19 s 19"), 8, depth // 19)], (
        say("how: eight times")
    )


def _named(names: Iterable[str]) -> list[tuple[str, Blueprint]]:
    return [(name, blueprint_named(name)) for name in names]


def _linear(features: int) -> int:
    return numel(nn.Linear(features, 1000, device="meta"))
