"""Gradients and signals: the +1, paths, plain against residual, initialisation."""

from dataclasses import replace
from functools import partial
from itertools import pairwise
from math import sqrt
from typing import Literal

import torch
from torch import nn
from torch.nn import functional

from explorer.architecture import NetworkSpec
from explorer.architecture.named import blueprint_named
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near, noise
from explorer.experiments.shattered import likeness
from explorer.experiments.signal import cifar_network, signal
from explorer.networks import build

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
    """The premise of the derivation, and what a factor does on average on both sides of scale 1."""
    lines = [
        fact(
            say("about: x l plus all branches pre"),
            say("claimed: the sum of all f"),
            say("computed: differ by", gap=_sum_of_branches("pre")),
            _sum_of_branches("pre") < 1e-5,
        ),
        fact(
            say("about: x l plus all branches post"),
            say("claimed: gates"),
            say("computed: differ by", gap=_sum_of_branches("post")),
            _sum_of_branches("post") > 0.1,
        ),
    ]
    for scale, plain, residual in (
        (0.5, "0.50", "1.12"),
        (1.0, "1.00", "1.41"),
        (1.1, "1.10", "1.49"),
    ):
        lines += [
            near(say("about: plain factor", scale=scale), plain, _stretch(0.0, scale), 0.02),
            near(say("about: residual factor", scale=scale), residual, _stretch(1.0, scale), 0.02),
        ]
    return lines, say("how: products of jacobians")


def paths() -> Found:
    """Each block of ResNet-110 may be taken or skipped: paths by their length."""
    by_length = [1]
    for _ in blueprint_named("resnet110").blocks:
        by_length = [a + b for a, b in zip([*by_length, 0], [0, *by_length], strict=True)]
    total = sum(by_length)
    mean = sum(length * count for length, count in enumerate(by_length)) / total
    spread = sum((length - mean) ** 2 * count for length, count in enumerate(by_length)) / total
    return [
        exact(say("about: paths through 54 blocks"), 18_014_398_509_481_984, total),
        near(say("about: mean length blocks"), "27", mean, 1e-9),
        near(say("about: standard deviation blocks"), "3.67", sqrt(spread), 0.005),
        near(
            say("about: share of paths of 5 to 17"),
            "0.45",
            100 * sum(by_length[5:18]) / total,
            0.005,
            " %",
        ),
    ], say("how: paths")


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
    nine_blocks = NetworkSpec("basic", (9,), (32,), stem="cifar", norm="none")
    spread = signal(nine_blocks, 16).spread
    within = [after / before for before, after in pairwise(spread[1:9])]
    growth = (spread[8] / spread[1]) ** (1 / 7)
    start = signal(_narrow(110, False, True), 16, images=16).loss
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
        fact(
            say("about: first loss at 110 layers"),
            say("claimed: astronomic"),
            f"{start:.0e}",
            start > 1e4,
        ),
    ], say("how: without batch norm")


def zero_branches() -> Found:
    """The first loss of ResNet-110 without batch norm, its branches as they are and silenced."""
    losses = {}
    for silenced in (False, True):
        network = build(_narrow(110, False, True), seed=0)
        for name, module in network.named_modules():
            if silenced and name.endswith(".conv2") and isinstance(module, nn.Conv2d):
                nn.init.zeros_(module.weight)
        labels = torch.arange(16) % 10
        with torch.no_grad():
            losses[silenced] = float(
                functional.cross_entropy(network(noise(16, 3, 16, 16)), labels)
            )
    return [
        near(say("about: first loss silenced"), "2.3", losses[True], 0.15),
        fact(say("about: first loss as it is"), say("claimed: astronomic"),
             f"{losses[False]:.0e}", losses[False] > 1e4),
    ], say("how: zero branches")  # fmt: skip


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
    """What a batch norm behind dropout keeps in training, and what it reads in evaluation."""
    x = noise(4000, 50).abs()
    layers = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(50, momentum=None)).train()
    torch.manual_seed(0)
    with torch.no_grad():
        layers(x)
        deviation = layers.eval()(x).std().item()
    kept = dict(layers.named_buffers())["1.running_var"].mean().item()
    return [
        near(say("about: variance kept in training"), "1.36", kept, 0.02),
        near(say("about: variance in evaluation"), "0.36", x.var().item(), 0.01),
        near(say("about: deviation behind batch norm"), "0.52", deviation, 0.01),
    ], say("how: dropout shift")


def _narrow(depth: int, batch_norm: bool, residual: bool) -> NetworkSpec:
    """The CIFAR network with a quarter of the channels: as telling, and sixteen times as quick."""
    return replace(cifar_network(depth, batch_norm, residual), widths=(4, 8, 16))


def _smallest_singular_value(scale: float, size: int = 200) -> float:
    matrix = torch.eye(size) + scale * noise(size, size) / sqrt(size)
    return float(torch.linalg.svdvals(matrix).min())


def _stretch(identity: float, scale: float, size: int = 400, layers: int = 20) -> float:
    """By how much a factor identity + J lengthens a vector: the geometric mean over 20 factors."""
    vector = noise(size, 1, seed=99)
    start = vector.norm()
    for seed in range(layers):
        jacobian = scale * noise(size, size, seed=seed) / sqrt(size)
        vector = (identity * torch.eye(size) + jacobian) @ vector
    return float((vector.norm() / start) ** (1 / layers))


def _sum_of_branches(order: Literal["pre", "post"]) -> float:
    """How far x_L is from x_l plus what all branches between them write."""
    network = build(NetworkSpec("basic", (5,), (8,), stem="cifar", activation_order=order), seed=0)
    last = "conv2" if order == "pre" else "bn2"
    with torch.inference_mode():
        outputs = dict(network.walk(noise(4, 3, 16, 16)))
    blocks = [f"layer1.{index}" for index in range(5)]
    written = [outputs[f"{block}.{last}"] for block in blocks[1:]]
    end = "add" if order == "pre" else "relu2"
    first, final = outputs[f"layer1.0.{end}"], outputs[f"layer1.4.{end}"]
    return float((first + torch.stack(written).sum(0) - final).abs().max())


def _second_moment(gain: float, width: int = 400, layers: int = 10) -> float:
    x = noise(200, width, seed=50)
    x = functional.relu(x)
    before = x.pow(2).mean()
    for seed in range(layers):
        x = functional.relu(x @ (noise(width, width, seed=seed) * sqrt(gain / width)))
    return float((x.pow(2).mean() / before) ** (1 / layers))
