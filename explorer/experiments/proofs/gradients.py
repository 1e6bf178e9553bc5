"""Gradients and signals: the +1, paths, plain against residual, initialisation."""

from dataclasses import replace
from functools import partial
from itertools import pairwise
from math import comb, sqrt

import torch
from torch.nn import functional

from explorer.architecture import NetworkSpec
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near, noise
from explorer.experiments.shattered import likeness
from explorer.experiments.signal import cifar_network, signal

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/gradients")


def plus_one() -> Found:
    x = torch.tensor(2.0, requires_grad=True)
    (gradient,) = torch.autograd.grad(x + (-x), x)
    smallest = _smallest_singular_value(1.0)
    return [
        near(say("about: gradient of x + f x for"), "0", gradient.item(), 0),
        fact(
            say("about: smallest singular value of i + j"),
            say("claimed: close to 0"),
            f"{smallest:.3f}",
            smallest < 0.1,
        ),
    ], say("how: plus one")


def products_of_jacobians() -> Found:
    plain, residual = _product(identity=0.0), _product(identity=1.0)
    return [
        fact(
            say("about: 20 plain factors j"), say("claimed: vanishes"), f"{plain:.1e}", plain < 1e-3
        ),
        fact(
            say("about: 20 residual factors i + j"),
            say("claimed: does not vanish"),
            f"{residual:.2g}",
            residual > 0.1,
        ),
    ], say("how: products of jacobians")


def paths() -> Found:
    total = 2**54
    effective = sum(comb(54, k) for k in range(5, 18)) / total
    return [
        exact(say("about: paths through 54 blocks"), 18_014_398_509_481_984, total),
        near(
            say("about: mean length blocks"),
            "27",
            sum(k * comb(54, k) for k in range(55)) / total,
            1e-9,
        ),
        near(say("about: standard deviation blocks"), "3.67", sqrt(54) / 2, 0.005),
        near(say("about: share of paths of 5 to 17"), "0.45", 100 * effective, 0.005, " %"),
    ], say("how: paths")


def paths_left() -> Found:
    return [
        near(say("about: after one deletion"), "50", 100 * 2**53 / 2**54, 0, " %"),
        near(say("about: after ten deletions"), "0.098", 100 * 2**44 / 2**54, 0.0005, " %"),
    ], say("how: paths left")


def plain_against_residual() -> Found:
    plain = signal(_narrow(56, True, False), 16)
    residual = signal(_narrow(56, True, True), 16)
    ratios = [result.gradients[0] / result.gradients[-1] for result in (plain, residual)]
    return [
        fact(
            say("about: plain-56 first against last block"),
            say("claimed: explode"),
            f"{ratios[0]:,.0f} ×",
            ratios[0] > 100,
        ),
        fact(
            say("about: resnet-56 first against last block"),
            say("claimed: tens at most"),
            f"{ratios[1]:.1f} ×",
            ratios[1] < 100,
        ),
    ], (say("how: plain against residual"))


def without_batch_norm() -> Found:
    nine_blocks = NetworkSpec("basic", (9,), (32,), stem="cifar", batch_norm=False)
    spread = signal(nine_blocks, 16).spread
    within = [after / before for before, after in pairwise(spread[1:9])]
    growth = (spread[8] / spread[1]) ** (1 / 7)
    return [
        fact(
            say("about: growth of the stream s variance per"),
            say("claimed: doubles"),
            f"× {growth**2:.2f}",
            1.6 < growth**2 < 2.5,
        ),
        fact(
            say("about: blocks in which it grows"),
            say("claimed: every block"),
            say("computed: of 7", value=sum(w > 1 for w in within)),
            all(w > 1 for w in within),
        ),
    ], say("how: without batch norm")


def shattering() -> Found:
    found = likeness(depths=(20,), seeds=1).by_kind
    plain, residual = found["plain_with_bn"][0], found["residual_with_bn"][0]
    return [
        fact(
            say("about: feed-forward with bn"),
            say("claimed: nearly 0"),
            f"{plain:.4f}",
            abs(plain) < 0.02,
        ),
        fact(
            say("about: residual with bn"),
            say("claimed: clearly above 0"),
            f"{residual:.3f}",
            residual > 0.1,
        ),
    ], say("how: shattering")


def initialisation() -> Found:
    he, xavier = (_second_moment(gain) for gain in (2.0, 1.0))
    return [
        near(say("about: he second moment per layer ratio"), "1.0", he, 0.06),
        near(say("about: xavier second moment per layer ratio"), "0.5", xavier, 0.03),
    ], say("how: initialisation")


def dropout_shift() -> Found:
    x = noise(400, 500).abs()
    torch.manual_seed(0)
    dropped = functional.dropout(x, 0.5, training=True)
    return [
        near(say("about: second moment in training"), "2.0", dropped.pow(2).mean().item(), 0.05),
        near(say("about: second moment in evaluation"), "1.0", x.pow(2).mean().item(), 0.03),
    ], say("how: dropout shift")


def _narrow(depth: int, batch_norm: bool, residual: bool) -> NetworkSpec:
    """The CIFAR network with a quarter of the channels: as telling, and sixteen times as quick."""
    return replace(cifar_network(depth, batch_norm, residual), widths=(4, 8, 16))


def _smallest_singular_value(scale: float, size: int = 200) -> float:
    matrix = torch.eye(size) + scale * noise(size, size) / sqrt(size)
    return float(torch.linalg.svdvals(matrix).min())


def _product(identity: float, size: int = 100) -> float:
    vector = noise(size, 1, seed=99)
    start = vector.norm()
    for seed in range(20):
        vector = (
            identity * torch.eye(size) + 0.5 * noise(size, size, seed=seed) / sqrt(size)
        ) @ vector
    return float(vector.norm() / start)


def _second_moment(gain: float, width: int = 400, layers: int = 10) -> float:
    x = noise(200, width, seed=50)
    x = functional.relu(x)
    before = x.pow(2).mean()
    for seed in range(layers):
        x = functional.relu(x @ (noise(width, width, seed=seed) * sqrt(gain / width)))
    return float((x.pow(2).mean() / before) ** (1 / layers))
