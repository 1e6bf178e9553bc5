"""What lies on shortcuts: which are dashed, what they cost, what they are told apart by."""

from functools import partial
from math import prod

import torch
from torch import nn

from explorer.architecture import Blueprint
from explorer.architecture.named import blueprint_named, title_named
from explorer.experiments.proofs import built
from explorer.experiments.proofs.counting import params, told_apart
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near
from explorer.networks.torchvision_import import torchvision

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/counting")


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
    network = built.on_meta(bp)
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


def projection_of_a_bottleneck() -> Found:
    projection = built.numel(nn.Conv2d(256, 256, 1, bias=False, device="meta"))
    lines = [exact(say("about: 1x1 projection at 256 channels weights"), 65_536, projection)]
    more, _ = params("resnet50_c")
    return [*lines, *more], say("how: projection of a bottleneck")


def norm_on_projection() -> Found:
    """Batch norms behind the projections of three networks, and what tells two of them apart."""
    lines = []
    for name, claimed in (("resnet18", 3), ("d2l_resnet18", 0), ("preact_resnet18", 0)):
        norms = [
            path
            for path, module in built.on_meta(blueprint_named(name)).named_modules()
            if ".downsample." in path and isinstance(module, nn.BatchNorm2d)
        ]
        title = title_named(name)
        lines.append(exact(say("about: norms on projections", network=title), claimed, len(norms)))
    d2l = built.on_meta(blueprint_named("d2l_resnet18"))
    biases, norms_ = told_apart(d2l)
    return [
        *lines,
        exact(say("about: biases of d2l"), 4_800, biases),
        exact(say("about: norms d2l lacks"), 1_792, norms_),
    ], say("how: norm on projection")


def additions() -> Found:
    bp = blueprint_named("resnet50")
    image = torch.empty(1, *bp.in_shape, device="meta")
    with torch.no_grad():
        found = sum(
            prod(out.shape) for path, out in built.on_meta(bp).walk(image) if path.endswith(".add")
        )
    return [
        exact(say("about: resnet-50 additions per image"), 5_519_360, found),
        near(say("about: in percent of its macs"), "0.135", 100 * found / bp.macs, 0.0005),
    ], say("how: additions")


def adding_or_concatenating() -> Found:
    """Channels along the first stage of ResNet-18, and along DenseNet-121's first dense block."""
    bp = blueprint_named("resnet18")
    with torch.no_grad(), torch.device("meta"):
        outputs = dict(built.on_meta(bp).walk(torch.empty(1, *bp.in_shape)))
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
