"""More networks of public repositories, as tests/networks/authors.py has them: those that activate
before they convolve, and those whose names or files are of another kind.

Nothing here uses explorer.networks.
"""

import pickle
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tests.networks.authors import (
    CIFAR10,
    CIFAR10_USUAL,
    CIFAR100,
    IMAGENET,
    LARGE,
    SMALL,
    TWO,
    Author,
    N,
    Net,
    Post,
    Pre,
    Unit,
    bare,
    bearpaw,
    changes,
    conv,
    layered,
    named,
    optimiser,
    plain_names,
    stages,
    state,
    torchvision,
)

HALF = ((0.5,) * 3, (0.5,) * 3)
NOTHING = ((0.0,) * 3, (1.0,) * 3)


class PreGated(Pre):
    """A pre-activation block with squeeze-and-excitation of two 1x1 at the end."""

    def forward(self, x: Tensor) -> Tensor:
        first = torch.relu(self.bn1(x))
        out = self.conv2(torch.relu(self.bn2(self.conv1(first))))
        w = torch.sigmoid(self.fc2(torch.relu(self.fc1(out.mean((2, 3), keepdim=True)))))
        shortcut = self.get_submodule(self.shortcut_name)(first) if self.shortcut_name else x
        return out * w + shortcut


def _activating(
    names: Sequence[str], cin: int, channels: Sequence[int], kernels: Sequence[int],
    strides: Sequence[int], bias: bool = False,
) -> dict[str, nn.Module]:  # fmt: skip
    """bn1, conv1, bn2, conv2, ... under these names, norm before convolution."""
    made: dict[str, nn.Module] = {}
    for index, (out, kernel, stride) in enumerate(zip(channels, kernels, strides, strict=True)):
        made[names[2 * index]] = nn.BatchNorm2d(cin)
        made[names[2 * index + 1]] = conv(cin, out, kernel, stride, bias=bias)
        cin = out
    return made


def pre_basic(
    shortcut: str, *, reads_x: bool, bias: bool = False, shares: bool = False,
    names: Sequence[str] = ("bn1", "conv1", "bn2", "conv2"), inner: str = "0",
) -> Unit:  # fmt: skip
    """Two 3x3; the projection, a 1x1 alone, reads x itself or the first activation."""

    def unit(cin: int, cout: int, stride: int) -> nn.Module:
        modules = _activating(names, cin, (cout, cout), (3, 3), (stride, 1), bias)
        name = ""
        if changes(cin, cout, stride):
            projection = conv(cin, cout, 1, stride, bias=bias)
            name, modules[shortcut] = shortcut, named((inner, projection)) if inner else projection
        return Pre(names[::2], names[1::2], modules, name, not reads_x, shares)

    return unit


def pre_bottleneck(cin: int, width: int, stride: int) -> nn.Module:
    """bearpaw's: bn1, 1x1, bn2, 3x3 with the stride, bn3, 1x1; the projection reads x."""
    names = ("bn1", "conv1", "bn2", "conv2", "bn3", "conv3")
    channels = (width, width, 4 * width)
    modules = _activating(names, cin, channels, (1, 3, 1), (1, stride, 1))
    name = ""
    if changes(cin, 4 * width, stride):
        name, modules["downsample"] = "downsample", named(("0", conv(cin, 4 * width, 1, stride)))
    return Pre(names[::2], names[1::2], modules, name, from_activation=False)


def bearpaw_preresnet(unit: Unit, expansion: int = 1) -> nn.Module:
    """conv1, layer1 to layer3, bn, fc."""
    rows = stages(unit, 16, SMALL, N, expansion)
    parts = {f"layer{index}": nn.Sequential(*row) for index, row in enumerate(rows, 1)}
    more = {"bn": nn.BatchNorm2d(64 * expansion), "fc": nn.Linear(64 * expansion, 10)}
    run = ["conv1", *parts, "bn", "relu", "mean", "fc"]
    return Net(run, conv1=conv(3, 16, 3), **parts, **more)


class Residual(nn.Module):
    """weiaicunzai's pre-activation: one Sequential, beside a shortcut that reads x itself."""

    def __init__(self, main: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.residual, self.shortcut = main, shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.residual(x) + self.shortcut(x)


def weiaicunzai_preact(dropout: bool = False, bottleneck: bool = False) -> Unit:
    """Biases everywhere."""

    def unit(cin: int, width: int, stride: int) -> nn.Module:
        cout = width * (4 if bottleneck else 1)
        layers: list[nn.Module] = [nn.BatchNorm2d(cin), nn.ReLU()]
        if bottleneck:
            layers += [nn.Conv2d(cin, width, 1, stride), nn.BatchNorm2d(width), nn.ReLU()]
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            layers += [nn.Conv2d(width, cout, 1)]
        else:
            layers += [nn.Conv2d(cin, cout, 3, stride, 1), nn.BatchNorm2d(cout), nn.ReLU()]
            layers += [nn.Dropout()] if dropout else []
            layers += [nn.Conv2d(cout, cout, 3, 1, 1)]
        shortcut: nn.Module = nn.Sequential()
        if changes(cin, cout, stride):
            one = nn.Conv2d(cin, cout, 1, stride)
            shortcut = nn.Sequential(one) if dropout else one
        return Residual(nn.Sequential(*layers), shortcut)

    return unit


def weiaicunzai_preresnet(bottleneck: bool = False) -> nn.Module:
    """`pre` normalises and activates, though nothing pools; no norm at the end."""
    expansion = 4 if bottleneck else 1
    rows = stages(weiaicunzai_preact(bottleneck=bottleneck), 16, LARGE, TWO, expansion)
    parts = {f"stage{index}": nn.Sequential(*row) for index, row in enumerate(rows, 1)}
    pre = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU())
    linear = nn.Linear(LARGE[-1] * expansion, 100)
    return Net(["pre", *parts, "mean", "linear"], pre=pre, **parts, linear=linear)


def weiaicunzai_wide() -> nn.Module:
    """init_conv, conv2 to conv4 with dropout, bn, linear."""
    rows = stages(weiaicunzai_preact(dropout=True), 16, (32, 64, 128), TWO[:3])
    parts = {f"conv{index}": nn.Sequential(*row) for index, row in enumerate(rows, 2)}
    more = {"bn": nn.BatchNorm2d(128), "linear": nn.Linear(128, 100)}
    run = ["init_conv", *parts, "bn", "relu", "mean", "linear"]
    return Net(run, init_conv=nn.Conv2d(3, 16, 3, padding=1), **parts, **more)


def meliketoy() -> nn.Module:
    """wide-resnet.pytorch, and Fast AutoAugment's: biases, projections of x itself."""
    rows = stages(pre_basic("shortcut", reads_x=True, bias=True), 16, (32, 64, 128), TWO[:3])
    parts = {f"layer{index}": nn.Sequential(*row) for index, row in enumerate(rows, 1)}
    more = {"bn1": nn.BatchNorm2d(128), "linear": nn.Linear(128, 10)}
    run = ["conv1", *parts, "bn1", "relu", "mean", "linear"]
    return Net(run, conv1=conv(3, 16, 3, bias=True), **parts, **more)


def kuangliu_senet() -> nn.Module:
    """kuangliu's SENet18: a normalised stem, then pre-activation blocks with fc1 and fc2."""

    def unit(cin: int, cout: int, stride: int) -> nn.Module:
        modules = _activating(("bn1", "conv1", "bn2", "conv2"), cin, (cout,) * 2, (3, 3),
                              (stride, 1))  # fmt: skip
        name = ""
        if changes(cin, cout, stride):
            name, modules["shortcut"] = "shortcut", named(("0", conv(cin, cout, 1, stride)))
        modules |= {"fc1": nn.Conv2d(cout, cout // 8, 1), "fc2": nn.Conv2d(cout // 8, cout, 1)}
        return PreGated(("bn1", "bn2"), ("conv1", "conv2"), modules, name)

    return layered(unit, LARGE, TWO)


def szagoruyko() -> nn.Module:
    """wide-residual-networks, its PyTorch folder: group0.block0.conv0, convdim, bn0."""
    names = ("bn0", "conv0", "bn1", "conv1")
    unit = pre_basic("convdim", reads_x=False, names=names, inner="")
    parts = {}
    for index, row in enumerate(stages(unit, 16, (32, 64, 128), TWO[:3])):
        blocks = [(f"block{number}", block) for number, block in enumerate(row)]
        parts[f"group{index}"] = named(*blocks)
    more = {"bn": nn.BatchNorm2d(128), "fc": nn.Linear(128, 10)}
    run = ["conv0", *parts, "bn", "relu", "mean", "fc"]
    return Net(run, conv0=conv(3, 16, 3), **parts, **more)


def functional(network: nn.Module) -> object:
    """szagoruyko's parameters: a convolution is one tensor under its own name."""
    found = {}
    for key, value in state(network).items():
        if "num_batches" not in key:
            found[key.removesuffix(".weight") if value.ndim == 4 else key] = value
    return {"params": found, "optimizer": optimiser(network), "epoch": 200}


def hysts(preact: bool) -> nn.Module:
    """pytorch_image_classification: stage1.block1.shortcut.conv; pre-activation shares the first
    activation in each stage's first block."""
    parts = {}
    if preact:
        shared, plain = (pre_basic("shortcut", reads_x=False, shares=s, inner="conv")
                         for s in (True, False))  # fmt: skip
    channels = 16
    for number, width in enumerate(SMALL, 1):
        blocks = []
        for index in range(3):
            stride = 2 if number > 1 and not index else 1
            if preact:
                unit = shared if index == 0 else plain
                block = unit(channels, width, stride)
            else:
                block = plain_names("shortcut")(channels, width, stride)
                if changes(channels, width, stride):
                    pair = (("conv", conv(channels, width, 1, stride)),
                            ("bn", nn.BatchNorm2d(width)))  # fmt: skip
                    block.shortcut = named(*pair)
            channels = width
            blocks.append((f"block{index + 1}", block))
        parts[f"stage{number}"] = named(*blocks)
    more = {"fc": nn.Linear(64, 10)}
    if preact:
        run = ["conv", *parts, "bn", "relu", "mean", "fc"]
        return Net(run, conv=conv(3, 16, 3), **parts, bn=nn.BatchNorm2d(64), **more)
    run = ["conv", "bn", "relu", *parts, "mean", "fc"]
    return Net(run, conv=conv(3, 16, 3), bn=nn.BatchNorm2d(16), **parts, **more)


class Body(nn.Module):
    """osmr's pre-activation unit: body.conv1.bn, body.conv1.conv, ..., identity_conv."""

    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        layers = [
            (f"conv{index}", named(("bn", nn.BatchNorm2d(a)), ("conv", conv(a, cout, 3, step))))
            for index, (a, step) in enumerate(((cin, stride), (cout, 1)), 1)
        ]
        self.body = named(*layers)
        if changes(cin, cout, stride):
            self.identity_conv = conv(cin, cout, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        one, two = self.body
        first = torch.relu(one.bn(x))
        out = two.conv(torch.relu(two.bn(one.conv(first))))
        return out + (self.identity_conv(first) if hasattr(self, "identity_conv") else x)


def osmr_preresnet() -> nn.Module:
    body: list[tuple[str, nn.Module]] = [("init_block", conv(3, 16, 3))]
    for number, row in enumerate(stages(Body, 16, SMALL, N), 1):
        units = [(f"unit{index}", block) for index, block in enumerate(row, 1)]
        body.append((f"stage{number}", named(*units)))
    body.append(("post_activ", named(("bn", nn.BatchNorm2d(64)), ("activ", nn.ReLU()))))
    return Net(["features", "mean", "output"], features=named(*body), output=nn.Linear(64, 10))


def osmr_seresnet() -> nn.Module:
    """body.conv1.conv, body.conv1.bn, se.conv1, se.conv2, identity_conv.conv, identity_conv.bn."""

    def layer(a: int, b: int, kernel: int, step: int = 1) -> nn.Module:
        return named(("conv", conv(a, b, kernel, step)), ("bn", nn.BatchNorm2d(b)))

    def unit(cin: int, cout: int, stride: int) -> nn.Module:
        body = nn.Sequential()
        body.add_module("conv1", layer(cin, cout, 3, stride))
        body.conv1.add_module("activ", nn.ReLU())
        body.add_module("conv2", layer(cout, cout, 3))
        gate = named(("conv1", nn.Conv2d(cout, cout // 8, 1)),
                     ("conv2", nn.Conv2d(cout // 8, cout, 1)))  # fmt: skip
        modules: dict[str, nn.Module] = {"body": body, "se": gate}
        name = ""
        if changes(cin, cout, stride):
            name, modules["identity_conv"] = "identity_conv", layer(cin, cout, 1, stride)
        return Post(("body",), modules, name, ("se.conv1", "se.conv2"))

    stem = named(("conv", conv(3, 16, 3)), ("bn", nn.BatchNorm2d(16)), ("activ", nn.ReLU()))
    body: list[tuple[str, nn.Module]] = [("init_block", stem)]
    for number, row in enumerate(stages(unit, 16, SMALL, N), 1):
        units = [(f"unit{index}", block) for index, block in enumerate(row, 1)]
        body.append((f"stage{number}", named(*units)))
    return Net(["features", "mean", "output"], features=named(*body), output=nn.Linear(64, 10))


class Classes(nn.Module):
    """timm's classifier of resnetv2: a 1x1 convolution after the pool."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.fc = nn.Conv2d(channels, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x[:, :, None, None]).flatten(1)


def timm_resnetv2() -> nn.Module:
    """resnetv2_50: a bare 7x7 and a pool; downsample.conv stands before the main branch."""

    def unit(cin: int, width: int, stride: int) -> nn.Module:
        names = ("norm1", "conv1", "norm2", "conv2", "norm3", "conv3")
        channels = (width, width, 4 * width)
        main = _activating(names, cin, channels, (1, 3, 1), (1, stride, 1))
        modules: dict[str, nn.Module] = {}
        name = ""
        if changes(cin, 4 * width, stride):
            name = "downsample"
            modules[name] = named(("conv", conv(cin, 4 * width, 1, stride)))
        return Pre(names[::2], names[1::2], modules | main, name)

    rows = stages(unit, 16, LARGE, TWO, 4)
    parts = [(str(index), named(("blocks", nn.Sequential(*row)))) for index, row in enumerate(rows)]
    stem = named(("conv", conv(3, 16, 7, 2)))
    run = ["stem", "pool", "stages", "norm", "relu", "mean", "head"]
    return Net(run, stem=stem, stages=named(*parts), norm=nn.BatchNorm2d(512),
               head=Classes(512, 1000))  # fmt: skip


def pycls() -> nn.Module:
    """s1.b1.proj, s1.b1.bn, s1.b1.f.a, s1.b1.f.a_bn, ...; the projection stands first."""

    def unit(cin: int, width: int, stride: int) -> nn.Module:
        cout = 4 * width
        main = named(
            ("a", conv(cin, width, 1)), ("a_bn", nn.BatchNorm2d(width)), ("a_relu", nn.ReLU()),
            ("b", conv(width, width, 3, stride)), ("b_bn", nn.BatchNorm2d(width)),
            ("b_relu", nn.ReLU()), ("c", conv(width, cout, 1)), ("c_bn", nn.BatchNorm2d(cout)),
        )  # fmt: skip
        return Projected(cin, cout, stride, main)

    rows = stages(unit, 16, LARGE, TWO, 4)
    parts = {}
    for index, row in enumerate(rows, 1):
        blocks = [(f"b{number}", block) for number, block in enumerate(row, 1)]
        parts[f"s{index}"] = named(*blocks)
    stem = named(("conv", conv(3, 16, 7, 2)), ("bn", nn.BatchNorm2d(16)), ("relu", nn.ReLU()),
                 ("pool", nn.MaxPool2d(3, 2, 1)))  # fmt: skip
    head = named(("fc", nn.Linear(512, 1000)))
    return Net(["stem", *parts, "mean", "head"], stem=stem, **parts, head=head)


class Projected(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int, main: nn.Module) -> None:
        super().__init__()
        if changes(cin, cout, stride):
            self.proj, self.bn = conv(cin, cout, 1, stride), nn.BatchNorm2d(cout)
        self.f = main

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu((self.bn(self.proj(x)) if hasattr(self, "proj") else x) + self.f(x))


def pycls_saves(network: nn.Module) -> object:
    return {"epoch": 99, "model_state": state(network), "optimizer_state": optimiser(network),
            "test_err": 23.2, "cfg": "MODEL:\n  TYPE: anynet\n"}  # fmt: skip


def autoaugment(network: nn.Module) -> object:
    logs = {"train": {"loss": 0.1}, "test": {"top1": 0.97}}
    return {"epoch": 200, "log": logs, "optimizer": optimiser(network),
            "model": state(network, "module."), "ema": None}  # fmt: skip


def with_buffers(network: nn.Module) -> object:
    """robustbench's networks that normalise inside: `mu` and `sigma` beside the layers."""
    mean, std = (torch.tensor(one).view(1, 3, 1, 1) for one in CIFAR10)
    return {"mu": mean, "sigma": std, **state(network)}


def detectron_pickle(network: nn.Module) -> bytes:
    """R-50.pkl of detectron2: arrays of NumPy in a plain pickle; letters in order."""
    found: dict[str, Any] = {}
    for key, value in state(network).items():
        if "num_batches" in key:
            continue
        first, _, rest = key.partition(".")
        stem = {"conv1": "stem.conv1", "bn1": "stem.conv1.norm", "fc": "stem.fc"}
        if first in stem:
            new = f"{stem[first]}.{rest}"
        else:
            block, part, leaf = rest.split(".", 2)
            part = {"bn1": "conv1.norm", "bn2": "conv2.norm", "bn3": "conv3.norm"}.get(part, part)
            if part == "downsample":
                part = "shortcut" if leaf.startswith("0.") else "shortcut.norm"
                leaf = leaf[2:]
            new = f"res{int(first[-1]) + 1}.{block}.{part}.{leaf}"
        found[new] = value.numpy()
    whole = {"model": dict(sorted(found.items())), "__author__": "torchvision",
             "matching_heuristics": True}  # fmt: skip
    return pickle.dumps(whole)


def preact_with_norm() -> nn.Module:
    """kuangliu's PreActResNet18 with `bn` before the pool (Wong et al. 2020, Rice et al. 2020)."""
    rows = stages(pre_basic("shortcut", reads_x=False), 16, LARGE, TWO)
    parts = {f"layer{index}": nn.Sequential(*row) for index, row in enumerate(rows, 1)}
    more = {"bn": nn.BatchNorm2d(128), "linear": nn.Linear(128, 10)}
    run = ["conv1", *parts, "bn", "relu", "mean", "linear"]
    return Net(run, conv1=conv(3, 16, 3), **parts, **more)


PRE = {"activation_order": "pre"}
RAW = {**PRE, "share_projection": False}
WIDE = {"widths": (32, 64, 128), "stem": "cifar"}
AUTHORS_PREACT: tuple[Author, ...] = (
    Author("bearpaw preresnet20", lambda: bearpaw_preresnet(
           pre_basic("downsample", reads_x=True)), bearpaw, CIFAR10_USUAL, 32,
           {**RAW, "stem": "cifar", "share_first": False, "final_norm": True}),
    Author("bearpaw preresnet, bottlenecks", lambda: bearpaw_preresnet(pre_bottleneck, 4), bearpaw,
           CIFAR10_USUAL, 32,
           {**RAW, "block": "bottleneck", "stride_on": "3x3", "share_first": False}),
    Author("weiaicunzai preactresnet18", weiaicunzai_preresnet, bare, CIFAR100, 32,
           {**RAW, "stem": "cifar", "stem_norm": "always", "final_norm": False,
            "conv_bias": True}),
    Author("weiaicunzai preactresnet50", lambda: weiaicunzai_preresnet(True), bare, CIFAR100, 32,
           {**RAW, "stem": "cifar", "stem_norm": "always", "stride_on": "1x1"}),
    Author("weiaicunzai wideresnet", weiaicunzai_wide, bare, CIFAR100, 32,
           {**RAW, **WIDE, "conv_bias": True, "num_classes": 100}),
    Author("Fast AutoAugment wide", meliketoy, autoaugment, CIFAR10_USUAL, 32,
           {**RAW, **WIDE, "conv_bias": True}),
    Author("kuangliu SENet18", kuangliu_senet, bearpaw, CIFAR10_USUAL, 32,
           {**PRE, "stem": "cifar", "stem_norm": "always", "se_ratio": 8,
            "share_projection": True}),
    Author("szagoruyko wide", szagoruyko, functional, CIFAR10, 32,
           {**PRE, **WIDE, "share_projection": True}),
    Author("hysts resnet20", lambda: hysts(False), bearpaw, CIFAR10, 32,
           {"shortcut": "projection", "stem": "cifar"}),
    Author("hysts resnet_preact20", lambda: hysts(True), bearpaw, CIFAR10, 32,
           {**PRE, "share_first": True, "share_projection": True, "stem": "cifar"}),
    Author("osmr preresnet20", osmr_preresnet, bare, CIFAR10_USUAL, 32,
           {**PRE, "share_first": False, "share_projection": True, "stem": "cifar"}),
    Author("osmr seresnet20", osmr_seresnet, bare, CIFAR10_USUAL, 32,
           {"se_ratio": 8, "stem": "cifar"}),
    Author("timm resnetv2_50", timm_resnetv2, bare, HALF, 64,
           {**PRE, "stem": "imagenet", "stem_norm": "never", "block": "bottleneck"}),
    Author("pycls ResNet-50", pycls, pycls_saves, IMAGENET, 64,
           {"block": "bottleneck", "stride_on": "3x3", "stem": "imagenet"}),
    Author("detectron2 R-50", lambda: torchvision(stride_on=1), detectron_pickle, IMAGENET, 64,
           {"block": "bottleneck", "stride_on": "1x1", "stem": "imagenet"}),
    Author("robustbench preact, normalising", preact_with_norm, with_buffers, CIFAR10, 32,
           {**PRE, "share_first": False, "share_projection": True, "final_norm": True}),
    Author("robustbench preact", preact_with_norm, bearpaw, NOTHING, 32,
           {**PRE, "share_first": False, "share_projection": True, "final_norm": True}),
)  # fmt: skip
