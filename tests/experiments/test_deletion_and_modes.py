"""Deleted blocks, and train() against eval(), on networks small enough to check by hand."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from explorer.architecture import NetworkSpec, blueprint, preset
from explorer.experiments.deletion import Deletion, candidates, deletions
from explorer.experiments.inference import Prediction, predict
from explorer.experiments.modes import compare_modes
from explorer.networks import build

SPEC = NetworkSpec("basic", (2, 2), (8, 16), stem="cifar", shortcut="padding", num_classes=10)
PLAIN = NetworkSpec("basic", (2, 2), (8, 16), stem="cifar", shortcut="none", num_classes=10)
NAMES = tuple("abcdefghij")
X = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def deleted(spec: NetworkSpec) -> dict[str, object]:
    bp = blueprint(spec, 32)
    found = deletions(build(spec), X, NAMES, bp, candidates(bp))
    return {deletion.block: deletion for deletion in found}


def test_a_deletion_is_the_network_without_that_branch() -> None:
    network, found = build(SPEC), deleted(SPEC)
    assert list(found) == ["layer1.0", "layer1.1", "layer2.0", "layer2.1"]
    assert [found[path].changes_shape for path in found] == [False, False, True, False]
    silent = build(SPEC)
    with torch.no_grad():  # a last gamma and beta of zero silence the branch just as well
        silent.layer1[1].bn2.weight.zero_()
        silent.layer1[1].bn2.bias.zero_()
    expected = predict(silent, X, NAMES).logits
    torch.testing.assert_close(found["layer1.1"].after.logits, expected)
    assert not torch.equal(expected, predict(network, X, NAMES).logits)


def test_plain_blocks_that_change_the_shape_cannot_be_deleted() -> None:
    found = deleted(PLAIN)
    assert found["layer2.0"].after is None
    assert found["layer1.1"].after is not None and found["layer2.1"].after is not None


def test_what_is_left_of_a_class() -> None:
    logits = torch.tensor([0.0, 2.0, 1.0])
    found = Deletion("layer1.0", "conv2_1", False, Prediction(logits, tuple("abc"), 0.0))
    assert found.left(2) == pytest.approx(math.exp(1) / (1 + math.exp(2) + math.exp(1)))
    assert [found.keeps(index) for index in range(3)] == [False, True, False]
    grown = replace(found, after=Prediction(logits * math.inf, tuple("abc"), 0.0))
    assert [grown.left(index) for index in range(3)] == [0.0, 0.0, 0.0]
    assert not any(grown.keeps(index) for index in range(3))
    never = replace(found, after=None)
    assert never.left(1) is None and not never.keeps(1)


def test_deep_networks_are_sampled_evenly_with_all_that_change_the_shape() -> None:
    bp = blueprint(preset("resnet1202"), 32)
    chosen = candidates(bp, 60)
    assert len(chosen) <= 64
    assert {"layer2.0", "layer3.0", "layer1.0"} <= set(chosen)
    assert candidates(blueprint(preset("resnet50"), 224)) == [
        block.path for block in blueprint(preset("resnet50"), 224).blocks
    ]


def test_modes_leave_the_network_as_it_is() -> None:
    network = build(SPEC)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    compare_modes(network, X, NAMES)
    assert not network.training
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_modes_against_torch_itself() -> None:
    network = build(SPEC)
    found = compare_modes(network, X, NAMES, passes=3)
    assert torch.equal(found.evaluated.logits, predict(network, X, NAMES).logits)
    again = build(SPEC).train()
    with torch.no_grad():
        torch.testing.assert_close(found.trained.logits, again(X)[0])
        again(X)
        again(X)
        torch.testing.assert_close(found.afterwards.logits, again.eval()(X)[0])
        company = torch.cat([X, X.flip(3), X * 0.5, X * 1.5])
        torch.testing.assert_close(found.in_company.logits, build(SPEC).train()(company)[0])
    norms = sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert found.moved == found.buffers == norms


def test_train_mode_that_cannot_be() -> None:
    network = build(NetworkSpec("basic", (1, 1), (8, 16), stem="cifar", num_classes=10))
    with pytest.raises(ValueError, match="more than one value per channel"):
        compare_modes(network, torch.randn(1, 3, 2, 2), NAMES)
