"""Layers and stages: kernels, maps, sizes and groups, counted on torch's modules."""

from dataclasses import replace
from functools import partial

import torch
from torch import nn

from explorer.architecture import Blueprint, blueprint
from explorer.architecture.named import blueprint_named
from explorer.experiments.proofs import built
from explorer.experiments.proofs.counting import params
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near
from explorer.networks.torchvision_import import torchvision

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/counting")


def stem() -> Found:
    convolution = nn.Conv2d(3, 64, 7, 2, 3, bias=False, device="meta")
    return [
        exact(say("about: weights"), 9_408, built.numel(convolution)),
        exact(
            say("about: macs at 224 pixels"), 118_013_952, built.macs(convolution, 1, 3, 224, 224)
        ),
    ], say("how: stem")


def bottleneck() -> Found:
    def weights(*shapes: tuple[int, int, int]) -> int:
        return sum(built.numel(nn.Conv2d(i, o, k, bias=False, device="meta")) for i, o, k in shapes)

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


def kernel_and_map() -> Found:
    bp = blueprint_named("resnet50")
    network = built.on_meta(bp)
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


def down_sampling() -> Found:
    """The sizes along ResNet-18, and what a 3x3 layer of each stage costs."""
    bp = blueprint_named("resnet18")
    network = built.on_meta(bp)
    sizes = [bp.in_shape[-1]]
    with torch.no_grad():
        for _, out in network.walk(torch.empty(1, *bp.in_shape, device="meta")):
            if out.dim() == 4 and 1 < out.shape[-1] != sizes[-1]:
                sizes.append(out.shape[-1])
    costs = {
        built.macs(
            network.get_submodule(f"layer{stage}.1.conv2"), 1, 32 << stage, *(2 * [112 >> stage])
        )
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
        parameters.add(built.numel(network))
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


def _stages(bp: Blueprint) -> list[tuple[int, ...]]:
    """Shape of what each stage writes."""
    with torch.no_grad():
        outputs = built.on_meta(bp).walk(torch.empty(1, *bp.in_shape, device="meta"))
        last = {path.split(".")[0]: tuple(out.shape) for path, out in outputs}
    return [shape for path, shape in last.items() if path.startswith("layer")]


def resnext() -> Found:
    """Groups and channels per group of ResNeXt-50's 3x3 convolutions."""
    network = built.on_meta(blueprint_named("resnext50_32x4d"))
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
        built.on_meta(blueprint_named(name)).get_submodule("layer1.1")
        for name in ("wide_resnet50_2", "resnet50")
    )
    ratios = [
        built.numel(wide.get_submodule(f"conv{i}")) / built.numel(usual.get_submodule(f"conv{i}"))
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
