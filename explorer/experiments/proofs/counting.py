"""Counts of real modules: parameters, MACs and layers, against the closed forms."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from math import prod

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.architecture import Blueprint, blueprint
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


def dashed() -> Found:
    """Which blocks of ResNet-34 and ResNet-50 have a projection, and what it changes."""
    first = [f"layer{stage}.0" for stage in (2, 3, 4)]
    small, large = (_changes(blueprint_named(name)) for name in ("resnet34", "resnet50"))
    added = large.get("layer1.0", (0, 0, 0, 0))
    return [
        fact(
            say("about: dashed blocks", network="ResNet-34"),
            say("claimed: conv3 conv4 and conv5"),
            _told(small),
            list(small) == first and all(_halves(*change) for change in small.values()),
        ),
        exact(say("about: projections", network="ResNet-34"), 3, len(small)),
        fact(
            say("about: dashed blocks", network="ResNet-50"),
            say("claimed: the first of conv2"),
            _told(large),
            list(large) == ["layer1.0", *first],
        ),
        exact(say("about: projections", network="ResNet-50"), 4, len(large)),
        fact(
            say("about: what conv2 1 changes"),
            say("claimed: keeps the size"),
            f"{added[0]} → {added[1]}, {added[2]} → {added[3]}",
            added[:2] == (64, 256) and added[2] == added[3],
        ),
    ], say("how: dashed")


def _changes(bp: Blueprint) -> dict[str, tuple[int, int, int, int]]:
    """Block -> channels before and after and size before and after, where there is a projection."""
    network = on_meta(bp)
    paths = [part for part, _ in network.named_modules() if part.endswith(".downsample")]
    found = {}
    with torch.no_grad():
        size = {
            path: out.shape
            for path, out in network.walk(torch.empty(1, *bp.in_shape, device="meta"))
        }
    for path in paths:
        projection = network.get_submodule(f"{path}.0")
        assert isinstance(projection, nn.Conv2d)
        after = size[f"{path}.1"][-1]
        before = after * projection.stride[0]
        found[path.removesuffix(".downsample")] = (
            projection.in_channels, projection.out_channels, before, after,
        )  # fmt: skip
    return found


def _halves(channels: int, wider: int, size: int, smaller: int) -> bool:
    return wider == 2 * channels and size == 2 * smaller


def _told(changes: dict[str, tuple[int, int, int, int]]) -> str:
    return "; ".join(
        f"conv{int(path[5]) + 1}_1: {c}→{d}, {h}→{k}" for path, (c, d, h, k) in changes.items()
    )


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
                numel(network),
            ),
        ]
    return lines, say("how: five")


def down_sampling() -> Found:
    """The sizes along ResNet-18, and what a 3x3 layer of each stage costs."""
    bp = blueprint_named("resnet18")
    network = on_meta(bp)
    sizes = [bp.in_shape[-1]]
    with torch.no_grad():
        for _, out in network.walk(torch.empty(1, *bp.in_shape, device="meta")):
            if out.dim() == 4 and 1 < out.shape[-1] != sizes[-1]:
                sizes.append(out.shape[-1])
    costs = {
        macs(network.get_submodule(f"layer{stage}.1.conv2"), 1, 32 << stage, *(2 * [112 >> stage]))
        for stage in (1, 2, 3, 4)
    }
    return [
        fact(
            say("about: sizes along resnet-18"),
            "224 to 112, 56, 28, 14 and 7",
            ", ".join(map(str, sizes)),
            sizes == [224, 112, 56, 28, 14, 7],
        ),
        fact(
            say("about: macs of a 3x3 of each stage"),
            "115,605,504",
            ", ".join(f"{cost:,}" for cost in sorted(costs)),
            costs == {115_605_504},
        ),
    ], say("how: down sampling")


def small_images() -> Found:
    """Sizes of ResNet-18's stages on 32 pixels, with the stem of ImageNet and that of CIFAR."""
    lines = []
    for stem, claimed in (("imagenet", "8, 4, 2 and 1"), ("cifar", "32, 16, 8 and 4")):
        spec = replace(blueprint_named("resnet18").spec, stem=stem)  # type: ignore[arg-type]
        shapes = _stages(blueprint(spec, 32))
        sizes = [shape[-1] for shape in shapes]
        text = f"{', '.join(map(str, sizes[:-1]))} and {sizes[-1]}"
        lines.append(
            fact(say(f"about: sizes with the {stem} stem"), claimed, text, claimed == text)
        )
    return lines, say("how: small images")


def backbone() -> Found:
    """Channels and strides of ResNet-50's stages."""
    shapes = _stages(blueprint_named("resnet50"))
    channels, strides = [shape[1] for shape in shapes], [224 // shape[-1] for shape in shapes]
    return [
        fact(
            say("about: channels of c2 to c5"),
            "256, 512, 1024 and 2048",
            ", ".join(map(str, channels)),
            channels == [256, 512, 1024, 2048],
        ),
        fact(
            say("about: strides of c2 to c5"),
            "1/4, 1/8, 1/16 and 1/32",
            ", ".join(f"1/{stride}" for stride in strides),
            strides == [4, 8, 16, 32],
        ),
        *_dilated(),
    ], say("how: backbone")


def _dilated() -> list[Line]:
    """Output stride and parameters of torchvision's ResNet-50 with dilation in its last stages."""
    strides, parameters = [], set()
    for stages in ([False, False, True], [False, True, True], [False, False, False]):
        with torch.device("meta"):
            network = torchvision.models.resnet50(replace_stride_with_dilation=stages).eval()
            image = torch.empty(1, 3, 224, 224)
        with torch.no_grad():
            out = network.maxpool(network.conv1(image))
            for stage in (1, 2, 3, 4):
                out = network.get_submodule(f"layer{stage}")(out)
        strides.append(224 // out.shape[-1])
        parameters.add(numel(network))
    return [
        fact(
            say("about: strides with dilation"),
            "16 or 8",
            "{}, {}".format(*strides),
            strides == [16, 8, 32],
        ),
        fact(
            say("about: parameters with dilation"),
            say("claimed: same parameters"),
            ", ".join(f"{count:,}" for count in sorted(parameters)),
            len(parameters) == 1,
        ),
    ]


def frozen_but_the_classifier() -> Found:
    """torchvision's ResNet-18 with a classifier for 10 classes, everything else frozen."""
    with torch.device("meta"):
        network = torchvision.models.resnet18()
        network.requires_grad_(False)
        network.fc = nn.Linear(network.fc.in_features, 10)
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    return [
        exact(say("about: trained with fc alone"), 5_130, trained),
        exact(say("about: of the network"), 11_181_642, numel(network)),
    ], say("how: frozen but the classifier")


def _stages(bp: Blueprint) -> list[tuple[int, ...]]:
    """Shape of what each stage writes."""
    with torch.no_grad():
        outputs = on_meta(bp).walk(torch.empty(1, *bp.in_shape, device="meta"))
        last = {path.split(".")[0]: tuple(out.shape) for path, out in outputs}
    return [shape for path, shape in last.items() if path.startswith("layer")]


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
        exact(say("about: more with option b"), 2_752, sum(map(numel, [*projections, *norms]))),
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
    return sum(map(numel, layers))


def norm_on_projection() -> Found:
    """Batch norms behind the projections of three networks, and what tells two of them apart."""
    lines = []
    for name, claimed in (("resnet18", 3), ("d2l_resnet18", 0), ("preact_resnet18", 0)):
        norms = [
            path
            for path, module in on_meta(blueprint_named(name)).named_modules()
            if ".downsample." in path and isinstance(module, nn.BatchNorm2d)
        ]
        title = title_named(name)
        lines.append(exact(say("about: norms on projections", network=title), claimed, len(norms)))
    d2l = on_meta(blueprint_named("d2l_resnet18"))
    biases, norms_ = _told_apart(d2l)
    return [
        *lines,
        exact(say("about: biases of d2l"), 4_800, biases),
        exact(say("about: norms d2l lacks"), 1_792, norms_),
    ], say("how: norm on projection")


def _told_apart(d2l: ResNet) -> tuple[int, int]:
    """Biases on d2l's convolutions, and parameters of the batch norms that it does not have."""
    other = on_meta(blueprint_named("resnet18_10"))
    ours, theirs = (
        {name: p.numel() for name, p in network.named_parameters()} for network in (d2l, other)
    )
    more = sum(count for name, count in ours.items() if name not in theirs)
    less = sum(count for name, count in theirs.items() if name not in ours)
    return more, less


def adding_or_concatenating() -> Found:
    """Channels along the first stage of ResNet-18, and along DenseNet-121's first dense block."""
    bp = blueprint_named("resnet18")
    with torch.no_grad(), torch.device("meta"):
        outputs = dict(on_meta(bp).walk(torch.empty(1, *bp.in_shape)))
        dense = torchvision.models.densenet121().features.eval()
        block = dense.denseblock1
        joined = block(torch.empty(1, 64, 56, 56)).shape[1]
    added = {
        out.shape[1]
        for path, out in outputs.items()
        if path.startswith("layer1.") and path.endswith("add")
    }
    return [
        fact(
            say("about: channels along conv2"),
            say("claimed: 64 stay 64"),
            ", ".join(map(str, sorted(added))),
            added == {64},
        ),
        exact(say("about: layers of the dense block"), 6, len(block)),
        exact(say("about: channels after the dense block"), 256, joined),
    ], say("how: adding or concatenating")


def resnext() -> Found:
    """Groups and channels per group of ResNeXt-50's 3x3 convolutions."""
    network = on_meta(blueprint_named("resnext50_32x4d"))
    middles = [network.get_submodule(f"layer{stage}.0.conv2") for stage in (1, 2, 3, 4)]
    groups = {layer.groups for layer in middles if isinstance(layer, nn.Conv2d)}
    each = [layer.weight.shape[1] for layer in middles if isinstance(layer, nn.Conv2d)]
    return [
        exact(say("about: groups"), 32, groups.pop() if len(groups) == 1 else 0),
        exact(say("about: channels per group in conv2"), 4, each[0]),
        fact(
            say("about: channels per group after"),
            say("claimed: 8 16 and 32"),
            ", ".join(map(str, each[1:])),
            each[1:] == [8, 16, 32],
        ),
        *params("resnext50_32x4d", "resnet50")[0],
    ], say("how: params")


def wide() -> Found:
    """Weights of one bottleneck of Wide ResNet-50-2 over those of ResNet-50's."""
    wide, usual = (
        on_meta(blueprint_named(name)).get_submodule("layer1.1")
        for name in ("wide_resnet50_2", "resnet50")
    )
    ratios = [
        numel(wide.get_submodule(f"conv{i}")) / numel(usual.get_submodule(f"conv{i}"))
        for i in (1, 2, 3)
    ]
    return [
        fact(say("about: the 3x3"), say("claimed: four times"), f"× {ratios[1]:g}", ratios[1] == 4),
        fact(
            say("about: the two 1x1"),
            say("claimed: twice"),
            f"× {ratios[0]:g}, × {ratios[2]:g}",
            ratios[0] == ratios[2] == 2,
        ),
        *params("resnet50", "wide_resnet50_2")[0],
    ], say("how: params")


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
    lines, how = params("resnet18_10", "d2l_resnet18", "resnet20")
    biases, norms = _told_apart(on_meta(blueprint_named("d2l_resnet18")))
    large, small = (numel(on_meta(blueprint_named(n))) for n in ("resnet18_10", "resnet20"))
    return [
        *lines,
        exact(say("about: biases of d2l"), 4_800, biases),
        exact(say("about: norms d2l lacks"), 1_792, norms),
        near(say("about: resnet-18 over resnet-20"), "41", large / small, 0.5),
    ], how


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


def _named(names: Iterable[str]) -> list[tuple[str, Blueprint]]:
    return [(name, blueprint_named(name)) for name in names]


def _linear(features: int) -> int:
    return numel(nn.Linear(features, 1000, device="meta"))
