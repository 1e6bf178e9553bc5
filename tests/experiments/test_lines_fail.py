"""Lines of a proof that hold under its first fault fail under another: none is true whatever comes.

test_proofs_fail spoils each proof once, and shifts each number. A line that compares in words may
hold all the same; here each of these is spoilt by itself, so a bound that has become too wide is
noticed.
"""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint_sequential

from explorer.experiments.proofs import (
    convolutions,
    gradients,
    layers,
    memory,
    prove,
    relatives,
    shortcuts,
    trained,
    tutorials,
    whiteboard,
    wiring,
    written_out,
)
from explorer.networks.blocks import ResidualBlock
from explorer.networks.torchvision_import import torchvision
from tests.experiments.test_proofs_fail import another, uncached

LAYER = {"BN": "BatchNorm2d", "LN": "LayerNorm", "IN": "InstanceNorm2d", "GN": "GroupNorm"}
BLOCKS = "{}, blocks per stage"


class Silent(nn.Module):
    """Writes 0 whatever it reads."""

    def __init__(self, *_, **__):
        super().__init__()

    def forward(self, x):
        return 0 * x


def instead(module, name, other):
    return another(module, name, lambda _: other)


def named(module, other):
    """Every network of this proof is another one."""
    return another(module, "blueprint_named", lambda found: lambda _: found(other))


def swapped_kinds(likeness):
    def found(**arguments):
        kinds = likeness(**arguments).by_kind
        other = {"plain_with_bn": "residual_with_bn", "residual_with_bn": "plain_with_bn"}
        return SimpleNamespace(by_kind={kind: kinds[other.get(kind, kind)] for kind in kinds})

    return found


def raising(forward):
    """A layer whose gamma grows with each forward pass."""

    def spoilt(self, x):
        self.weight.data.add_(1)
        return forward(self, x)

    return spoilt


def without_stride(conv):
    return lambda *a, **k: conv(*a, **({**k, "stride": 1} if "stride" in k else k))


def doubled_branch(walk):
    return lambda self, x: ((p, 2 * out if p == "bn2" else out) for p, out in walk(self, x))


def wrong_beta(backward):
    def spoilt(*a):
        dx, dgamma, dbeta = backward(*a)
        return dx, dgamma, -dbeta

    return spoilt


not_equal = instead(torch, "equal", lambda *_: False)
always_train = another(nn.Module, "train", lambda train: lambda self, _=True: train(self, True))

LINES = {
    ("batches.company", "one sample in two batches, train"): instead(
        nn, "BatchNorm1d", lambda *_, **__: nn.Identity()
    ),
    ("batches.frozen", "requires_grad off, eval"): uncached(
        "frozen_parameters", always_train
    ),
    **{
        ("batches.other_norms", f"{name}: one sample in two batches"): instead(
            nn, LAYER[name], other
        )
        for name, other in (
            ("BN", lambda c: nn.GroupNorm(2, c)),
            ("LN", lambda _: nn.BatchNorm2d(8)),
            ("IN", nn.BatchNorm2d),
        )
    },
    ("batch_norm.scale_invariance", "cosine of W and its gradient"): instead(
        functional, "batch_norm", lambda x, *_, **__: x
    ),
    ("memory.checkpointing", "gradient to x, with and without"): instead(
        memory, "checkpoint_sequential",
        lambda chain, parts, x, **k: checkpoint_sequential(chain, parts, 2 * x, **k),
    ),
    **{
        ("counting.five", BLOCKS.format(title)): instead(
            torchvision.models, name, getattr(torchvision.models, other)
        )
        for title, name, other in (
            ("ResNet-18", "resnet18", "resnet34"),
            ("ResNet-50", "resnet50", "resnet101"),
            ("ResNet-101", "resnet101", "resnet152"),
            ("ResNet-152", "resnet152", "resnet50"),
        )
    },
    ("gradients.products_of_jacobians", "pre-activation: x_l plus all F against x_L"): another(
        gradients, "_sum_of_branches", lambda gap: lambda _: gap("post")
    ),
    ("gradients.products_of_jacobians", "post-activation: the same"): another(
        gradients, "_sum_of_branches", lambda gap: lambda _: gap("pre")
    ),
    ("gradients.shattering", "residual with BN"): another(gradients, "likeness", swapped_kinds),
    ("gradients.without_batch_norm", "blocks in which it grows"): another(
        gradients, "signal",
        lambda signal: lambda spec, *a, **k: signal(replace(spec, shortcut="none"), *a, **k),
    ),
    ("gradients.zero_branches", "first loss, branches as initialised"): another(
        gradients, "_narrow", lambda narrow: lambda _, *spec: narrow(20, *spec)
    ),
    ("later.at_the_addition", "gradients to branch and shortcut against that of the sum"): (
        not_equal
    ),
    ("layers.backbone", "their size in parts of the image"): named(layers, "resnet20"),
    ("layers.backbone", "output stride, the last stage or the last two dilated"): another(
        torchvision.models, "resnet50", lambda net: lambda replace_stride_with_dilation: net()
    ),
    ("layers.backbone", "parameters of all three"): another(
        torchvision.models, "resnet50",
        lambda net: lambda replace_stride_with_dilation: net(
            width_per_group=128 if replace_stride_with_dilation[1] else 64
        ),
    ),
    ("layers.wide", "weights of the 3×3, wide over usual"): named(layers, "resnet50"),
    ("layers.wide", "weights of the two 1×1, wide over usual"): named(layers, "resnet50"),
    **{
        ("relatives.contrast", f"{name}, contrast of {what} changed"): instead(
            nn, LAYER[name], Silent if stays else lambda *_, **__: nn.Identity()
        )
        for name, what, stays in (
            ("LN", "every channel", True),
            ("GN", "every channel", True),
            ("BN", "every channel", True),
            ("BN", "whole images", True),
            ("LN", "whole images", False),
            ("GN", "whole images", False),
            ("IN", "whole images", False),
        )
    },
    ("relatives.small_numbers", "1e-8 in half precision"): instead(torch, "float16", torch.float32),
    ("relatives.small_numbers", "300 squared in half precision"): instead(
        torch, "float16", torch.float32
    ),
    ("relatives.small_numbers", "256 + 1 in bfloat16"): instead(torch, "bfloat16", torch.float32),
    ("relatives.synchronised", "two devices without, output"): another(
        relatives, "_output_and_gradient", lambda found: lambda x, dy: (x, found(x, dy)[1])
    ),
    ("shortcuts.dashed", "ResNet-34, blocks with a projection"): named(shortcuts, "resnet34_c"),
    ("shortcuts.dashed", "ResNet-50, blocks with a projection"): named(shortcuts, "resnet34"),
    ("trained.before_or_after", "skewness of what a convolution writes"): another(
        trained, "_skewness", lambda skewness: lambda out: skewness(functional.relu(out))
    ),
    ("trained.degradation", "training loss of a plain net, 44 layers against 8"): another(
        trained, "learnt", lambda learnt: lambda _, residual: learnt(8, residual)
    ),
    ("trained.deleted_block", "ResNet-20, one block deleted"): another(
        trained, "on_board", lambda found: lambda _: found("plain20")
    ),
    ("trained.drifting_statistics", "20 passes in eval mode"): always_train,
    ("trained.modes_of_a_network", "trained network, one picture at a time, eval"): another(
        trained, "on_board", lambda found: lambda name: trained.twin(found(name)).train()
    ),
    ("trained.recomputed_statistics", "answers kept, statistics averaged anew"): another(
        functional, "batch_norm", lambda norm: lambda *a: norm(*a[:6], 0.0, a[7])
    ),
    ("trained.residual_equation", "H(x) - x against F(x), before the last ReLU"): another(
        ResidualBlock, "walk", doubled_branch
    ),
    ("tutorials.algorithm_returns_y", "γ and β after the forward pass"): another(
        nn.BatchNorm1d, "forward", raising
    ),
    ("tutorials.batch_of_one", "what torch does with that batch"): instead(
        nn, "BatchNorm1d", lambda _: nn.Identity()
    ),
    ("tutorials.projection_or_identity", "a 1×1 convolution as it is drawn"): instead(
        nn.init, "kaiming_uniform_", lambda weight, **_: nn.init.dirac_(weight)
    ),
    ("tutorials.projection_or_identity", "positions that a 1×1 with stride 2 reads"): another(
        functional, "conv2d", without_stride
    ),
    ("tutorials.stem_without_relu", "ops between the stem's batch norm and its pool"): another(
        tutorials, "_walk", lambda walk: lambda name: [p for p in walk(name) if p[0] != "relu"]
    ),
    ("tutorials.stem_without_relu", "values below 0 behind the pool when the ReLU is left out"): (
        another(tutorials, "_walk", lambda walk: lambda name: [(p, x.abs()) for p, x in walk(name)])
    ),
    ("whiteboard.batch_norm", "running variance"): another(
        written_out, "batch_norm",
        lambda norm: lambda x, gamma, beta, running, training: norm(
            x, gamma, beta, dict(running), training
        ),
    ),
    ("whiteboard.batch_norm_backward", "gradient to beta"): another(
        written_out, "batch_norm_backward", wrong_beta
    ),
    ("whiteboard.resnet18", "names and shapes of its tensors"): instead(
        torchvision.models, "resnet18", torchvision.models.resnet34
    ),
    ("whiteboard.zero_weights", "largest gradient, all weights of the branch 0"): another(
        whiteboard, "_gradient", lambda gradient: lambda first: gradient(first=0.2)
    ),
    ("wiring.construction", "with all weights 1"): another(
        wiring, "extended_plain", lambda extended: lambda _: extended("dirac")
    ),
    ("wiring.one_layer_branch", "one layer: left over by the best single matrix"): another(
        wiring, "_left_by_one_matrix", lambda left: lambda _: left(2)
    ),
    ("wiring.relu_before_addition", "values lowered, no ReLU there"): another(
        wiring, "_share_lowered", lambda share: lambda _: share(True)
    ),
    ("convolutions.shapes_at_the_addition", "same channels, stride 1"): another(
        nn, "Conv2d", lambda layer: lambda i, o, k, s, _: layer(i, o, k, s)
    ),
    ("convolutions.shapes_at_the_addition", "64 channels"): another(
        nn, "Conv2d", lambda layer: lambda i, o, k, s, p: layer(i, min(o, i), k, s, p)
    ),
    ("convolutions.shapes_at_the_addition", "one channel"): another(
        nn, "Conv2d", lambda layer: lambda i, o, k, s, p: layer(i, max(o, 2), k, s, p)
    ),
    ("convolutions.versions", "v1.5, the stride"): another(
        convolutions, "preset",
        lambda preset: lambda name: preset("resnet50_v1" if name == "resnet50" else name),
    ),
    ("convolutions.versions", "v2, order of the branch"): another(
        convolutions, "preset", lambda preset: lambda name: preset(name.removeprefix("preact_"))
    ),
    ("convolutions.versions", "D, start of the shortcut"): instead(
        convolutions, "AveragePoolShortcut",
        lambda *_: SimpleNamespace(downsample=[nn.Identity()], conv2=nn.Conv2d(8, 8, 3, 2)),
    ),
    ("wiring.zero_weights", "plain, Dirac kernels"): another(
        wiring, "one_layer", lambda found: lambda: (found()[0], found()[2], found()[1])
    ),
    ("wiring.zero_weights", "plain, weights 1"): another(
        wiring, "one_layer", lambda found: lambda: (found()[0], found()[2], found()[1])
    ),
}  # fmt: skip
"""Proof and line -> a fault under which that line does not hold."""


@pytest.mark.parametrize(("what", "line"), LINES)
def test_a_line_fails_when_what_it_compares_is_spoilt(monkeypatch, what, line):
    LINES[what, line](monkeypatch)
    (found,) = [each for each in prove(what).lines if each.what == line]
    assert not found.holds, f"{found.claimed}: {found.computed}"
