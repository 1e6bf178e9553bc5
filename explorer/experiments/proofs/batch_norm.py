"""Batch norm as torch runs it, against what the cards say of it."""

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


def company() -> Found:
    layer, sample = nn.BatchNorm1d(3), noise(1, 3)
    batches = [torch.cat((sample, noise(7, 3, seed=seed))) for seed in (1, 2)]
    with torch.no_grad():
        train = [layer(batch)[0] for batch in batches]
        layer.eval()
        evaluated = [layer(batch)[0] for batch in batches]
    differ = (train[0] - train[1]).abs().max().item()
    same = torch.equal(*evaluated)
    return [
        fact(
            say("about: one sample in two batches train"),
            say("claimed: depends on its batch"),
            say("computed: differ by 2", differ=differ),
            differ > 0.01,
        ),
        fact(
            say("about: one sample in two batches eval"),
            say("claimed: fixed"),
            say("computed: equal", same=same),
            same,
        ),
    ], say("how: company")


def noise_of_company() -> Found:
    """How much one sample's output varies with its batch mates, by batch size."""
    spread = {size: _spread_of_one(size) for size in (4, 16, 64)}
    return [
        fact(
            say("about: one sample in batches of 4"),
            say("claimed: a little noise"),
            f"{spread[4]:.2f}",
            spread[4] > 0.1,
        ),
        fact(
            say("about: in batches of 16 and of 64"),
            say("claimed: weakens"),
            f"{spread[16]:.2f}, {spread[64]:.2f}",
            spread[64] < spread[16] / 1.5 < spread[4] / 2.25,
        ),
    ], say("how: noise of company")


def _spread_of_one(size: int, draws: int = 200) -> float:
    """Standard deviation of what a sample of value 1 becomes among size - 1 random others."""
    layer = nn.BatchNorm1d(draws)
    mates = noise(size - 1, draws, seed=size)
    with torch.no_grad():
        return float(layer(torch.cat((torch.ones(1, draws), mates)))[0].std())


def stored_variance() -> Found:
    stored = measured.stored_variance((1.0, 2.0, 4.0), 0.1)
    return [
        near(say("about: running variance"), "1.1333", stored.kept, 0.00005),
        near(
            say("about: from the biased variance it would be"),
            "1.0556",
            stored.from_biased,
            0.00005,
        ),
    ], say("how: stored variance")


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


def small_batches() -> Found:
    one, four = measured.batches_of_one()
    far = max(abs(abs(value) - 1) for pair in measured.batches_of_two() for value in pair)
    with torch.no_grad():
        layer = nn.BatchNorm1d(1, dtype=torch.float64)
        low, high = layer(torch.tensor([[2.0], [2.001]], dtype=torch.float64))[:, 0].tolist()
    return [
        fact(
            say("about: batch 1 4 1 1"),
            say("claimed: raises an error"),
            one.refusal or say("computed: computed"),
            bool(one.refusal),
        ),
        fact(
            say("about: batch 1 4 2 2"),
            say("claimed: four values"),
            four.refusal or say("computed: computed"),
            not four.refusal,
        ),
        fact(
            say("about: two values per channel"),
            say("claimed: +1 and -1"),
            say("computed: at most away from 1", most=far),
            far < 0.01,
        ),
        near(say("about: the lower of 2 and 2.001"), "-0.156", low, 0.0005),
        near(say("about: the higher of 2 and 2.001"), "0.156", high, 0.0005),
    ], say("how: small batches")


def noise_of_the_mean() -> Found:
    lines = []
    for size, claimed in ((2, "0.71"), (8, "0.35"), (32, "0.18")):
        means = noise(20_000 // size, size).mean(1)
        lines.append(
            near(
                say("about: standard deviation batches of", size=size),
                claimed,
                means.std().item(),
                0.02,
            )
        )
    return lines, say("how: noise of the mean")


def accumulation() -> Found:
    gap = measured.accumulation_difference()
    return [
        fact(
            say("about: 4 x 8 against 32 samples"),
            say("claimed: differ"),
            say("computed: by", gap=gap),
            gap > 0.01,
        )
    ], (say("how: accumulation"))


def frozen() -> Found:
    found = measured.frozen_parameters()
    return [
        fact(
            say("about: requires grad off train"),
            say("claimed: still move"),
            say("computed: running mean", in_train=found.in_train),
            found.in_train != 0,
        ),
        fact(
            say("about: requires grad off eval"),
            say("claimed: stand still"),
            say("computed: running mean 2", in_eval=found.in_eval),
            found.in_eval == 0,
        ),
    ], say("how: frozen")


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


def other_norms() -> Found:
    sample = noise(1, 8, 6, 6)
    batches = [torch.cat((sample, noise(3, 8, 6, 6, seed=seed))) for seed in (1, 2)]
    norms = {
        "BN": nn.BatchNorm2d(8),
        "LN": nn.LayerNorm([8, 6, 6]),
        "IN": nn.InstanceNorm2d(8),
        "GN": nn.GroupNorm(2, 8),
    }
    lines = []
    with torch.no_grad():
        for name, norm in norms.items():
            gap = (norm(batches[0])[0] - norm(batches[1])[0]).abs().max().item()
            depends = gap > 1e-5
            claimed = say("claimed: only BN") if name == "BN" else say("claimed: per sample")
            lines.append(
                fact(
                    say("about: one sample in two batches", name=name),
                    claimed,
                    say("computed: differ by 4", gap=gap),
                    depends == (name == "BN"),
                )
            )
    return lines, say("how: other norms")


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
