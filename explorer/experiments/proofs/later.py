"""What a value sees, what an addition and a pool hand back, blocks that are left out."""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.architecture.named import blueprint_named
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near, noise
from explorer.networks.torchvision_import import torchvision

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/later")


def effective_field() -> Found:
    """Fields of stacks of uniform 3x3 kernels: how far they reach, and how the weight lies."""
    lines = []
    for depth, field, deviation in ((5, 11, "1.83"), (20, 41, "3.65"), (80, 161, "7.30")):
        weight = _weight_of_columns(depth)
        place = torch.arange(len(weight)) - len(weight) // 2
        spread = float((weight * place**2).sum().sqrt())
        lines += [
            exact(say("about: field", depth=depth), field, int((weight > 0).sum())),
            near(say("about: deviation", depth=depth), deviation, spread, 0.005),
        ]
    weight = _weight_of_columns(20)
    middle = len(weight) // 2
    inner = next(n for n in range(middle) if weight[middle - n : middle + n + 1].sum() >= 0.95)
    return [*lines, exact(say("about: columns of 95"), 15, 2 * inner + 1)], say("how: field")


def _weight_of_columns(depth: int) -> Tensor:
    """How much a value behind `depth` layers takes from each column, summing to 1."""
    size = 2 * depth + 5
    image = torch.ones(1, 1, size, size, dtype=torch.float64, requires_grad=True)
    kernel = torch.full((1, 1, 3, 3), 1 / 9, dtype=torch.float64)
    out = image
    for _ in range(depth):
        out = functional.conv2d(out, kernel, padding=1)
    (gradient,) = torch.autograd.grad(out[0, 0, size // 2, size // 2], image)
    return gradient[0, 0].sum(0)


def one_layer_sees() -> Found:
    """The share of an image that one value reads behind one layer of attention, and in conv2_x."""
    torch.manual_seed(0)
    transformer = torchvision.models.VisionTransformer(
        image_size=64, patch_size=16, num_layers=1, num_heads=2, hidden_dim=32, mlp_dim=64
    ).eval()
    image = noise(1, 3, 64, 64).requires_grad_()
    tokens = transformer._process_input(image)
    out = transformer.encoder(torch.cat((transformer.class_token, tokens), 1))
    (gradient,) = torch.autograd.grad(out[0, 1, 0], image)
    seen = 100 * float((gradient.abs().sum(1) > 0).float().mean())
    last = blueprint_named("resnet18").stages[0].blocks[-1].ops[-1]
    with torch.device("meta"):
        large = torchvision.models.vit_b_16()
    parameters = sum(parameter.numel() for parameter in large.parameters())
    return [
        near(say("about: seen by a token"), "100", seen, 1e-6, " %"),
        exact(say("about: field of conv2"), 43, last.receptive_field),
        exact(say("about: parameters of vit"), 86_567_656, parameters),
    ], say("how: one layer sees")  # fmt: skip


def at_the_addition() -> Found:
    """What arrives behind an addition, and what a projection makes of it on the way back."""
    x, branch, g = (noise(1, 8, 5, 5, seed=seed) for seed in (0, 1, 2))
    x, branch = x.requires_grad_(), branch.requires_grad_()
    copies = torch.autograd.grad(x + branch, (x, branch), g)
    copied = all(torch.equal(copy, g) for copy in copies)
    w = noise(8, 8, 1, 1, seed=3)
    (back,) = torch.autograd.grad(functional.conv2d(x, w), x, g)
    transposed = torch.einsum("oi,nohw->nihw", w[:, :, 0, 0], g)
    gap = float((back - transposed).abs().max())
    return [
        fact(say("about: both ways"), say("claimed: copied"),
             say("computed: equal", same=copied), copied),
        fact(say("about: through the 1x1"), say("claimed: transposed"),
             say("computed: differ by", gap=gap), gap < 1e-5),
        near(say("about: scaled", scale="0.9"), "0.12", _through_scaled(0.9), 0.005),
        near(say("about: scaled", scale="1"), "1", _through_scaled(1.0), 1e-9),
        near(say("about: scaled", scale="1.1"), "6.7", _through_scaled(1.1), 0.05),
    ], say("how: at the addition")  # fmt: skip


def _through_scaled(scale: float, blocks: int = 20) -> float:
    """Gradient through 20 shortcuts of this scale, the branches silent."""
    x = torch.ones((), dtype=torch.float64, requires_grad=True)
    out = x
    for _ in range(blocks):
        out = scale * out
    return float(torch.autograd.grad(out, x)[0])


def norm_first() -> Found:
    """A Transformer layer whose branches write 0: what it does to x with pre-LN and post-LN."""
    x = 3 * noise(2, 5, 16) + 1
    gaps = {}
    for first in (True, False):
        layer = nn.TransformerEncoderLayer(
            16, 2, 32, dropout=0.0, norm_first=first, batch_first=True
        ).eval()
        for name in ("self_attn.out_proj", "linear2"):
            nn.init.zeros_(layer.get_parameter(f"{name}.weight"))
            nn.init.zeros_(layer.get_parameter(f"{name}.bias"))
        with torch.no_grad():
            gaps[first] = float((layer(x) - x).abs().max())
    return [
        fact(say("about: pre-LN"), say("claimed: untouched"),
             say("computed: differ by", gap=gaps[True]), gaps[True] == 0),
        fact(say("about: post-LN"), say("claimed: acts on every sum"),
             say("computed: differ by", gap=gaps[False]), gaps[False] > 0.1),
    ], say("how: norm first")  # fmt: skip


def pools() -> Found:
    """What pools are made of, how they hand a gradient back, and how many networks have."""
    window = torch.rand(1, 1, 3, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    reached = {
        name: int((torch.autograd.grad(pool(window, 3).sum(), window)[0] != 0).sum())
        for name, pool in (("max", functional.max_pool2d), ("average", functional.avg_pool2d))
    }
    x, kernel = noise(2, 1, 12, 12), torch.full((1, 1, 2, 2), 0.25)
    gap = float((functional.avg_pool2d(x, 2) - functional.conv2d(x, kernel, stride=2)).abs().max())
    with torch.device("meta"):
        vgg, residual = (_pools(getattr(torchvision.models, n)()) for n in ("vgg16", "resnet50"))
    return [
        exact(say("about: max hands back to"), 1, reached["max"]),
        exact(say("about: average hands back to"), 9, reached["average"]),
        fact(say("about: average as convolution"), say("claimed: fixed weights"),
             say("computed: differ by", gap=gap), gap < 1e-5),
        exact(say("about: max pools", network="VGG-16"), 5, vgg),
        exact(say("about: max pools", network="ResNet-50"), 1, residual),
    ], say("how: pools")  # fmt: skip


def _pools(network: nn.Module) -> int:
    return sum(isinstance(module, nn.MaxPool2d) for module in network.modules())


def blocks_left_out() -> Found:
    """ResNet-110 with the paper's linear rule: how many blocks a training pass runs."""
    blocks = len(blueprint_named("resnet110").blocks)
    survival = 1 - torch.arange(1, blocks + 1) / blocks * 0.5
    draws = torch.rand(4000, blocks, generator=torch.Generator().manual_seed(0)) < survival
    torch.manual_seed(0)
    x = torch.ones(20_000, 1)
    kept = torchvision.ops.stochastic_depth(x, 0.2, "row")
    return [
        near(say("about: blocks of a pass"), "40", draws.sum(1).float().mean().item(), 0.5),
        exact(say("about: blocks of resnet-110"), 54, blocks),
        near(say("about: mean of the branch"), "1.0", kept.mean().item(), 0.02),
    ], say("how: blocks left out")
