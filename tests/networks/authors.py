"""Networks of public repositories, built by hand: their modules' names, their order, their forward
pass, and what their training programs save around the state dict.

Nothing here uses explorer.networks, so that what is recognised can be held against it. Only names
and orders are these authors'; the networks are thin. What pixels went through is `mean`, `std`.
"""

import argparse
import io
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Saves = Callable[[nn.Module], object]
CIFAR10 = ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
CIFAR10_USUAL = ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
CIFAR100 = ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762))
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclass(frozen=True)
class Author:
    """A public network: how it is built, how it is saved, what its pixels went through, and the
    fields of a NetworkSpec that must come out."""

    name: str
    make: Callable[[], nn.Module]
    saves: Saves
    values: tuple[tuple[float, ...], tuple[float, ...]]
    size: int
    fields: dict[str, Any] = field(default_factory=dict)
    head: str = "classes"


def conv(cin: int, cout: int, kernel: int, stride: int = 1, **more: Any) -> nn.Conv2d:
    more = {"bias": False, **more}
    return nn.Conv2d(cin, cout, kernel, stride, kernel // 2, **more)


def named(*pairs: tuple[str, nn.Module]) -> nn.Sequential:
    return nn.Sequential(OrderedDict(pairs))


class Zeros(nn.Module):
    """Option A: every second pixel, zeros before and after."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.before, self.after = before, after

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.before, self.after))


class Post(nn.Module):
    """relu(main(x) + shortcut(x)). `steps` are the names of what the main branch runs, "relu" for
    an activation; `gate` the names of two squeeze-and-excitation layers."""

    def __init__(
        self, steps: Sequence[str], modules: dict[str, nn.Module], shortcut: str = "",
        gate: Sequence[str] = (),
    ) -> None:  # fmt: skip
        super().__init__()
        self.steps, self.shortcut_name, self.gate = tuple(steps), shortcut, tuple(gate)
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x: Tensor) -> Tensor:
        out = x
        for step in self.steps:
            out = F.relu(out) if step == "relu" else self.get_submodule(step)(out)
        if self.gate:
            one, two = (self.get_submodule(name) for name in self.gate)
            if isinstance(one, nn.Linear):
                w = torch.sigmoid(two(F.relu(one(out.mean((2, 3))))))[:, :, None, None]
            else:
                w = torch.sigmoid(two(F.relu(one(out.mean((2, 3), keepdim=True)))))
            out = out * w
        shortcut = self.get_submodule(self.shortcut_name)(x) if self.shortcut_name else x
        return F.relu(out + shortcut)


class Pre(nn.Module):
    """main(relu(norm(x))) + shortcut: `from_activation` says what a projection reads."""

    def __init__(
        self, norms: Sequence[str], convs: Sequence[str], modules: dict[str, nn.Module],
        shortcut: str = "", from_activation: bool = True, shares: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.norms, self.convs, self.shortcut_name = tuple(norms), tuple(convs), shortcut
        self.from_activation, self.shares = from_activation, shares
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x: Tensor) -> Tensor:
        first = F.relu(self.get_submodule(self.norms[0])(x))
        out = self.get_submodule(self.convs[0])(first)
        for norm, layer in zip(self.norms[1:], self.convs[1:], strict=True):
            out = self.get_submodule(layer)(F.relu(self.get_submodule(norm)(out)))
        source = first if self.from_activation else x
        if self.shortcut_name:
            return out + self.get_submodule(self.shortcut_name)(source)
        return out + (first if self.shares else x)


class Net(nn.Module):
    """Children in the order given; `run` are the names that the forward pass goes through, with
    "relu", "pool" (3x3, stride 2) and "mean" (over pixels) between them."""

    def __init__(self, run: Sequence[str], **modules: nn.Module) -> None:
        super().__init__()
        self.run = tuple(run)
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x: Tensor) -> Tensor:
        for step in self.run:
            if step == "relu":
                x = F.relu(x)
            elif step == "pool":
                x = F.max_pool2d(x, 3, 2, 1)
            elif step == "mean":
                x = x.mean((2, 3))
            else:
                x = self.get_submodule(step)(x)
        return x


Unit = Callable[[int, int, int], nn.Module]


def stages(
    unit: Unit, start: int, widths: Sequence[int], depths: Sequence[int], expansion: int = 1
) -> list[list[nn.Module]]:
    found, channels = [], start
    for index, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        row = []
        for block in range(depth):
            stride = 2 if index and not block else 1
            row.append(unit(channels, width, stride))
            channels = width * expansion
        found.append(row)
    return found


def changes(cin: int, cout: int, stride: int) -> bool:
    return stride != 1 or cin != cout


def projected(
    cin: int, cout: int, stride: int, names: Sequence[str] = ("0", "1"), norm: bool = True,
    bias: bool = False,
) -> nn.Module:  # fmt: skip
    layers = [(names[0], conv(cin, cout, 1, stride, bias=bias))]
    return named(*layers, *([(names[1], nn.BatchNorm2d(cout))] if norm else []))


# --- units, by their authors' names


def plain_names(shortcut: str, option: str = "B") -> Unit:
    """conv1, bn1, conv2, bn2, then the shortcut: torchvision, kuangliu, akamaster, chenyaofo."""

    def unit(cin: int, cout: int, stride: int) -> nn.Module:
        modules: dict[str, nn.Module] = {
            "conv1": conv(cin, cout, 3, stride), "bn1": nn.BatchNorm2d(cout),
            "conv2": conv(cout, cout, 3), "bn2": nn.BatchNorm2d(cout),
        }  # fmt: skip
        name = ""
        if changes(cin, cout, stride):
            name = shortcut
            if option == "B":
                modules[name] = projected(cin, cout, stride)
            else:
                new = cout - cin
                modules[name] = Zeros(0, new) if option == "after" else Zeros(new // 2, new // 2)
        return Post(("conv1", "bn1", "relu", "conv2", "bn2"), modules, name)

    return unit


def bottleneck_names(
    shortcut: str, stride_on: int = 2, expansion: int = 4, groups: int = 1, inner: int = 1
) -> Unit:
    def unit(cin: int, width: int, stride: int) -> nn.Module:
        cout, mid = width * expansion, width * inner
        strides = [stride if index == stride_on else 1 for index in (1, 2)]
        modules: dict[str, nn.Module] = {
            "conv1": conv(cin, mid, 1, strides[0]), "bn1": nn.BatchNorm2d(mid),
            "conv2": conv(mid, mid, 3, strides[1], groups=groups), "bn2": nn.BatchNorm2d(mid),
            "conv3": conv(mid, cout, 1), "bn3": nn.BatchNorm2d(cout),
        }  # fmt: skip
        name = ""
        if changes(cin, cout, stride):
            name, modules[shortcut] = shortcut, projected(cin, cout, stride)
        steps = ("conv1", "bn1", "relu", "conv2", "bn2", "relu", "conv3", "bn3")
        return Post(steps, modules, name)

    return unit


def one_branch(name: str, main: nn.Module, cin: int, cout: int, stride: int) -> nn.Module:
    """weiaicunzai's block, the main branch a module by this name."""
    modules: dict[str, nn.Module] = {name: main, "shortcut": nn.Sequential()}
    if changes(cin, cout, stride):
        modules["shortcut"] = projected(cin, cout, stride)
    return Post((name,), modules, "shortcut")


def residual_function(cin: int, width: int, stride: int) -> nn.Module:
    """weiaicunzai: the main branch is one Sequential, bottlenecks of expansion 4 here."""
    cout = 4 * width
    main = nn.Sequential(
        conv(cin, width, 1), nn.BatchNorm2d(width), nn.ReLU(),
        conv(width, width, 3, stride), nn.BatchNorm2d(width), nn.ReLU(),
        conv(width, cout, 1), nn.BatchNorm2d(cout),
    )  # fmt: skip
    return one_branch("residual_function", main, cin, cout, stride)


def split_transforms(cin: int, width: int, stride: int) -> nn.Module:
    """weiaicunzai's ResNeXt: 32 groups there, 4 here, of width * 4 / 64 * ... channels."""
    cout, mid = 4 * width, 2 * width
    main = nn.Sequential(
        conv(cin, mid, 1), nn.BatchNorm2d(mid), nn.ReLU(),
        conv(mid, mid, 3, stride, groups=4), nn.BatchNorm2d(mid), nn.ReLU(),
        conv(mid, cout, 1), nn.BatchNorm2d(cout),
    )  # fmt: skip
    return one_branch("split_transforms", main, cin, cout, stride)


def squeezed(cin: int, cout: int, stride: int) -> nn.Module:
    """weiaicunzai's SE-ResNet: residual, squeeze, excitation (linear layers), then the shortcut."""
    main = nn.Sequential(
        conv(cin, cout, 3, stride), nn.BatchNorm2d(cout), nn.ReLU(),
        conv(cout, cout, 3), nn.BatchNorm2d(cout), nn.ReLU(),
    )  # fmt: skip
    main = main[:5]
    gate = nn.Sequential(
        nn.Linear(cout, cout // 4), nn.ReLU(), nn.Linear(cout // 4, cout), nn.Sigmoid()
    )
    modules: dict[str, nn.Module] = {
        "shortcut": nn.Sequential(), "residual": main, "squeeze": nn.AdaptiveAvgPool2d(1),
        "excitation": gate,
    }  # fmt: skip
    if changes(cin, cout, stride):
        modules["shortcut"] = projected(cin, cout, stride)
    return Post(("residual",), modules, "shortcut", ("excitation.0", "excitation.2"))


def gated(cin: int, cout: int, stride: int) -> nn.Module:
    """kuangliu's SENet block after the paper: shortcut first, then two 1x1 named fc1 and fc2."""
    modules: dict[str, nn.Module] = {
        "conv1": conv(cin, cout, 3, stride), "bn1": nn.BatchNorm2d(cout),
        "conv2": conv(cout, cout, 3), "bn2": nn.BatchNorm2d(cout),
        "shortcut": nn.Sequential(),
    }  # fmt: skip
    if changes(cin, cout, stride):
        modules["shortcut"] = projected(cin, cout, stride)
    modules |= {"fc1": nn.Conv2d(cout, cout // 4, 1), "fc2": nn.Conv2d(cout // 4, cout, 1)}
    steps = ("conv1", "bn1", "relu", "conv2", "bn2")
    return Post(steps, modules, "shortcut", ("fc1", "fc2"))


def preact(cin: int, cout: int, stride: int) -> nn.Module:
    """kuangliu's PreActBlock: the projection, without a norm, reads the activation."""
    modules: dict[str, nn.Module] = {
        "bn1": nn.BatchNorm2d(cin), "conv1": conv(cin, cout, 3, stride),
        "bn2": nn.BatchNorm2d(cout), "conv2": conv(cout, cout, 3),
    }  # fmt: skip
    name = ""
    if changes(cin, cout, stride):
        name, modules["shortcut"] = "shortcut", projected(cin, cout, stride, norm=False)
    return Pre(("bn1", "bn2"), ("conv1", "conv2"), modules, name)


def wide(cin: int, cout: int, stride: int) -> nn.Module:
    """xternalz's and TRADES' wide block: convShortcut is one convolution without a Sequential;
    where channels change it reads the activation."""
    modules: dict[str, nn.Module] = {
        "bn1": nn.BatchNorm2d(cin), "conv1": conv(cin, cout, 3, stride),
        "bn2": nn.BatchNorm2d(cout), "conv2": conv(cout, cout, 3),
    }  # fmt: skip
    name = ""
    if changes(cin, cout, stride):
        name, modules["convShortcut"] = "convShortcut", conv(cin, cout, 1, stride)
    return Pre(("bn1", "bn2"), ("conv1", "conv2"), modules, name)


def lettered(cin: int, cout: int, stride: int) -> nn.Module:
    """D-X-Y's block: conv_a, bn_a, conv_b, bn_b, and zeros after what every second pixel holds."""
    modules: dict[str, nn.Module] = {
        "conv_a": conv(cin, cout, 3, stride), "bn_a": nn.BatchNorm2d(cout),
        "conv_b": conv(cout, cout, 3), "bn_b": nn.BatchNorm2d(cout),
    }  # fmt: skip
    name = ""
    if changes(cin, cout, stride):
        name, modules["downsample"] = "downsample", Zeros(0, cout - cin)
    return Post(("conv_a", "bn_a", "relu", "conv_b", "bn_b"), modules, name)


def reduced(cin: int, width: int, stride: int) -> nn.Module:
    """bearpaw's and prlz77's ResNeXt: conv_reduce, conv_conv, conv_expand, expansion 4."""
    cout, mid = 4 * width, 2 * width
    short = nn.Sequential()
    if cin != cout:
        short.add_module("shortcut_conv", conv(cin, cout, 1, stride))
        short.add_module("shortcut_bn", nn.BatchNorm2d(cout))
    modules: dict[str, nn.Module] = {
        "conv_reduce": conv(cin, mid, 1), "bn_reduce": nn.BatchNorm2d(mid),
        "conv_conv": conv(mid, mid, 3, stride, groups=4), "bn": nn.BatchNorm2d(mid),
        "conv_expand": conv(mid, cout, 1), "bn_expand": nn.BatchNorm2d(cout),
        "shortcut": short,
    }  # fmt: skip
    steps = ("conv_reduce", "bn_reduce", "relu", "conv_conv", "bn", "relu", "conv_expand")
    return Post((*steps, "bn_expand"), modules, "shortcut")


def pytorchcv(cin: int, cout: int, stride: int) -> nn.Module:
    """osmr's unit: body.conv1.conv, body.conv1.bn, ..., identity_conv.conv, identity_conv.bn."""

    def layer(a: int, b: int, kernel: int, step: int = 1, acts: bool = True) -> nn.Module:
        pairs: list[tuple[str, nn.Module]] = [
            ("conv", conv(a, b, kernel, step)), ("bn", nn.BatchNorm2d(b))
        ]  # fmt: skip
        return named(*pairs, *([("activ", nn.ReLU())] if acts else []))

    body = named(("conv1", layer(cin, cout, 3, stride)), ("conv2", layer(cout, cout, 3, 1, False)))
    modules: dict[str, nn.Module] = {"body": body}
    name = ""
    if changes(cin, cout, stride):
        name, modules["identity_conv"] = "identity_conv", layer(cin, cout, 1, stride, False)
    return Post(("body",), modules, name)


# --- networks

SMALL, N = (16, 32, 64), (3, 3, 3)
LARGE, TWO = (16, 32, 64, 128), (2, 2, 2, 2)


def layered(
    unit: Unit, widths: Sequence[int], depths: Sequence[int], *, expansion: int = 1,
    stem: nn.Module | None = None, pools: bool = False, linear: str = "linear",
    layers: str = "layer", classes: int = 10, stem_width: int | None = None,
) -> nn.Module:  # fmt: skip
    """conv1, bn1, layer1, ..., linear: what most repositories have."""
    start = stem_width or widths[0]
    rows = stages(unit, start, widths, depths, expansion)
    parts = {f"{layers}{index}": nn.Sequential(*row) for index, row in enumerate(rows, 1)}
    run = ["conv1", "bn1", "relu", *(["pool"] if pools else []), *parts, "mean", linear]
    return Net(
        run, conv1=stem or conv(3, start, 3), bn1=nn.BatchNorm2d(start), **parts,
        **{linear: nn.Linear(widths[-1] * expansion, classes)},
    )  # fmt: skip


def seven(width: int = 16) -> nn.Module:
    return conv(3, width, 7, 2)


def torchvision(classes: int = 1000, kind: str = "bottleneck", stride_on: int = 2) -> nn.Module:
    if kind == "basic":
        unit, expansion = plain_names("downsample"), 1
    else:
        unit, expansion = bottleneck_names("downsample", stride_on), 4
    return layered(
        unit, LARGE, TWO, expansion=expansion, stem=seven(), pools=True, linear="fc",
        classes=classes,
    )  # fmt: skip


def weiaicunzai(unit: Unit, expansion: int) -> nn.Module:
    rows = stages(unit, 16, LARGE, TWO, expansion)
    parts = {f"conv{index}_x": nn.Sequential(*row) for index, row in enumerate(rows, 2)}
    stem = nn.Sequential(conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU())
    fc = nn.Linear(LARGE[-1] * expansion, 100)
    return Net(["conv1", *parts, "mean", "fc"], conv1=stem, **parts, fc=fc)


def weiaicunzai_named(unit: Unit, expansion: int, first: int, stem_bias: bool = True) -> nn.Module:
    """pre (or conv1), stage1 to stage4 (or conv2 to conv5), linear; the stem has a bias."""
    rows = stages(unit, 16, LARGE, TWO, expansion)
    word = "stage" if first == 1 else "conv"
    parts = {f"{word}{index}": nn.Sequential(*row) for index, row in enumerate(rows, first)}
    stem = nn.Sequential(conv(3, 16, 3, bias=stem_bias), nn.BatchNorm2d(16), nn.ReLU())
    name, last = ("pre", "linear") if first == 1 else ("conv1", "fc")
    out = {last: nn.Linear(LARGE[-1] * expansion, 100)}
    return Net([name, *parts, "mean", last], **{name: stem}, **parts, **out)


def preact_net(classes: int = 10) -> nn.Module:
    """kuangliu: a bare stem, no norm at the end."""
    rows = stages(preact, 16, LARGE, TWO)
    parts = {f"layer{index}": nn.Sequential(*row) for index, row in enumerate(rows, 1)}
    linear = nn.Linear(128, classes)
    return Net(["conv1", *parts, "mean", "linear"], conv1=conv(3, 16, 3), **parts, linear=linear)


def preact_net_with_norm() -> nn.Module:
    """The same with `bn` before the pool, as in fast adversarial training."""
    rows = stages(preact, 16, LARGE, TWO)
    parts = {f"layer{index}": nn.Sequential(*row) for index, row in enumerate(rows, 1)}
    more = {"bn": nn.BatchNorm2d(128), "linear": nn.Linear(128, 10)}
    run = ["conv1", *parts, "bn", "relu", "mean", "linear"]
    return Net(run, conv1=conv(3, 16, 3), **parts, **more)


def wide_net(copies: bool = False) -> nn.Module:
    """conv1, block1.layer.0 ..., bn1, fc; adversarial training's has an unused copy sub_block1."""
    rows = stages(wide, 16, (32, 64, 128), (2, 2, 2))
    parts: dict[str, nn.Module] = {}
    for index, row in enumerate(rows, 1):
        parts[f"block{index}"] = named(("layer", nn.Sequential(*row)))
        if copies and index == 1:
            again = stages(wide, 16, (32, 64, 128), (2, 2, 2))[0]
            parts["sub_block1"] = named(("layer", nn.Sequential(*again)))
    run = ["conv1", "block1", "block2", "block3", "bn1", "relu", "mean", "fc"]
    more = {"bn1": nn.BatchNorm2d(128), "fc": nn.Linear(128, 10)}
    return Net(run, conv1=conv(3, 16, 3), **parts, **more)


def lettered_net() -> nn.Module:
    rows = stages(lettered, 16, SMALL, N)
    parts = {f"stage_{index}": nn.Sequential(*row) for index, row in enumerate(rows, 1)}
    run = ["conv_1_3x3", "bn_1", "relu", *parts, "mean", "classifier"]
    more = {"classifier": nn.Linear(64, 10)}
    stem = {"conv_1_3x3": conv(3, 16, 3), "bn_1": nn.BatchNorm2d(16)}
    return Net(run, **stem, **parts, **more)


def reduced_net() -> nn.Module:
    rows = stages(reduced, 16, SMALL, (2, 2, 2), 4)
    parts = {}
    for number, row in enumerate(rows, 1):
        blocks = [(f"stage_{number}_bottleneck_{index}", block) for index, block in enumerate(row)]
        parts[f"stage_{number}"] = named(*blocks)
    run = ["conv_1_3x3", "bn_1", "relu", *parts, "mean", "classifier"]
    stem = {"conv_1_3x3": conv(3, 16, 3), "bn_1": nn.BatchNorm2d(16)}
    return Net(run, **stem, **parts, classifier=nn.Linear(256, 10))


def pytorchcv_net() -> nn.Module:
    rows = stages(pytorchcv, 16, SMALL, N)
    stem = named(("conv", conv(3, 16, 3)), ("bn", nn.BatchNorm2d(16)), ("activ", nn.ReLU()))
    body = [("init_block", stem)]
    for number, row in enumerate(rows, 1):
        units = [(f"unit{index}", block) for index, block in enumerate(row, 1)]
        body.append((f"stage{number}", named(*units)))
    return Net(["features", "mean", "output"], features=named(*body), output=nn.Linear(64, 10))


def resnext29() -> nn.Module:
    """kuangliu's ResNeXt-29: a 1x1 in the stem, expansion 2, three stages."""
    return layered(
        bottleneck_names("shortcut", 2, 2, 2), (32, 64, 128), (2, 2, 2), expansion=2,
        stem=conv(3, 16, 1), stem_width=16,
    )  # fmt: skip


def deep_stem() -> nn.Module:
    """timm's resnet18d / mmpretrain's ResNetV1d: three 3x3, an average pool before projections."""

    def unit(cin: int, cout: int, stride: int) -> nn.Module:
        made = plain_names("downsample")(cin, cout, stride)
        if changes(cin, cout, stride):
            pool = nn.AvgPool2d(2, 2) if stride > 1 else nn.Identity()
            made.downsample = nn.Sequential(pool, conv(cin, cout, 1), nn.BatchNorm2d(cout))
        return made

    stem = nn.Sequential(
        conv(3, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(), conv(8, 8, 3), nn.BatchNorm2d(8),
        nn.ReLU(), conv(8, 16, 3),
    )  # fmt: skip
    return layered(unit, LARGE, TWO, stem=stem, pools=True, linear="fc", classes=1000)


# --- what is saved


def state(network: nn.Module, prefix: str = "") -> dict[str, Tensor]:
    return {prefix + key: value.clone() for key, value in network.state_dict().items()}


def optimiser(network: nn.Module) -> dict[str, Any]:
    made = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9)
    for parameter in network.parameters():
        made.state[parameter]["momentum_buffer"] = torch.ones_like(parameter)
    return made.state_dict()


def bare(network: nn.Module) -> object:
    return state(network)


def akamaster(network: nn.Module) -> object:
    return {"state_dict": state(network, "module."), "best_prec1": torch.tensor(91.7)}


def kuangliu(network: nn.Module) -> object:
    return {"net": state(network, "module."), "acc": 95.1, "epoch": 199}


def bearpaw(network: nn.Module) -> object:
    whole = {"epoch": 164, "state_dict": state(network, "module."), "acc": 93.1}
    return whole | {"best_acc": 93.2, "optimizer": optimiser(network)}


def examples(network: nn.Module) -> object:
    """pytorch/examples imagenet/main.py"""
    whole = {"epoch": 90, "arch": "resnet50", "state_dict": state(network, "module.")}
    return whole | {"best_acc1": torch.tensor(76.1), "optimizer": optimiser(network),
                    "scheduler": {"step_size": 30, "gamma": 0.1}}  # fmt: skip


def timm(network: nn.Module) -> object:
    args = argparse.Namespace(lr=0.1, mean=None, model="resnet18")
    whole = {"epoch": 299, "arch": "resnet18", "state_dict": state(network), "version": 2}
    ema = {key: value * 1.0 for key, value in state(network).items()}
    return whole | {"optimizer": optimiser(network), "args": args, "state_dict_ema": ema,
                    "amp_scaler": {"scale": 65536.0}, "metric": 80.1}  # fmt: skip


def mmpretrain(network: nn.Module) -> object:
    found = {}
    for key, value in state(network).items():
        place = "head." if key.startswith("fc.") else "backbone."
        found[place + key.replace("conv1.", "stem.", 1) if _deep(key) else place + key] = value
    return {"meta": {"epoch": 100, "CLASSES": ["a"] * 1000}, "state_dict": found}


def _deep(key: str) -> bool:
    return key.startswith("conv1.") and key.count(".") == 2


def madry(network: nn.Module) -> object:
    """robustness: a normaliser, the model, and an attacker that holds both once more."""
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in CIFAR10_USUAL)
    found: dict[str, Tensor] = {}
    for prefix, inner in (("module.", "normalizer."), ("module.attacker.", "normalize.")):
        found |= {f"{prefix}{inner}new_mean": mean, f"{prefix}{inner}new_std": std}
        found |= state(network, f"{prefix}model.")
    return {"model": found, "optimizer": optimiser(network), "schedule": None, "epoch": 150,
            "amp": None, "nat_prec1": 87.0, "adv_prec1": 53.5}  # fmt: skip


def lightning(network: nn.Module) -> object:
    return {
        "epoch": 99, "global_step": 39100, "pytorch-lightning_version": "1.9.0",
        "state_dict": state(network, "model.") | {"criterion.weight": torch.ones(10)},
        "loops": {"fit_loop": {"state_dict": {}}}, "callbacks": {"ModelCheckpoint": {"best": 0.9}},
        "optimizer_states": [optimiser(network)], "lr_schedulers": [{"last_epoch": 99}],
        "hyper_parameters": {"lr": 0.1, "classifier": "resnet18"},
    }  # fmt: skip


def head_named(prefix: str, network: nn.Module) -> dict[str, Tensor]:
    return state(network, prefix)


def moco(network: nn.Module) -> object:
    """facebookresearch/moco v2: the classifier is two linear layers that make 128 numbers."""
    body = {key: value for key, value in state(network).items() if not key.startswith("fc.")}
    wide_, out = network.get_submodule("fc").weight.shape[1], 128
    mlp = {"fc.0.weight": torch.randn(wide_, wide_), "fc.0.bias": torch.zeros(wide_),
           "fc.2.weight": torch.randn(out, wide_), "fc.2.bias": torch.zeros(out)}  # fmt: skip
    found = {f"module.encoder_q.{key}": value for key, value in (body | mlp).items()}
    found |= {f"module.encoder_k.{key}": value + 0.1 for key, value in (body | mlp).items()}
    found |= {"module.queue": torch.randn(128, 64), "module.queue_ptr": torch.zeros(1).long()}
    whole = {"epoch": 200, "arch": "resnet50", "state_dict": found}
    return whole | {"optimizer": optimiser(network)}


def simclr(network: nn.Module) -> object:
    """sthalles/SimCLR: backbone.*, whose fc is a projection head of two linear layers."""
    body = {key: value for key, value in state(network).items() if not key.startswith("fc.")}
    wide_ = network.get_submodule("fc").weight.shape[1]
    mlp = {"fc.0.weight": torch.randn(wide_, wide_), "fc.0.bias": torch.zeros(wide_),
           "fc.2.weight": torch.randn(128, wide_), "fc.2.bias": torch.zeros(128)}  # fmt: skip
    found = {f"backbone.{key}": value for key, value in (body | mlp).items()}
    return {"epoch": 100, "arch": "resnet18", "state_dict": found,
            "optimizer": optimiser(network)}  # fmt: skip


def barlow(network: nn.Module) -> object:
    """facebookresearch/barlowtwins: a projector of linear layers and their norms beside it."""
    body = {key: value for key, value in state(network).items() if not key.startswith("fc.")}
    wide_ = network.get_submodule("fc").weight.shape[1]
    found = {f"module.backbone.{key}": value for key, value in body.items()}
    projector = nn.Sequential(
        nn.Linear(wide_, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(),
        nn.Linear(64, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(),
        nn.Linear(64, 64, bias=False),
    )  # fmt: skip
    found |= {f"module.projector.{key}": v for key, v in projector.state_dict().items()}
    found |= {f"module.bn.{key}": v for key, v in
              nn.BatchNorm1d(64, affine=False).state_dict().items()}  # fmt: skip
    return {"epoch": 1000, "model": found, "optimizer": optimiser(network)}


def supcon(network: nn.Module) -> object:
    """HobbitLong/SupContrast: encoder.*, head.0, head.2 make 128 numbers for the contrast."""
    body = {key: value for key, value in state(network).items() if not key.startswith("fc.")}
    wide_ = network.get_submodule("fc").weight.shape[1]
    mlp = {"head.0.weight": torch.randn(wide_, wide_), "head.0.bias": torch.zeros(wide_),
           "head.2.weight": torch.randn(128, wide_), "head.2.bias": torch.zeros(128)}  # fmt: skip
    found = {f"encoder.{key}": value for key, value in body.items()}
    return {"opt": argparse.Namespace(temp=0.07), "model": found | mlp,
            "optimizer": optimiser(network), "epoch": 1000}  # fmt: skip


def vissl(network: nn.Module) -> object:
    """vissl: the trunk deep inside, heads beside it."""
    trunk = {f"_feature_blocks.{key}": value for key, value in state(network).items()
             if not key.startswith("fc.")}  # fmt: skip
    heads = {"0.clf.0.weight": torch.randn(20, 3), "0.clf.0.bias": torch.zeros(20)}
    model = {"trunk": trunk, "heads": heads}
    return {
        "phase_idx": 99,
        "iteration": 1,
        "loss": torch.tensor(1.0),
        "classy_state_dict": {"base_model": {"model": model, "loss": {}, "meters": {}}},
    }


def dino(network: nn.Module) -> object:
    """facebookresearch/dino: student and teacher; the teacher's is the better one."""
    body = {key: value for key, value in state(network).items() if not key.startswith("fc.")}
    student = {f"module.backbone.{key}": value + 0.05 for key, value in body.items()}
    teacher = {f"backbone.{key}": value for key, value in body.items()}
    for prefix, found in (("module.head.", student), ("head.", teacher)):
        found |= {f"{prefix}mlp.0.weight": torch.randn(32, 48), f"{prefix}mlp.0.bias":
                  torch.zeros(32), f"{prefix}last_layer.weight_g": torch.ones(64, 1),
                  f"{prefix}last_layer.weight_v": torch.randn(64, 32)}  # fmt: skip
    return {"student": student, "teacher": teacher, "optimizer": optimiser(network), "epoch": 99,
            "dino_loss": {"center": torch.zeros(1, 64)}}  # fmt: skip


def smoothing(network: nn.Module) -> object:
    """locuslab/smoothing: a normalising layer without tensors, then the network on many devices."""
    return {"epoch": 90, "arch": "cifar_resnet110", "state_dict": state(network, "1.module."),
            "optimizer": optimiser(network)}  # fmt: skip


def fastai_learner(network: nn.Module) -> object:
    """cnn_learner: the body's children without names; the head pools twice and has two layers."""
    names = {"conv1": 0, "bn1": 1, "layer1": 4, "layer2": 5, "layer3": 6, "layer4": 7}
    found = {}
    for key, value in state(network).items():
        first, rest = key.split(".", 1)
        if first in names:
            found[f"0.{names[first]}.{rest}"] = value
    wide_ = network.get_submodule("fc").weight.shape[1]
    head = nn.Sequential(
        nn.Identity(), nn.Flatten(), nn.BatchNorm1d(2 * wide_), nn.Dropout(),
        nn.Linear(2 * wide_, 64, bias=False), nn.ReLU(), nn.BatchNorm1d(64), nn.Dropout(),
        nn.Linear(64, 10, bias=False),
    )  # fmt: skip
    found |= {f"1.{key}": value for key, value in head.state_dict().items()}
    return {"model": found, "opt": {"state": [], "hypers": []}}


def compiled(network: nn.Module) -> object:
    return {"model": state(network, "module._orig_mod."), "iter": 1}


def swad(network: nn.Module) -> object:
    """An averaged copy as torch.optim.swa_utils.AveragedModel saves it."""
    return {"n_averaged": torch.tensor(7), **state(network, "module.")}


B = {"block": "bottleneck"}
AUTHORS: tuple[Author, ...] = (
    Author("akamaster resnet20", lambda: layered(plain_names("shortcut", "both"), SMALL, N),
           akamaster, IMAGENET, 32,
           {"shortcut": "padding", "zero_padding": "both", "stem": "cifar"}),
    Author("chenyaofo resnet20", lambda: layered(plain_names("downsample"), SMALL, N, linear="fc"),
           bare, CIFAR10_USUAL, 32, {"shortcut": "projection", "stem": "cifar"}),
    Author("chenyaofo resnet20, cifar100", lambda: layered(
           plain_names("downsample"), SMALL, N, linear="fc", classes=100),
           bare, CIFAR100, 32, {"num_classes": 100}),
    Author("kuangliu ResNet18", lambda: layered(plain_names("shortcut"), LARGE, TWO), kuangliu,
           CIFAR10_USUAL, 32, {"stem": "cifar", "depths": TWO}),
    Author("kuangliu ResNet50", lambda: layered(
           bottleneck_names("shortcut"), LARGE, TWO, expansion=4), kuangliu, CIFAR10_USUAL, 32,
           {**B, "stride_on": "3x3", "stem": "cifar"}),
    Author("kuangliu PreActResNet18", preact_net, kuangliu, CIFAR10_USUAL, 32,
           {"activation_order": "pre", "final_norm": False, "share_first": False}),
    Author("kuangliu ResNeXt29", resnext29, kuangliu, CIFAR10_USUAL, 32,
           {**B, "stem": "1x1", "groups": 2}),
    Author("kuangliu SE block", lambda: layered(gated, LARGE, TWO), kuangliu, CIFAR10_USUAL, 32,
           {"se_ratio": 4}),
    Author("weiaicunzai resnet50", lambda: weiaicunzai(residual_function, 4), bare, CIFAR100, 32,
           {**B, "stride_on": "3x3", "num_classes": 100}),
    Author("weiaicunzai resnext50", lambda: weiaicunzai_named(split_transforms, 4, 2, False), bare,
           CIFAR100, 32, {**B, "groups": 4}),
    Author("weiaicunzai seresnet18", lambda: weiaicunzai_named(squeezed, 1, 1), bare, CIFAR100, 32,
           {"se_ratio": 4}),
    Author("huyvnphan resnet18", lambda: layered(
           plain_names("downsample"), LARGE, TWO, pools=True, linear="fc"), bare, CIFAR10, 32,
           {"stem": "3x3_pool"}),
    Author("huyvnphan resnet50", lambda: layered(
           bottleneck_names("downsample"), LARGE, TWO, expansion=4, pools=True, linear="fc"), bare,
           CIFAR10, 32, {**B, "stem": "3x3_pool", "stride_on": "3x3"}),
    Author("bearpaw resnet", lambda: layered(plain_names("downsample"), SMALL, N, linear="fc"),
           bearpaw, CIFAR10_USUAL, 32, {"shortcut": "projection"}),
    Author("bearpaw resnext", reduced_net, bearpaw, CIFAR10_USUAL, 32, {**B, "groups": 4}),
    Author("xternalz wide", wide_net, bearpaw, CIFAR10, 32,
           {"activation_order": "pre", "widths": (32, 64, 128)}),
    Author("TRADES wide", lambda: wide_net(copies=True), bare, ((0.0,) * 3, (1.0,) * 3), 32,
           {"activation_order": "pre", "widths": (32, 64, 128)}),
    Author("fast adversarial preact", preact_net_with_norm, bare, CIFAR10, 32,
           {"activation_order": "pre", "final_norm": True, "share_first": False}),
    Author("D-X-Y resnet20", lettered_net, bearpaw, CIFAR10, 32,
           {"shortcut": "padding", "zero_padding": "after"}),
    Author("osmr resnet20", pytorchcv_net, bare, CIFAR10, 32, {"shortcut": "projection"}),
    Author("edadaltocg resnet18", lambda: layered(
           plain_names("downsample"), LARGE, TWO, linear="fc"), bare, CIFAR10_USUAL, 32,
           {"stem": "cifar"}),
    Author("robustness resnet50, cifar", lambda: layered(
           bottleneck_names("shortcut"), LARGE, TWO, expansion=4), madry, CIFAR10_USUAL, 32,
           {**B, "stem": "cifar"}),
    Author("smoothing resnet20", lambda: layered(
           plain_names("downsample"), SMALL, N, linear="fc"), smoothing, CIFAR10_USUAL, 32,
           {"shortcut": "projection"}),
    Author("Lightning resnet18", lambda: layered(
           plain_names("downsample"), LARGE, TWO, linear="fc"), lightning, CIFAR10, 32, {}),
    Author("compiled", lambda: layered(plain_names("shortcut"), LARGE, TWO), compiled,
           CIFAR10_USUAL, 32, {"stem": "cifar"}),
    Author("averaged", lambda: layered(plain_names("shortcut"), LARGE, TWO), swad,
           CIFAR10_USUAL, 32, {"stem": "cifar"}),
    Author("examples resnet50", torchvision, examples, IMAGENET, 64,
           {**B, "stem": "imagenet", "stride_on": "3x3"}),
    Author("timm resnet18", lambda: torchvision(kind="basic"), timm, IMAGENET, 64,
           {"stem": "imagenet"}),
    Author("mmpretrain resnet50", torchvision, mmpretrain, IMAGENET, 64, {**B}),
    Author("mmpretrain resnet18d", deep_stem, mmpretrain, IMAGENET, 64,
           {"stem": "deep", "avg_down": True}),
    Author("moco", torchvision, moco, IMAGENET, 64, {**B}, "none"),
    Author("simclr", lambda: torchvision(kind="basic"), simclr, IMAGENET, 64, {}, "none"),
    Author("barlow twins", torchvision, barlow, IMAGENET, 64, {**B}, "none"),
    Author("supcon", torchvision, supcon, CIFAR10_USUAL, 64, {**B}, "none"),
    Author("vissl", torchvision, vissl, IMAGENET, 64, {**B}, "none"),
    Author("dino", torchvision, dino, IMAGENET, 64, {**B}, "none"),
    Author("fastai learner", lambda: torchvision(kind="basic"), fastai_learner, IMAGENET, 64, {},
           "none"),
)  # fmt: skip


def saved(value: object) -> bytes:
    """A file of it, as torch.save writes one; bytes are one already."""
    if isinstance(value, bytes):
        return value
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()
