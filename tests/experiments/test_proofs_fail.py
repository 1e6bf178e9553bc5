"""Every proof fails when what it computes is spoilt, and when its card says another number."""

from dataclasses import replace
from functools import partial
from importlib import import_module

import pytest
import torch
from torch import nn
from torch.nn import functional

from explorer.architecture.named import blueprint_named
from explorer.experiments import proofs
from explorer.experiments.batch_norm import in_torch
from explorer.experiments.proofs import (
    THEMES,
    batch_norm,
    batches,
    built,
    convolutions,
    costs,
    gradients,
    later,
    layers,
    memory,
    prove,
    relatives,
    result,
    trained,
    tutorials,
    whiteboard,
    wiring,
    written_out,
)
from explorer.lessons.myths import myths
from explorer.lessons.questions import cards
from explorer.networks.torchvision_import import torchvision

PROOFS = sorted({item.proof for item in (*cards(), *myths()) if item.proof})
BUILT = built.on_meta


def deeper_and_wider(bp):
    """One block more in the first stage, twice the channels."""
    spec = bp.spec
    first, *others = spec.depths
    return BUILT(Changed(bp, depths=(first + 1, *others), widths=tuple(2 * w for w in spec.widths)))


class Changed:
    """What on_meta reads of a blueprint, with fields of its spec changed."""

    def __init__(self, bp, **fields):
        self.spec = replace(bp.spec, **fields)


def another(module, name, old):
    """`module.name` replaced by what `old` makes of it."""
    return lambda patch: patch.setattr(module, name, old(getattr(module, name)))


def uncached(name, *spoil):
    """A measurement of in_torch run anew, with torch's layers spoilt."""

    def plant(patch):
        patch.setattr(in_torch, name, getattr(in_torch, name).__wrapped__)
        for fault in spoil:
            fault(patch)

    return plant


other_network = another(built, "on_meta", lambda _: deeper_and_wider)
one_more = another(built, "numel", lambda numel: lambda module: numel(module) + 1)
no_relu = another(functional, "relu", lambda _: lambda x, *_, **__: x)
halves = another(nn.init, "zeros_", lambda _: lambda tensor: nn.init.constant_(tensor, 0.5))


def zeros(module):
    return another(module, "noise", lambda _: lambda *shape, seed=0: torch.zeros(shape))


def scaled(module, by):
    return another(module, "noise", lambda noise: lambda *shape, **seed: by * noise(*shape, **seed))


def without_momentum(network):
    for norm in trained.norms(network).values():
        norm.momentum = 0.0
    return network


FAULTS = {
    "batches.accumulation": uncached(
        "accumulation_difference",
        another(nn, "BatchNorm1d", lambda _: lambda *_, **__: nn.Identity()),
    ),
    "batch_norm.backward": uncached(
        "backward_check",
        another(
            in_torch, "backward", lambda _: lambda xs, dy, gamma, s: [gamma / s * d for d in dy]
        ),
    ),
    "batches.company": another(
        nn, "BatchNorm1d", lambda layer: partial(layer, track_running_stats=False)
    ),
    "batch_norm.folding": another(batch_norm, "folded_convolution", lambda _: lambda conv, _: conv),
    "batch_norm.four_steps": another(
        nn.BatchNorm2d, "load_state_dict", lambda _: lambda *_, **__: None
    ),
    "batches.frozen": uncached(
        "frozen_parameters", another(nn, "BatchNorm2d", lambda layer: partial(layer, momentum=0.0))
    ),
    "batches.noise_of_company": zeros(batches),
    "batches.noise_of_the_mean": scaled(batches, 1.2),
    "batches.other_norms": another(nn, "GroupNorm", lambda _: lambda _, c: nn.BatchNorm2d(c)),
    "batch_norm.scale_invariance": another(
        in_torch, "measured_scale_ratio", lambda ratio: partial(ratio, eps=1e-12)
    ),
    "batch_norm.shape_kept": another(batch_norm, "shape", lambda shape: lambda _: shape("normal")),
    "batch_norm.shrinking_weights": another(
        in_torch, "measured_scale_ratio", lambda ratio: partial(ratio, eps=1e-12)
    ),
    "batches.small_batches": another(nn, "BatchNorm1d", lambda layer: partial(layer, eps=1e-12)),
    "batches.stored_variance": another(
        in_torch, "stored_variance", lambda stored: lambda values, _: stored(values, 0.5)
    ),
    "batch_norm.undo": another(batch_norm, "undoing", lambda found: lambda: found()[::-1]),
    "batch_norm.useless_bias": uncached(
        "useless_bias", another(nn, "BatchNorm2d", lambda _: lambda *_, **__: nn.Identity())
    ),
    "memory.checkpointing": another(
        memory, "checkpoint_sequential", lambda _: lambda chain, _, x, **k: chain(x)
    ),
    "families.convnext": another(
        torchvision.models, "convnext_tiny", lambda _: torchvision.models.convnext_base
    ),
    "families.inception": another(
        torch, "cat", lambda cat: lambda tensors, dim=0: sum(out.mean(dim) for out in tensors)
    ),
    "costs.inner_and_outer_channels": another(
        costs, "_without_inner", lambda without: lambda block, kept: without(block, [*kept[1:], 3])
    ),
    "families.inverted": another(
        torchvision.models, "mobilenet_v2", lambda net: partial(net, width_mult=2.0)
    ),
    "costs.squeeze_and_excitation": another(
        torchvision.ops, "SqueezeExcitation", lambda layer: lambda c, r: layer(c, 2 * r)
    ),
    "costs.stems": another(costs, "macs", lambda macs: lambda *a: macs(*a) ** 2),
    "memory.training_memory": another(
        memory, "build", lambda build: lambda spec: build(replace(spec, depths=(3, 4, 12, 3)))
    ),
    "costs.with_and_without_shortcut": another(
        costs, "blueprint_named", lambda found: lambda _: found("resnet34_c")
    ),
    "costs.work_per_value": another(costs, "macs", lambda macs: lambda *a: 2 * macs(*a)),
    "layers.bottleneck": one_more,
    "layers.backbone": another(
        layers, "blueprint_named", lambda found: lambda _: found("resnet18")
    ),
    "counting.classifiers": one_more,
    "counting.frozen_but_the_classifier": one_more,
    "layers.down_sampling": another(built, "macs", lambda macs: lambda *a: macs(*a) + 1),
    "counting.eight_times": another(
        torchvision.models, "vgg19", lambda _: torchvision.models.vgg16
    ),
    "counting.five": another(torchvision.models, "resnet34", lambda _: torchvision.models.resnet18),
    "counting.cifar_resnets": one_more,
    "shortcuts.projection_of_a_bottleneck": one_more,
    "layers.small_images": another(
        layers, "blueprint", lambda blueprint: lambda spec, size: blueprint(spec, 2 * size)
    ),
    "layers.stem": one_more,
    "gradients.dropout_shift": another(nn, "Dropout", lambda layer: lambda _: layer(0.1)),
    "gradients.initialisation": scaled(gradients, 0.9),
    "gradients.paths": another(
        gradients, "blueprint_named", lambda _: lambda _: blueprint_named("resnet56")
    ),
    "gradients.plain_against_residual": another(
        gradients, "_narrow", lambda narrow: lambda d, norm, residual: narrow(d, norm, not residual)
    ),
    "gradients.plus_one": zeros(gradients),
    "gradients.products_of_jacobians": scaled(gradients, 0.9),
    "gradients.shattering": another(
        gradients, "likeness", lambda likeness: lambda **_: likeness(depths=(1,), seeds=1)
    ),
    "gradients.without_batch_norm": another(
        gradients,
        "signal",
        lambda signal: lambda spec, *a, **k: signal(replace(spec, norm="batch"), *a, **k),
    ),
    "gradients.zero_branches": another(
        nn.init, "zeros_", lambda _: lambda tensor: nn.init.constant_(tensor, 0.5)
    ),
    "later.at_the_addition": another(
        functional, "conv2d", lambda conv: lambda x, w: conv(x, w.transpose(0, 1))
    ),
    "later.blocks_left_out": another(
        later, "blueprint_named", lambda _: lambda _: blueprint_named("resnet56")
    ),
    "later.effective_field": another(
        torch,
        "full",
        lambda _: (
            lambda *_, dtype: torch.diag(torch.tensor([0.25, 0.5, 0.25], dtype=dtype))[None, None]
        ),
    ),
    "later.one_layer_sees": another(
        later, "blueprint_named", lambda _: lambda _: blueprint_named("resnet34")
    ),
    "later.norm_first": another(
        nn,
        "TransformerEncoderLayer",
        lambda layer: lambda *a, norm_first, **k: layer(*a, norm_first=not norm_first, **k),
    ),
    "later.pools": another(functional, "avg_pool2d", lambda _: functional.max_pool2d),
    "relatives.contrast": another(
        nn, "InstanceNorm2d", lambda _: lambda c, eps: nn.BatchNorm2d(c, eps)
    ),
    "relatives.gradient_of_a_batch": another(
        functional, "batch_norm", lambda norm: lambda x, *a, **k: norm(x, *a, **k).detach() + x
    ),
    "relatives.mean_outside_the_gradient": another(
        relatives, "_learned_bias", lambda learned: lambda constant: learned(not constant)
    ),
    "relatives.one_kernel_of_three": another(
        relatives,
        "folded_convolution",
        lambda _: (
            lambda conv, norm: nn.Conv2d(
                8, 8, conv.kernel_size, padding=conv.padding
            ).requires_grad_(False)
        ),
    ),
    "relatives.small_numbers": another(nn, "BatchNorm1d", lambda layer: partial(layer, eps=1e-3)),
    "relatives.synchronised": another(
        relatives,
        "_with_shared_sums",
        lambda shared: (
            lambda parts, slopes: tuple(
                torch.cat(found)
                for found in zip(
                    *[shared((x,), (dy,)) for x, dy in zip(parts, slopes, strict=True)], strict=True
                )
            )
        ),
    ),
    "trained.before_or_after": no_relu,
    "trained.degradation": another(
        trained, "learnt", lambda learnt: lambda depth, _: learnt(depth, True)
    ),
    "trained.deleted_block": another(
        trained, "on_board", lambda found: lambda _: found("resnet20")
    ),
    "trained.drifting_statistics": another(
        trained, "twin", lambda twin: lambda network: without_momentum(twin(network))
    ),
    "trained.recomputed_statistics": another(trained, "norms", lambda _: lambda _: {}),
    "trained.modes_of_a_network": another(
        trained, "on_batch_statistics", lambda _: lambda network: network
    ),
    "trained.residual_equation": no_relu,
    "trained.same_capacity": another(
        trained, "learnt", lambda learnt: lambda depth, _: learnt(depth, True)
    ),
    "tutorials.algorithm_returns_y": another(
        nn.BatchNorm1d, "forward", lambda _: lambda self, x: x * self.weight
    ),
    "tutorials.batch_of_one": another(torch, "var_mean", lambda _: lambda z, *_, **__: (z, 0 * z)),
    "tutorials.dashed_shapes": another(
        tutorials, "blueprint_named", lambda found: lambda _: found("resnet34_c")
    ),
    "tutorials.projection_or_identity": another(
        nn.init, "dirac_", lambda _: lambda weight: nn.init.ones_(weight)
    ),
    "tutorials.stem_without_relu": another(
        functional, "max_pool2d", lambda _: lambda x, *_, **__: functional.avg_pool2d(x, 3, 2, 1)
    ),
    "whiteboard.batch_norm_backward": another(
        written_out, "batch_norm_backward", lambda back: lambda dy, x, gamma: back(dy, 2 * x, gamma)
    ),
    "whiteboard.bottleneck": another(
        written_out.Bottleneck, "forward", lambda _: lambda self, x: self.downsample(x)
    ),
    "whiteboard.convolution": another(
        written_out, "convolution", lambda conv: lambda x, w, *a: conv(x, w.flip(2), *a)
    ),
    "whiteboard.count_resnet": another(
        written_out, "count_resnet", lambda count: lambda blocks: count((*blocks[:3], 4))
    ),
    "whiteboard.decay_groups": another(
        written_out,
        "decay_groups",
        lambda _: (
            lambda network: [
                {"params": list(network.parameters()), "weight_decay": 1e-4},
                {"params": [], "weight_decay": 0.0},
            ]
        ),
    ),
    "whiteboard.norm_values": another(
        written_out, "norm_values", lambda found: lambda network: found(network.layer1)
    ),
    "whiteboard.resnet18": another(
        written_out.ResNet18,
        "forward",
        lambda _: (
            lambda self, x: self.fc(
                self.layer4(self.layer3(self.layer2(self.layer1(self.bn1(self.conv1(x)))))).mean(
                    (2, 3)
                )
            )
        ),
    ),
    "whiteboard.basic_block": another(
        written_out.BasicBlock, "forward", lambda _: lambda self, x: self.bn2(self.conv1(x))
    ),
    "whiteboard.batch_norm": another(
        written_out, "batch_norm", lambda norm: lambda x, *a: norm(x, *a) * 1.01
    ),
    "whiteboard.receptive_field": another(
        written_out, "receptive_field", lambda field: lambda layers: field(layers[1:])
    ),
    "whiteboard.zero_weights": scaled(whiteboard, 0.0),
    "wiring.block_of_zero_gamma": halves,
    "wiring.construction": another(
        wiring,
        "extended_plain",
        lambda found: lambda weights: found("random" if weights == "dirac" else weights),
    ),
    "convolutions.input_coverage": another(
        convolutions,
        "coverage",
        lambda found: (
            lambda: [
                replace(one, name=name)
                for one, name in zip(found(), ("v1.5", "v1", "ResNet-D"), strict=True)
            ]
        ),
    ),
    "convolutions.one_by_one": another(
        nn.Linear, "forward", lambda _: lambda self, x: functional.linear(x, self.weight)
    ),
    "wiring.one_layer_branch": no_relu,
    "wiring.order_of_activation": halves,
    "convolutions.receptive_fields": another(
        nn, "AvgPool2d", lambda layer: lambda k, s, p: layer(1, s, 0)
    ),
    "wiring.relu_before_addition": no_relu,
    "wiring.relu_keeps_identity": another(wiring, "one_layer", lambda f: lambda: f()[::2] * 2),
    "convolutions.shapes_at_the_addition": another(
        nn, "Conv2d", lambda layer: lambda i, o, k, s, p: layer(i, o, k, 1, p)
    ),
    "convolutions.stacked_kernels": another(
        torch,
        "ones",
        lambda ones: lambda *shape: ones(1, 1, 5, 5) if len(shape) == 4 else ones(shape),
    ),
    "convolutions.versions": another(
        convolutions, "preset", lambda preset: lambda name: preset(name.removesuffix("_v1"))
    ),
    "wiring.zero_weights": another(wiring, "one_layer", lambda found: lambda: found()[::-1]),
}
"""Function of a proof -> a fault in what it computes; those that count else build another
network."""
COUNTS = ("counting.", "layers.", "shortcuts.")


@pytest.mark.parametrize("what", PROOFS)
def test_a_proof_fails_when_what_it_computes_is_spoilt(monkeypatch, what):
    name = what.split()[0]
    fault = FAULTS.get(name, other_network if name.startswith(COUNTS) else None)
    assert fault, f"{name} has no fault to be tried with"
    fault(monkeypatch)
    assert not prove(what).holds


def test_every_fault_is_of_a_proof():
    assert set(FAULTS) <= {what.split()[0] for what in PROOFS}


@pytest.mark.parametrize("what", PROOFS)
def test_a_proof_fails_for_another_number(monkeypatch, what):
    """Three units of the last digit are too much for any line that claims a number."""

    def exact(subject, claimed, computed):
        return result.exact(subject, claimed + 1, computed)

    def near(subject, claimed, computed, tolerance, unit=""):
        digits = len(claimed.partition(".")[2])
        return result.near(
            subject, f"{float(claimed.replace(',', '')) + 3 / 10**digits:.{digits}f}",
            computed, tolerance, unit,
        )  # fmt: skip

    changed = []
    for theme in map(import_module, (f"{proofs.__name__}.{theme}" for theme in THEMES)):
        for name, wrong in (("exact", exact), ("near", near)):
            if hasattr(theme, name):
                monkeypatch.setattr(
                    theme, name, lambda *a, wrong=wrong: changed.append(line := wrong(*a)) or line
                )
    proof = prove(what)
    assert not any(line.holds for line in changed)
    assert all(line.holds for line in proof.lines if line not in changed)
