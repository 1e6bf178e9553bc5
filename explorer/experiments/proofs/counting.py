"""Parameters, MACs and layers of whole networks, against the closed forms."""

from collections.abc import Iterable
from functools import partial

import torch
from torch import nn

from explorer.architecture import Blueprint
from explorer.architecture.named import blueprint_named, title_named
from explorer.experiments.proofs import built
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near
from explorer.networks.resnet import ResNet
from explorer.networks.torchvision_import import torchvision

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/counting")


def params(*names: str) -> Found:
    """Parameters: blueprint against sum(p.numel())."""
    return [
        exact(
            say("about: parameters", network=title_named(name)),
            bp.params,
            built.numel(built.on_meta(bp)),
        )
        for name, bp in _named(names)
    ], say("how: params")


def multiply_adds(*names: str) -> Found:
    """MACs in units of 10^9: blueprint against torch's operation counter."""
    lines = []
    for name, bp in _named(names):
        counted = built.macs(built.on_meta(bp), 1, *bp.in_shape)
        text = f"{bp.macs / 1e9:.2f}"
        lines.append(
            near(say("about: 10 9 macs", network=title_named(name)), text, counted / 1e9, 0.005)
        )
    return lines, say("how: multiply adds")


def five() -> Found:
    """Blocks per stage and parameters of torchvision's own five networks."""
    lines = []
    for name, blocks in (
        ("resnet18", "(2, 2, 2, 2)"),
        ("resnet34", "(3, 4, 6, 3)"),
        ("resnet50", "(3, 4, 6, 3)"),
        ("resnet101", "(3, 4, 23, 3)"),
        ("resnet152", "(3, 8, 36, 3)"),
    ):
        with torch.device("meta"):
            network = getattr(torchvision.models, name)()
        counted = str(tuple(len(network.get_submodule(f"layer{i}")) for i in (1, 2, 3, 4)))
        title = title_named(name)
        lines += [
            fact(say("about: blocks per stage", network=title), blocks, counted, blocks == counted),
            exact(
                say("about: parameters", network=title),
                blueprint_named(name).params,
                built.numel(network),
            ),
        ]
    return lines, say("how: five")


def layers_of_resnet50() -> Found:
    network = built.on_meta(blueprint_named("resnet50"))
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


def eight_times() -> Found:
    """Layers with weights of torchvision's VGG-19 and ResNet-152, projections left out."""
    with torch.device("meta"):
        vgg = _weighted(torchvision.models.vgg19())
        residual = _weighted(torchvision.models.resnet152())
    return [
        exact(say("about: layers with weights", network="ResNet-152"), 152, residual),
        exact(say("about: layers with weights", network="VGG-19"), 19, vgg),
        exact(say("about: 152 layers over vgg-19 s 19"), 8, residual // vgg),
    ], say("how: eight times")


def _weighted(network: nn.Module) -> int:
    return sum(
        isinstance(module, nn.Conv2d | nn.Linear) and "downsample" not in path
        for path, module in network.named_modules()
    )


def cifar_resnets() -> Found:
    """The paper's CIFAR networks, written down a second time as a list of layers."""
    lines = [
        exact(say("about: parameters", network=title_named(name)), bp.params, _cifar_by_hand(n))
        for n, (name, bp) in zip(
            (3, 9, 18), _named(("resnet20", "resnet56", "resnet110")), strict=True
        )
    ]
    projections = [nn.Conv2d(i, o, 1, bias=False, device="meta") for i, o in ((16, 32), (32, 64))]
    norms = [nn.BatchNorm2d(width, device="meta") for width in (32, 64)]
    return [
        *lines,
        exact(say("about: more per n"), 97_216, _cifar_by_hand(4) - _cifar_by_hand(3)),
        exact(
            say("about: more with option b"), 2_752, sum(map(built.numel, [*projections, *norms]))
        ),
    ], say("how: cifar resnets")


def _cifar_by_hand(n: int) -> int:
    """Parameters of 6n + 2 layers: 3x3 convolutions with batch norm, and a linear layer."""
    shapes = [(3, 16)]
    for before, width in ((16, 16), (16, 32), (32, 64)):
        shapes += [(before, width), *[(width, width)] * (2 * n - 1)]
    layers: list[nn.Module] = [nn.Linear(64, 10, device="meta")]
    for before, width in shapes:
        layers.append(nn.Conv2d(before, width, 3, bias=False, device="meta"))
        layers.append(nn.BatchNorm2d(width, device="meta"))
    return sum(map(built.numel, layers))


def ten_classes() -> Found:
    lines, how = params("resnet18_10", "d2l_resnet18", "resnet20")
    biases, norms = told_apart(built.on_meta(blueprint_named("d2l_resnet18")))
    large, small = (
        built.numel(built.on_meta(blueprint_named(n))) for n in ("resnet18_10", "resnet20")
    )
    return [
        *lines,
        exact(say("about: biases of d2l"), 4_800, biases),
        exact(say("about: norms d2l lacks"), 1_792, norms),
        near(say("about: resnet-18 over resnet-20"), "41", large / small, 0.5),
    ], how


def told_apart(d2l: ResNet) -> tuple[int, int]:
    """Biases on d2l's convolutions, and parameters of the batch norms that it does not have."""
    other = built.on_meta(blueprint_named("resnet18_10"))
    ours, theirs = (
        {name: p.numel() for name, p in network.named_parameters()} for network in (d2l, other)
    )
    more = sum(count for name, count in ours.items() if name not in theirs)
    less = sum(count for name, count in theirs.items() if name not in ours)
    return more, less


def vgg() -> Found:
    with torch.device("meta"):
        network = torchvision.models.vgg16().eval()
    linear = sum(built.numel(part) for part in network.classifier if isinstance(part, nn.Linear))
    return [
        exact(say("about: vgg-16 parameters"), 138_357_544, built.numel(network)),
        exact(say("about: its linear layers parameters"), 123_642_856, linear),
        near(
            say("about: vgg-16 10 9 macs"),
            "15.47",
            built.macs(network, 1, 3, 224, 224) / 1e9,
            0.005,
        ),
        *params("resnet50")[0],
        *multiply_adds("resnet50")[0],
    ], say("how: vgg")


def classifiers() -> Found:
    lines = [
        exact(say("about: features parameters", features=features), claimed, _linear(features))
        for features, claimed in ((512, 513_000), (2048, 2_049_000))
    ]
    network = built.on_meta(blueprint_named("resnet18"))
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


def _linear(features: int) -> int:
    return built.numel(nn.Linear(features, 1000, device="meta"))


def frozen_but_the_classifier() -> Found:
    """torchvision's ResNet-18 with a classifier for 10 classes, everything else frozen."""
    with torch.device("meta"):
        network = torchvision.models.resnet18()
        network.requires_grad_(False)
        network.fc = nn.Linear(network.fc.in_features, 10)
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    return [
        exact(say("about: trained with fc alone"), 5_130, trained),
        exact(say("about: of the network"), 11_181_642, built.numel(network)),
    ], say("how: frozen but the classifier")


def learned_by_batch_norm() -> Found:
    network = built.on_meta(blueprint_named("resnet50"))
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    buffers = sum(b.numel() for norm in norms for b in norm.buffers() if b.dim())
    return [
        exact(say("about: learned"), 53_120, sum(built.numel(norm) for norm in norms)),
        exact(say("about: running statistics"), 53_120, buffers),
    ], say("how: learned by batch norm")


def _named(names: Iterable[str]) -> list[tuple[str, Blueprint]]:
    return [(name, blueprint_named(name)) for name in names]
