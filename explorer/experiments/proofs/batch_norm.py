"""Batch norm as a function: its steps and their reverse, its gradient, scales, folding."""

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from explorer.architecture.named import blueprint_named, title_named
from explorer.experiments.batch_norm import in_torch as measured
from explorer.experiments.batch_norm.claims import shape, undoing
from explorer.experiments.batch_norm.network import folded_convolution
from explorer.experiments.batch_norm.plan import foldable
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near, noise

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/batch_norm")


def four_steps() -> Found:
    x = noise(6, 4, 5, 5)
    layer = nn.BatchNorm2d(4)
    gamma, beta = noise(4, seed=1), noise(4, seed=2)
    layer.load_state_dict({"weight": gamma, "bias": beta}, strict=False)
    mean = x.mean((0, 2, 3), keepdim=True)
    variance = x.var((0, 2, 3), unbiased=False, keepdim=True)
    normalised = (x - mean) / (variance + layer.eps).sqrt()
    by_hand = gamma.view(1, 4, 1, 1) * normalised + beta.view(1, 4, 1, 1)
    with torch.no_grad():
        gap = (layer(x) - by_hand).abs().max().item()
    return [
        fact(
            say("about: by hand against nn.batchnorm2d"),
            say("claimed: batch height and width"),
            say("computed: differ by", gap=gap),
            gap < 1e-5,
        )
    ], (say("how: four steps"))


def undo() -> Found:
    right, _, wrong, swapped = undoing()
    return [
        fact(
            say("about: gamma sqrt var + eps beta mean"),
            say("claimed: gives the input back"),
            say("computed: error", error=right.error),
            right.error < 1e-12,
        ),
        fact(
            say("about: gamma var beta mean"),
            say("claimed: does not"),
            say("computed: error 2", error=wrong.error),
            wrong.error > 1,
        ),
        fact(
            say("about: gamma mean beta var"),
            say("claimed: does not"),
            say("computed: error 2", error=swapped.error),
            swapped.error > 1,
        ),
    ], say("how: undo")


def shape_kept() -> Found:
    uniform = shape("uniform")
    return [
        near(say("about: kurtosis before"), "1.80", uniform.kurtosis_before, 0.01),
        near(say("about: kurtosis after"), "1.80", uniform.kurtosis_after, 0.01),
        near(say("about: values outside 0 1"), "71", 100 * uniform.outside, 1, " %"),
        near(say("about: largest value"), "1.73", float(uniform.after.edges[-1]), 0.01),
    ], say("how: shape kept")


def backward() -> Found:
    found = measured.backward_check()
    return [
        fact(
            say("about: closed form against autograd"),
            say("claimed: closed form"),
            say("computed: differ by 3", difference=found.difference),
            found.difference < 1e-12,
        ),
        fact(
            say("about: sum of dx"),
            say("claimed: mean"),
            f"{found.total:.0e}",
            abs(found.total) < 1e-9,
        ),
        fact(
            say("about: sum of dx x-hat"),
            say("claimed: up to eps"),
            f"{found.along:.0e}",
            abs(found.along) < 1e-3,
        ),
    ], say("how: backward")


def scale_invariance() -> Found:
    small = measured.measured_scale_ratio(1e-5**0.5, 10.0)
    large = measured.measured_scale_ratio(1.0, 10.0)
    ratio, cosine = _gradients_of_scaled_weights()
    return [
        near(say("about: k 10 deviation 1 ratio"), "1.000005", large, 5e-7),
        near(say("about: k 10 deviation sqrt eps ratio"), "1.407", small, 0.0005),
        near(say("about: gradient at 10 w times 10 over"), "1", ratio, 1e-3),
        fact(
            say("about: cosine of w and its gradient"),
            say("claimed: orthogonal"),
            f"{cosine:.0e}",
            abs(cosine) < 1e-4,
        ),
    ], say("how: scale invariance")


def shrinking_weights() -> Found:
    """What weight decay does to the branch: the output of W times k, for k below 1."""
    return [
        near(
            say("about: shrinking", k="0.01"),
            "0.953",
            measured.measured_scale_ratio(1.0, 1e-2),
            5e-4,
        ),
        near(
            say("about: shrinking", k="0.0001"),
            "0.032",
            measured.measured_scale_ratio(1.0, 1e-4),
            5e-4,
        ),
    ], say("how: shrinking")


def useless_bias() -> Found:
    found = measured.useless_bias()
    return [
        fact(
            say("about: largest gradient of a bias"),
            say("claimed: zero up to rounding"),
            say("computed: of a weight", bias=found.bias, weight=found.weight),
            found.bias < 1e-4 * found.weight,
        )
    ], say("how: useless bias")


def folding() -> Found:
    convolution, norm = nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
    x = noise(4, 8, 12, 12)
    with torch.no_grad():
        for seed in range(20):
            norm(convolution(noise(8, 8, 12, 12, seed=seed)))
        norm.eval()
        gap = (folded_convolution(convolution, norm)(x) - norm(convolution(x))).abs().max().item()
    return [
        fact(
            say("about: folded against both layers"),
            say("claimed: one convolution"),
            say("computed: differ by", gap=gap),
            gap < 1e-4,
        ),
        *[
            exact(
                say("about: foldable", network=title_named(name)),
                claimed,
                len(foldable(blueprint_named(name))),
            )
            for name, claimed in (("resnet50", 53), ("preact_resnet50", 33))
        ],
    ], say("how: folding")


def _gradients_of_scaled_weights() -> tuple[float, float]:
    x, target = noise(256, 32).double(), noise(256, seed=1).double()
    start = noise(32, seed=2).double()

    def gradient(w: torch.Tensor) -> torch.Tensor:
        w = w.clone().requires_grad_()
        z = functional.batch_norm((x @ w)[:, None], None, None, training=True)[:, 0]
        return torch.autograd.grad(((z.relu() - target) ** 2).mean(), w)[0]

    own, scaled = gradient(start), gradient(10 * start)
    cosine = torch.dot(start, own) / (start.norm() * own.norm())
    return float(10 * scaled.norm() / own.norm()), float(cosine)
