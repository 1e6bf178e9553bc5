"""Batch norm as torch runs it, against what the cards say of it."""

import torch
from torch import nn
from torch.nn import functional

from explorer.architecture import preset
from explorer.experiments.batch_norm import in_torch as measured
from explorer.experiments.batch_norm.claims import shape, undoing
from explorer.experiments.batch_norm.network import folded_convolution
from explorer.experiments.proofs.result import Line, fact, near, noise
from explorer.networks import build

Found = tuple[list[Line], str]


def four_steps() -> Found:
    x = noise(6, 4, 5, 5)
    layer = nn.BatchNorm2d(4)
    mean = x.mean((0, 2, 3), keepdim=True)
    variance = x.var((0, 2, 3), unbiased=False, keepdim=True)
    by_hand = (x - mean) / (variance + layer.eps).sqrt()
    with torch.no_grad():
        gap = (layer(x) - by_hand).abs().max().item()
    return [fact("by hand against nn.BatchNorm2d", "batch, height and width",
                 f"differ by {gap:.0e}", gap < 1e-5)], (
        "Mean and biased variance over axes 0, 2 and 3 of a (6, 4, 5, 5) batch."
    )  # fmt: skip


def undo() -> Found:
    right, _, wrong, swapped = undoing()
    return [
        fact("gamma = sqrt(var + eps), beta = mean", "gives the input back",
             f"error {right.error:.0e}", right.error < 1e-12),
        fact("gamma = var, beta = mean", "does not", f"error {wrong.error:.2g}",
             wrong.error > 1),
        fact("gamma = mean, beta = var", "does not", f"error {swapped.error:.2g}",
             swapped.error > 1),
    ], "4,096 normal numbers with mean 3 and standard deviation 2."  # fmt: skip


def shape_kept() -> Found:
    uniform = shape("uniform")
    return [
        near("kurtosis before", "1.80", uniform.kurtosis_before, 0.01),
        near("kurtosis after", "1.80", uniform.kurtosis_after, 0.01),
        near("values outside [0, 1]", "71", 100 * uniform.outside, 1, " %"),
        near("largest value", "1.73", float(uniform.after.edges[-1]), 0.01),
    ], "Uniform random numbers, normalised. A normal distribution has kurtosis 3."


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
        fact("one sample in two batches, train", "depends on its batch", f"differ by {differ:.2g}",
             differ > 0.01),
        fact("one sample in two batches, eval", "fixed", f"equal: {same}", same),
    ], "The same sample with two different sets of seven others."  # fmt: skip


def stored_variance() -> Found:
    stored = measured.stored_variance((1.0, 2.0, 4.0), 0.1)
    return [
        near("running variance", "1.1333", stored.kept, 0.00005),
        near("from the biased variance it would be", "1.0556", stored.from_biased, 0.00005),
    ], "nn.BatchNorm1d with momentum 0.1, one batch of 1, 2 and 4, starting from 1."


def backward() -> Found:
    found = measured.backward_check()
    return [
        fact("closed form against autograd", "closed form", f"differ by {found.difference:.0e}",
             found.difference < 1e-12),
        fact("sum of dx", "mean", f"{found.total:.0e}", abs(found.total) < 1e-9),
        fact("sum of dx · x-hat", "up to eps", f"{found.along:.0e}", abs(found.along) < 1e-3),
    ], "32 random values in double precision."  # fmt: skip


def scale_invariance() -> Found:
    small = measured.measured_scale_ratio(1e-5**0.5, 10.0)
    large = measured.measured_scale_ratio(1.0, 10.0)
    ratio, cosine = _gradients_of_scaled_weights()
    return [
        near("k = 10, deviation 1: ratio", "1.000005", large, 5e-7),
        near("k = 10, deviation sqrt(eps): ratio", "1.407", small, 0.0005),
        near("gradient at 10 W, times 10, over that at W", "1", ratio, 1e-3),
        fact("cosine of W and its gradient", "orthogonal", f"{cosine:.0e}", abs(cosine) < 1e-4),
    ], "Batch norm of k times the input over batch norm of the input; autograd for the gradients."


def useless_bias() -> Found:
    found = measured.useless_bias()
    return [
        fact("largest gradient of a bias", "zero up to rounding",
             f"{found.bias:.0e}, of a weight {found.weight:.0f}", found.bias < 1e-4 * found.weight)
    ], "A convolution with bias, batch norm and ReLU; the sum of squares as loss."  # fmt: skip


def small_batches() -> Found:
    one, four = measured.batches_of_one()
    pairs = [value for pair in measured.batches_of_two() for value in pair]
    most = max(abs(abs(value) - 1) for value in pairs)
    return [
        fact("batch (1, 4, 1, 1)", "raises an error", one.refusal or "computed", bool(one.refusal)),
        fact("batch (1, 4, 2, 2)", "four values", four.refusal or "computed", not four.refusal),
        fact("two values per channel", "+1 and -1", f"at most {most:.0e} away from ±1",
             most < 0.01),
    ], "nn.BatchNorm2d in train mode."  # fmt: skip


def noise_of_the_mean() -> Found:
    lines = []
    for size, claimed in ((2, "0.71"), (8, "0.35"), (32, "0.18")):
        means = noise(20_000 // size, size).mean(1)
        lines.append(near(f"standard deviation, batches of {size}", claimed, means.std().item(),
                          0.02))  # fmt: skip
    return lines, "Means of batches of standard normal numbers, 20,000 numbers each."


def accumulation() -> Found:
    gap = measured.accumulation_difference()
    return [fact("4 × 8 against 32 samples", "differ", f"by {gap:.2g}", gap > 0.01)], (
        "The same 32 values through nn.BatchNorm1d in train mode."
    )


def frozen() -> Found:
    found = measured.frozen_parameters()
    return [
        fact("requires_grad off, train", "still move", f"running mean {found.in_train:g}",
             found.in_train != 0),
        fact("requires_grad off, eval", "stand still", f"running mean {found.in_eval:g}",
             found.in_eval == 0),
    ], "A batch of mean 3; the running mean starts at 0."  # fmt: skip


def folding() -> Found:
    convolution, norm = nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
    x = noise(4, 8, 12, 12)
    with torch.no_grad():
        for seed in range(20):
            norm(convolution(noise(8, 8, 12, 12, seed=seed)))
        norm.eval()
        gap = (folded_convolution(convolution, norm)(x) - norm(convolution(x))).abs().max().item()
    return [fact("folded against both layers", "one convolution", f"differ by {gap:.0e}",
                 gap < 1e-4)], "A 3×3 convolution and its batch norm in eval mode."  # fmt: skip


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
            claimed = "Only BN" if name == "BN" else "per sample"
            lines.append(fact(f"{name}: one sample in two batches", claimed,
                              f"differ by {gap:.1g}", depends == (name == "BN")))  # fmt: skip
    return lines, "(4, 8, 6, 6) batches in train mode that share their first sample."


def modes_of_a_network() -> Found:
    network = build(preset("resnet20"))
    x = noise(4, 3, 32, 32)
    with torch.no_grad():
        evaluated = network(x)
        trained = network.train()(x)
    gap = (evaluated - trained).abs().max().item()
    return [fact("logits in train against eval", "different answers", f"differ by {gap:.2g}",
                 gap > 1e-3)], "An untrained ResNet-20 of its own, four random images."  # fmt: skip


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
