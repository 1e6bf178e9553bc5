"""What parts of networks cost: weights, operations, and the values that have to be moved."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from explorer.architecture import blueprint
from explorer.architecture.named import blueprint_named
from explorer.experiments.proofs import written_out
from explorer.experiments.proofs.built import macs, numel, on_meta
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near
from explorer.networks.blocks import ResidualBlock
from explorer.networks.torchvision_import import torchvision

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/costs")


def with_and_without_shortcut() -> Found:
    """A basic block and the same two layers without a shortcut; and the first block of conv3_x."""
    residual, plain = (on_meta(blueprint_named(name)) for name in ("resnet18", "plain18"))
    lines = []
    for title, network in (("residual", residual), ("plain", plain)):
        block = network.get_submodule("layer1.1")
        lines += [
            exact(say(f"about: parameters of the {title} block"), 73_984, numel(block)),
            exact(
                say(f"about: macs of the {title} block"), 231_211_008, macs(block, 1, 64, 56, 56)
            ),
        ]
    with torch.no_grad():
        image = torch.empty(1, 3, 224, 224, device="meta")
        added = next(out for path, out in residual.walk(image) if path == "layer1.1.add")
    dashed, unlike = (network.get_submodule("layer2.0") for network in (residual, plain))
    return [
        *lines,
        exact(say("about: additions of the block"), 200_704, added.numel()),
        exact(say("about: more in the dashed block"), 8_448, numel(dashed) - numel(unlike)),
    ], say("how: with and without shortcut")


def work_per_value() -> Found:
    """Multiply-adds or additions for every value that is read or written, batch 1, 56 x 56."""
    layers = {
        "3x3": nn.Conv2d(64, 64, 3, padding=1, bias=False, device="meta"),
        "1x1": nn.Conv2d(256, 64, 1, bias=False, device="meta"),
        "depthwise": nn.Conv2d(256, 256, 3, padding=1, groups=256, bias=False, device="meta"),
    }
    found = {name: _per_value(layer) for name, layer in layers.items()}
    x = torch.empty(1, 256, 56, 56, device="meta")
    total = x + x
    found["addition"] = total.numel() / (2 * x.numel() + total.numel())
    return [
        near(say(f"about: work of {name}"), claimed, found[name], 0.5 * 10 ** -_digits(claimed))
        for name, claimed in (
            ("3x3", "264"),
            ("1x1", "50"),
            ("depthwise", "4.5"),
            ("addition", "0.33"),
        )
    ], say("how: work per value")


def _per_value(layer: nn.Conv2d) -> float:
    x = torch.empty(1, layer.in_channels, 56, 56, device="meta")
    with torch.no_grad():
        moved = x.numel() + layer(x).numel() + numel(layer)
    return macs(layer, *x.shape) / moved


def _digits(claimed: str) -> int:
    return len(claimed.partition(".")[2])


def squeeze_and_excitation() -> Found:
    """Weights of the two linear layers that SE puts into every block of ResNet-50."""
    bp = blueprint_named("resnet50")
    channels = [block.out_shape[0] for block in bp.blocks]
    with_biases = blueprint(replace(bp.spec, se_ratio=16), 224)
    sixteenth, eighth = (_squeeze_weights(channels, ratio) for ratio in (16, 8))
    return [
        exact(say("about: se weights", ratio=16), 2_514_944, sixteenth),
        exact(say("about: se weights", ratio=8), 5_029_888, eighth),
        near(say("about: se share of parameters"), "9.8", 100 * sixteenth / bp.params, 0.05, " %"),
        exact(say("about: se network"), 28_088_024, numel(on_meta(with_biases))),
        near(say("about: se share of macs"), "0.06", 100 * sixteenth / bp.macs, 0.005, " %"),
    ], say("how: squeeze and excitation")


def _squeeze_weights(channels: Iterable[int], ratio: int) -> int:
    with torch.device("meta"):
        blocks = [torchvision.ops.SqueezeExcitation(c, c // ratio) for c in channels]
    weights = [p for block in blocks for name, p in block.named_parameters() if "weight" in name]
    return sum(weight.numel() for weight in weights)


def stems() -> Found:
    """The stem of one 7x7, and ResNet-C's three 3x3."""
    with torch.device("meta"):
        one = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False))
        three = nn.Sequential(
            nn.Conv2d(3, 32, 3, 2, 1, bias=False),
            nn.Conv2d(32, 32, 3, 1, 1, bias=False),
            nn.Conv2d(32, 64, 3, 1, 1, bias=False),
        )
        small = nn.Conv2d(3, 64, 3, 2, 1, bias=False)
    image = (1, 3, 224, 224)
    ratio = macs(three, *image) / macs(one, *image)
    return [
        exact(say("about: weights of the 7x7"), 9_408, numel(one)),
        exact(say("about: weights of the three"), 28_512, numel(three)),
        near(say("about: macs of the three"), "3.0", ratio, 0.05),
        exact(say("about: field of the 7x7"), 7, _field(one)),
        exact(say("about: field of the three"), 11, _field(three)),
        near(say("about: 7x7 over 3x3"), "5.4", macs(one, *image) / macs(small, *image), 0.05),
    ], say("how: stems")


def _field(stem: nn.Sequential) -> int:
    """Columns that a value in the middle has a gradient to, all weights being 1."""
    layers = stem.to_empty(device="cpu")
    for weight in layers.parameters():
        nn.init.ones_(weight)
    image = torch.ones(1, 3, 64, 64, requires_grad=True)
    (gradient,) = torch.autograd.grad(layers(image)[0, 0, 16, 16], image)
    return int((gradient[0, 0].abs().sum(0) > 0).sum())


def inner_and_outer_channels() -> Found:
    """Pruning a channel inside a block, and one that the addition reads."""
    block = written_out.BasicBlock(8, 8).eval()
    x = torch.randn(2, 8, 6, 6, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        for name in ("bn1.weight", "bn1.bias"):
            block.get_parameter(name)[3] = 0
        whole = block(x)
        kept = [channel for channel in range(8) if channel != 3]
        gap = float((_without_inner(block, kept)(x) - whole).abs().max())
        refused = _refuses_without_outer(x)
    widths = {
        module.get_parameter("conv3.weight").shape[0]
        for path, module in on_meta(blueprint_named("resnet50")).named_modules()
        if isinstance(module, ResidualBlock) and path.startswith("layer3.")
    }
    return [
        fact(say("about: inner channel"), say("claimed: changes nothing"),
             say("computed: differ by", gap=gap), gap < 1e-5),
        fact(say("about: outer channel"), say("claimed: do not fit"),
             say("computed: error") if refused else say("computed: added"), refused),
        fact(say("about: widths of a stage"), "1024", ", ".join(map(str, sorted(widths))),
             widths == {1024}),
    ], say("how: inner and outer")  # fmt: skip


def _without_inner(block: written_out.BasicBlock, kept: list[int]) -> nn.Module:
    """The block without the other channels between its two convolutions."""
    other = written_out.BasicBlock(8, 8).eval()
    other.conv1, other.bn1 = nn.Conv2d(8, len(kept), 3, 1, 1, bias=False), nn.BatchNorm2d(len(kept))
    other.conv2 = nn.Conv2d(len(kept), 8, 3, 1, 1, bias=False)
    state = {
        name: tensor
        if tensor.dim() == 0 or name.startswith("bn2")
        else tensor[:, kept]
        if name == "conv2.weight"
        else tensor[kept]
        for name, tensor in block.state_dict().items()
    }
    other.load_state_dict(state)
    return other.eval()


def _refuses_without_outer(x: Tensor) -> bool:
    """Whether a branch of seven channels cannot be added to eight."""
    block = written_out.BasicBlock(8, 8).eval()
    block.conv2, block.bn2 = nn.Conv2d(8, 7, 3, 1, 1, bias=False), nn.BatchNorm2d(7).eval()
    try:
        block(x)
    except RuntimeError:
        return True
    return False
