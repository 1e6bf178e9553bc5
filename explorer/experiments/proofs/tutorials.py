"""What tutorials say of dashed shortcuts, projections, the stem and batch norm's algorithm."""

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from explorer.architecture.named import blueprint_named
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, noise
from explorer.networks import build

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/tutorials")


def dashed_shapes() -> Found:
    """What the dashed blocks of ResNet-34 read and write, from one forward pass."""
    blueprint = blueprint_named("resnet34")
    written = {path: tuple(out.shape[1:]) for path, out in _walk("resnet34")}
    channels, sizes, values = [], [], []
    for block in blueprint.dashed:
        (out_c, out_h, _) = written[f"{block.path}.{block.ops[-1].name}"]
        in_c, in_h, _ = block.ops[0].in_shape
        channels.append(f"{in_c} → {out_c}")
        sizes.append(f"{in_h} → {out_h}")
        values.append(out_c * out_h * out_h / (in_c * in_h * in_h))
    return [
        _listed("channels", "64 → 128, 128 → 256, 256 → 512", channels),
        _listed("sizes", "56 → 28, 28 → 14, 14 → 7", sizes),
        fact(
            say("about: values"), say("claimed: half"), f"{values[0]:.2f}",
            all(abs(value - 0.5) < 1e-9 for value in values),
        ),
    ], say("how: dashed shapes")  # fmt: skip


def _listed(about: str, claimed: str, found: list[str]) -> Line:
    return fact(say(f"about: {about}"), claimed, ", ".join(found), ", ".join(found) == claimed)


def algorithm_returns_y() -> Found:
    """One forward pass of a layer whose gamma and beta are not 1 and 0, and one step of SGD."""
    layer = nn.BatchNorm1d(1)
    layer.weight.data.fill_(2.0)
    layer.bias.data.fill_(-1.0)
    before = [parameter.detach().clone() for parameter in layer.parameters()]
    x = noise(8, 1)
    y = layer(x)
    kept = all(map(torch.equal, layer.parameters(), before))
    (y**2).sum().backward()
    torch.optim.SGD(layer.parameters(), lr=0.1).step()
    moved = not any(map(torch.equal, layer.parameters(), before))
    return [
        exact(say("about: values out"), 8, y.numel()),
        fact(
            say("about: gamma and beta"), say("claimed: unchanged"), _answer(kept),
            kept and not torch.equal(y, x),
        ),
        fact(say("about: a step"), say("claimed: changes"), _answer(moved), moved),
    ], say("how: algorithm returns y")  # fmt: skip


def projection_or_identity() -> Found:
    """1x1 convolutions: a random one, the one that is the identity, and one with stride 2."""
    x = noise(1, 64, 8, 8)
    drawn = nn.Conv2d(64, 64, 1, bias=False)
    dirac = nn.Conv2d(64, 64, 1, bias=False)
    nn.init.dirac_(dirac.weight)
    with torch.inference_mode():
        apart = float((drawn(x) - x).abs().max())
        returned = torch.equal(dirac(x), x)
    seen = torch.ones(1, 1, 8, 8, requires_grad=True)
    functional.conv2d(seen, torch.ones(1, 1, 1, 1), stride=2).sum().backward()
    share = 0.0 if seen.grad is None else float(seen.grad.count_nonzero()) / seen.numel()
    return [
        fact(
            say("about: random 1x1"), say("claimed: something else"),
            say("computed: differ by", gap=apart), apart > 0.1,
        ),
        exact(say("about: weights 1"), 64, int((dirac.weight == 1).sum())),
        fact(say("about: dirac 1x1"), say("claimed: exactly x"), _answer(returned), returned),
        fact(say("about: stride 2"), "25 %", f"{share:.0%}", share == 0.25),
    ], say("how: projection or identity")  # fmt: skip


def stem_without_relu() -> Found:
    """ResNet-18's stem as it is, its pool and ReLU exchanged, and the ReLU left out."""
    written = _walk("resnet18")
    order = [path for path, _ in written]
    between = order[order.index("bn1") + 1 : order.index("maxpool")]
    normed = dict(written)["bn1"]
    pooled = functional.max_pool2d(normed, 3, 2, 1)
    stem = dict(written)["maxpool"]
    swapped = float((functional.relu(pooled) - stem).abs().max())
    negative = float((pooled < 0).float().mean())
    return [
        fact(say("about: between"), say("claimed: one op"), " ".join(between), between == ["relu"]),
        fact(say("about: exchanged"), "0.0", f"{swapped:g}", swapped == 0.0),
        fact(say("about: left out"), say("claimed: negative"), f"{negative:.1%}", negative > 0.001),
    ], say("how: stem without relu")


def batch_of_one() -> Found:
    """The gradient that reaches the weights before a batch norm from a batch of one."""
    dense, conv = nn.Linear(32, 16, bias=False), nn.Conv2d(3, 16, 3, padding=1, bias=False)
    at_dense = _gradient(dense, noise(1, 32))
    at_conv = _gradient(conv, noise(1, 3, 7, 7))
    refused = False
    try:
        nn.BatchNorm1d(16)(dense(noise(1, 32)))
    except ValueError:
        refused = True
    return [
        fact(say("about: fully connected"), "0", f"{at_dense:.2g}", at_dense == 0.0),
        fact(say("about: torch"), say("claimed: refuses"), _answer(refused), refused),
        fact(
            say("about: convolution"), say("claimed: learns"),
            say("computed: gradient", gradient=at_conv), at_conv > 1e-3,
        ),
    ], say("how: batch of one")  # fmt: skip


def _gradient(layer: nn.Module, x: torch.Tensor) -> float:
    """Largest gradient of the layer's weights behind the formulas of batch norm in training."""
    z = layer(x)
    axes = (0, *range(2, z.ndim))
    variance, mean = torch.var_mean(z, axes, correction=0, keepdim=True)
    y = (z - mean) / torch.sqrt(variance + 1e-5)
    (y * noise(*y.shape, seed=1)).sum().backward()
    weight = layer.get_parameter("weight")
    return 0.0 if weight.grad is None else float(weight.grad.abs().max())


def _walk(name: str) -> list[tuple[str, torch.Tensor]]:
    """Path and output of every op of an untrained network on one image of noise."""
    network = build(blueprint_named(name).spec).eval()
    with torch.inference_mode():
        return list(network.walk(noise(1, 3, 224, 224)))


def _answer(yes: bool) -> Text:
    return say("computed: yes") if yes else say("computed: no")
