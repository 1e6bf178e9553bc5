"""Batch norm's statistics and its relatives: over devices, small batches, numbers of 16 bits."""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.architecture.named import blueprint_named
from explorer.experiments.batch_norm.network import folded_convolution
from explorer.experiments.proofs.built import on_meta
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near, noise

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/relatives")
_EPS = 1e-5
_AXES = (0, 2, 3)


def synchronised() -> Found:
    """Two devices that exchange sums, against one batch norm over both batches."""
    x, dy = 2 * noise(12, 4, 3, 3) + 1, noise(12, 4, 3, 3, seed=1)
    whole = _output_and_gradient(x, dy)
    apart = [_output_and_gradient(*pair) for pair in zip(x.split(8), dy.split(8), strict=True)]
    shared = _with_shared_sums(x.split(8), dy.split(8))
    gaps = [float((a - b).abs().max()) for a, b in zip(whole, shared, strict=True)]
    alone = float((whole[0] - torch.cat([out for out, _ in apart])).abs().max())
    norms = [m for m in on_meta(blueprint_named("resnet50")).modules() if _is_norm(m)]
    channels = [norm.weight.numel() for norm in norms if isinstance(norm.weight, Tensor)]
    return [
        fact(say("about: output of two"), say("claimed: one batch"), _differ(gaps[0]),
             gaps[0] < 1e-5),
        fact(say("about: gradient of two"), say("claimed: one batch"), _differ(gaps[1]),
             gaps[1] < 1e-5),
        fact(say("about: two alone"), say("claimed: on their own"), _differ(alone), alone > 0.01),
        exact(say("about: sent forward"), 53_173, sum(2 * count + 1 for count in channels)),
        exact(say("about: sent backward"), 53_120, sum(2 * count for count in channels)),
    ], say("how: synchronised")  # fmt: skip


def _with_shared_sums(
    parts: tuple[Tensor, ...], slopes: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor]:
    """Outputs and gradients where only sums per channel and counts go from device to device."""
    count = sum(part.numel() / part.shape[1] for part in parts)
    total = torch.stack([part.sum(_AXES, keepdim=True) for part in parts]).sum(0)
    squares = torch.stack([part.pow(2).sum(_AXES, keepdim=True) for part in parts]).sum(0)
    mean = total / count
    s = (squares / count - mean**2 + _EPS).sqrt()
    outputs = [(part - mean) / s for part in parts]
    pairs = list(zip(slopes, outputs, strict=True))
    sum_dy = torch.stack([dy.sum(_AXES, keepdim=True) for dy, _ in pairs]).sum(0)
    along = torch.stack([(dy * out).sum(_AXES, keepdim=True) for dy, out in pairs]).sum(0)
    gradients = [(count * dy - sum_dy - out * along) / (count * s) for dy, out in pairs]
    return torch.cat(outputs), torch.cat(gradients)


def _output_and_gradient(x: Tensor, dy: Tensor) -> tuple[Tensor, Tensor]:
    x = x.clone().requires_grad_()
    out = functional.batch_norm(x, None, None, training=True, eps=_EPS)
    return out.detach(), torch.autograd.grad(out, x, dy)[0]


def _is_norm(module: nn.Module) -> bool:
    return isinstance(module, nn.BatchNorm2d)


def mean_outside_the_gradient() -> Found:
    """The BN paper's own example: a bias that is learned while the mean counts as a constant."""
    ignored, followed = _learned_bias(constant=True), _learned_bias(constant=False)
    return [
        near(say("about: bias ignored"), "20", ignored[0], 0.01),
        near(say("about: loss ignored"), "1.00", ignored[1], 0.005),
        near(say("about: bias followed"), "0", followed[0], 1e-4),
    ], say("how: mean outside")


def _learned_bias(constant: bool) -> tuple[float, float]:
    """A bias after 100 steps on (u + b) - mean(u + b) against a target 1 higher, and the loss."""
    u = noise(64, seed=5)
    bias = torch.zeros((), requires_grad=True)
    target = u - u.mean() + 1
    for _ in range(100):
        x = u + bias
        mean = x.mean().detach() if constant else x.mean()
        loss = (x - mean - target).pow(2).mean()
        (gradient,) = torch.autograd.grad(loss, bias)
        bias = (bias - 0.1 * gradient).detach().requires_grad_()
    return bias.item(), loss.item()


def gradient_of_a_batch() -> Found:
    """Which share of a random gradient batch norm lets through, by the size of the batch."""
    return [
        near(say("about: share let through", size=size), claimed, _let_through(size), 0.015)
        for size, claimed in ((2, "0.00"), (4, "0.50"), (8, "0.75"), (32, "0.94"))
    ], say("how: gradient of a batch")


def _let_through(size: int, channels: int = 2000) -> float:
    """Squared length of dx × s over that of dy, over many channels."""
    x = noise(size, channels, seed=size).requires_grad_()
    dy = noise(size, channels, seed=size + 1)
    out = functional.batch_norm(x, None, None, training=True, eps=_EPS)
    (dx,) = torch.autograd.grad(out, x, dy)
    s = (x.detach().var(0, unbiased=False) + _EPS).sqrt()
    return float((dx * s).pow(2).sum() / dy.pow(2).sum())


def contrast() -> Found:
    """What is left of a change of contrast: of every channel by itself, and of a whole image."""
    x = noise(4, 8, 6, 6)
    every = noise(4, 8, 1, 1, seed=1).abs() + 0.5, noise(4, 8, 1, 1, seed=2)
    whole = noise(4, 1, 1, 1, seed=3).abs() + 0.5, noise(4, 1, 1, 1, seed=4)
    norms: dict[str, nn.Module] = {
        "IN": nn.InstanceNorm2d(8, eps=1e-9),
        "LN": nn.LayerNorm([8, 6, 6], eps=1e-9),
        "GN": nn.GroupNorm(2, 8, eps=1e-9),
        "BN": nn.BatchNorm2d(8, eps=1e-9),
    }
    unchanged = {"channel": ("IN",), "image": ("IN", "LN", "GN")}
    lines = []
    with torch.no_grad():
        for kind, (by, plus) in (("channel", every), ("image", whole)):
            for name, norm in norms.items():
                gap = float((norm(by * x + plus) - norm(x)).abs().max())
                removed = name in unchanged[kind]
                claimed = say("claimed: takes out") if removed else say("claimed: leaves in")
                about = say(f"about: contrast of a {kind}", name=name)
                lines.append(fact(about, claimed, _differ(gap), (gap < 1e-3) == removed))
    return lines, say("how: contrast")


def small_numbers() -> Found:
    """What eps does to small variances, and what numbers of 16 bits make of eps and of sums."""
    half = torch.float16
    lost = torch.tensor(1e-8, dtype=half).item()
    square = (torch.tensor(300.0, dtype=half) ** 2).item()
    counted = (torch.tensor(256.0, dtype=torch.bfloat16) + 1).item()
    layer = nn.BatchNorm2d(3)
    layer(noise(4, 3, 5, 5).bfloat16())
    kept = str(dict(layer.named_buffers())["running_var"].dtype).removeprefix("torch.")
    return [
        near(say("about: variance behind", variance="0.001"), "0.99", _variance_behind(1e-3), 5e-3),
        near(say("about: variance behind", variance="0.00001"), "0.50", _variance_behind(_EPS),
             5e-3),
        fact(say("about: 1e-8 in half"), say("claimed: is 0"), f"{lost:g}", lost == 0),
        fact(say("about: 300 squared"), say("claimed: infinite"), f"{square:g}",
             square == float("inf")),
        fact(say("about: 256 plus 1"), say("claimed: stays 256"), f"{counted:g}", counted == 256),
        fact(say("about: statistics kept"), "float32", kept, kept == "float32"),
    ], say("how: small numbers")  # fmt: skip


def _variance_behind(variance: float) -> float:
    """Variance of what a new batch norm writes for values of this variance."""
    x = noise(5000, 1).double()
    x = (x - x.mean()) / x.std(unbiased=False) * variance**0.5
    with torch.no_grad():
        return float(nn.BatchNorm1d(1, dtype=torch.float64)(x).var(unbiased=False))


def one_kernel_of_three() -> Found:
    """RepVGG's three branches, each with batch norm, and the single 3x3 that replaces them."""
    x = noise(4, 8, 10, 10)
    wide, point, same = (nn.Conv2d(8, 8, k, padding=k // 2, bias=False) for k in (3, 1, 1))
    nn.init.dirac_(same.weight)
    norms = [nn.BatchNorm2d(8) for _ in range(3)]
    branches = list(zip((wide, point, same), norms, strict=True))
    one = nn.Conv2d(8, 8, 3, padding=1)
    with torch.no_grad():
        for seed in range(20):
            for convolution, norm in branches:
                norm(convolution(noise(8, 8, 10, 10, seed=seed)))
        for norm in norms:
            norm.eval()
        together = sum((norm(conv(x)) for conv, norm in branches), torch.zeros(()))
        kernels, biases = [], []
        for convolution, norm in branches:
            folded = folded_convolution(convolution, norm)
            kernels.append(functional.pad(folded.weight, 4 * [(3 - folded.weight.shape[-1]) // 2]))
            biases.append(folded.get_parameter("bias"))
        one.load_state_dict({"weight": torch.stack(kernels).sum(0), "bias": sum(biases)})
        gap = float((one(x) - together).abs().max())
    weights = [convolution.weight.numel() for convolution in (wide, point)]
    return [
        fact(say("about: one for three"), say("claimed: single 3x3"), _differ(gap), gap < 1e-4),
        fact(say("about: weights of the branches"), say("claimed: fewer"),
             f"{one.weight.numel():,} / {sum(weights):,}", one.weight.numel() < sum(weights)),
    ], say("how: one kernel of three")  # fmt: skip


def _differ(gap: float) -> Text:
    return say("computed: differ by", gap=gap)
