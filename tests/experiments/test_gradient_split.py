"""The gradient in its two parts, against hooks on torchvision's network and finite differences."""

import math
from itertools import pairwise

import pytest
import torch
from torch.nn import functional

from explorer.architecture import NetworkSpec, blueprint, preset
from explorer.experiments.origin.gradient import backward, finite_difference
from explorer.experiments.origin.norm_backward import norm_backward, of_layer
from explorer.experiments.origin.shares import Split
from explorer.experiments.origin.twins import bare, twin
from explorer.networks import build
from tests.experiments.test_origin import FAMILIES, SIZE, picture
from tests.networks.random_weights import randomise

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_parts_add_up_to_autograds_gradient(family, mode):
    spec = FAMILIES[family]
    network, bp = build(spec), blueprint(spec, 32)
    randomise(network)
    network.train(mode == "train")
    found = backward(network, picture(spec, 32), bp, 3)
    assert len(found.slopes) == len(bp.ops) + 1
    assert len(found.splits) == (0 if family == "plain" else len(bp.blocks))
    for split in found.splits:
        block = bp.block(split.block)
        assert split.residue <= 1e-5 * max(split.whole, 1e-6)
        assert split.sum == pytest.approx(split.whole, rel=1e-4)
        assert -1.0001 <= split.cosine <= 1.0001 and 0 <= split.left <= 1.0001
        if block.shortcut.kind == "identity":
            assert split.skip == pytest.approx(split.arriving, rel=1e-12)
        if block.shortcut.kind == "padding":
            assert split.skip < split.arriving
    assert all(parameter.grad is None for parameter in network.parameters())


def test_shares_of_the_two_parts_add_up_to_one():
    split = Split("x", 3.0, 4.0, -6.0, 0.0, 4.0, 0.0)
    other = Split("x", 4.0, 3.0, -6.0, 0.0, 4.0, 0.0)
    assert split.share + other.share == pytest.approx(1)
    assert split.share > 0.5 > other.share
    assert split.cosine == -0.5 and split.sum == pytest.approx(math.sqrt(13))
    nothing = Split("x", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert (nothing.share, nothing.cosine, nothing.left) == (0, 0, 0)


def test_hooks_on_torchvisions_network_see_the_same_parts():
    """Its block's first convolution hands back what came through F, its downsample the rest."""
    from explorer.networks.torchvision_import import torchvision

    theirs = torchvision.models.resnet18(weights=None).eval()
    spec = preset("resnet18")
    network, bp = build(spec), blueprint(spec, 64)
    network.load_state_dict(theirs.state_dict())
    x = picture(spec, 64)
    seen = {}

    def keep(path):
        return lambda _, back, __: seen.update({path: back[0].double().norm()})

    blocks = [block.path for block in bp.blocks]
    for path in blocks:
        module = theirs.get_submodule(path)
        module.conv1.register_full_backward_hook(keep(f"{path} main"))
        if module.downsample is not None:
            module.downsample.register_full_backward_hook(keep(f"{path} skip"))
        module.register_full_backward_hook(keep(f"{path} whole"))
    functional.cross_entropy(theirs(x), torch.tensor([7])).backward()
    found = backward(network, x, bp, 7)
    for split in found.splits:
        assert split.main == pytest.approx(float(seen[f"{split.block} main"]), rel=1e-3)
        assert split.whole == pytest.approx(float(seen[f"{split.block} whole"]), rel=1e-3)
        if f"{split.block} skip" in seen:
            assert split.skip == pytest.approx(float(seen[f"{split.block} skip"]), rel=1e-3)
    assert sum("skip" in name for name in seen) == 3


@pytest.mark.parametrize("family", ["basic", "pre-activation", "plain", "biases, no norm"])
def test_a_finite_difference_agrees(family):
    spec = FAMILIES[family]
    network = build(spec)
    randomise(network)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    tried = finite_difference(network, picture(spec), 3, "layer1.0.conv1.weight")
    assert tried.relative < 1e-5 and tried.slope != 0
    assert len(tried.index) == 4
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), "the network itself stays untouched"


def test_batch_norms_way_back_is_autograds():
    generator = torch.Generator().manual_seed(3)
    x, dy = torch.randn(2, 9, 11, generator=generator).double()
    told = norm_backward(x, dy, 1.7, 1e-5, (4, 5))
    assert told.residue < 1e-12 and told.dx == pytest.approx(told.theirs, rel=1e-9)
    # What the way back must obey: dx has mean 0 and is orthogonal to the normalised x.
    layer = torch.nn.BatchNorm2d(1).double()
    with torch.no_grad():
        layer.weight.fill_(1.7)
    source = x[None, None].clone().requires_grad_()
    layer(source).backward(dy[None, None])
    assert told.d_gamma == pytest.approx(float(layer.weight.grad), rel=1e-9)
    assert told.d_beta == pytest.approx(float(layer.bias.grad), rel=1e-9)
    assert told.dx == pytest.approx(float(source.grad[0, 0, 4, 5]), rel=1e-9)


def test_batch_norms_way_back_in_a_network():
    spec = FAMILIES["basic"]
    network, bp = build(spec), blueprint(spec, SIZE)
    randomise(network)
    told, (channel, row, column) = of_layer(network, picture(spec), bp, "layer2.0.bn1", 2)
    assert told.residue <= 1e-9 * max(1, abs(told.dx)) and told.count == 4
    assert told.gamma == float(network.get_parameter("layer2.0.bn1.weight").detach()[channel])
    assert 0 <= row < 2 and 0 <= column < 2


def test_twins():
    residual, plain = preset("resnet20"), preset("plain20")
    assert twin(residual, plain=True) == plain and twin(plain, plain=False) == residual
    assert twin(residual, plain=False) is residual
    assert twin(preset("plain18"), plain=False) == preset("resnet18")
    narrowing = NetworkSpec("basic", (1, 1), (16, 8), stem="cifar", shortcut="none")
    assert twin(narrowing, plain=False).shortcut == "projection"
    assert bare(residual).norm == "none"


def test_a_picture_made_in_inference_mode_is_taken():
    """Which torch lets into no backward pass by itself."""
    spec = FAMILIES["basic"]
    network, bp = build(spec).eval(), blueprint(spec, SIZE)
    x = picture(spec)
    with torch.inference_mode():
        frozen = x.clone()
    assert frozen.is_inference()
    assert backward(network, frozen, bp, 1).loss == backward(network, x, bp, 1).loss


# --- parts that bring nothing -------------------------------------------------------------------


def test_a_branch_that_begins_at_zero_brings_nothing():
    """The last batch norm of every block at gamma = 0, as many train: F hands nothing back."""
    spec = FAMILIES["basic"]
    network, bp = build(spec).eval(), blueprint(spec, 32)
    randomise(network)
    with torch.no_grad():
        for block in bp.blocks:
            network.get_parameter(f"{block.path}.bn2.weight").zero_()
    for split in backward(network, picture(spec, 32), bp, 3).splits:
        assert split.main == 0 < split.skip and split.silence == "main"
        assert (split.share, split.left) == (pytest.approx(1), pytest.approx(1))


def test_a_classifier_that_hands_nothing_back():
    spec = FAMILIES["basic"]
    network, bp = build(spec).eval(), blueprint(spec, 32)
    with torch.no_grad():
        network.fc.weight.zero_()
    found = backward(network, picture(spec, 32), bp, 3)
    assert all(split.silence == "both" for split in found.splits)
    assert all(found.norms[path] == 0 for path in ("input", "avgpool"))
    assert found.norms["fc"] > 0


@pytest.mark.parametrize(
    ("parts", "silence"),
    [
        ((0.0, 0.0, 0.0), "both"),
        ((0.0, 2.0, 0.0), "main"),
        ((2.0, 0.0, 0.0), "skip"),
        ((2.0, 2.0, -4.0), "cancelled"),
        ((2.0, 2.0, -3.9), None),
    ],
)
def test_which_part_is_silent(parts, silence):
    assert Split("x", *parts, 0.0, 2.0, 0.0).silence == silence


# --- what stands between two additions ----------------------------------------------------------


@pytest.mark.parametrize("name", ["preact_resnet18", "preact_resnet110", "resnet18", "resnet20"])
def test_what_stands_between_two_additions(name):
    """Nothing, where a pre-activation block's shortcut is the bare input; else something does."""
    spec = preset(name)
    network, bp = build(spec), blueprint(spec, 32)
    randomise(network)
    found = backward(network.eval(), picture(spec, 32), bp, 3)
    for before, after in pairwise(found.splits):
        block = bp.block(after.block)
        free = spec.activation_order == "pre" and not block.shortcut_inside
        passed = after.whole == pytest.approx(before.arriving, rel=1e-9)
        assert passed is free, block.path
        if block.shortcut.kind == "identity":
            assert after.skip == pytest.approx(after.arriving, rel=1e-9)
        elif free:
            assert after.skip != pytest.approx(after.arriving, rel=1e-6)


# --- batch norm on the board --------------------------------------------------------------------


def test_in_eval_mode_batch_norm_has_one_part():
    spec = FAMILIES["basic"]
    network, bp = build(spec).eval(), blueprint(spec, SIZE)
    randomise(network)
    x = picture(spec).requires_grad_()
    told, at = of_layer(network, x, bp, "layer2.0.bn1", 2)
    seen = dict(network.walk(x))
    loss = functional.cross_entropy(seen["fc"], torch.tensor([2]))
    (slope,) = torch.autograd.grad(loss, seen["layer2.0.conv1"])
    assert told.in_eval == pytest.approx(float(slope[0][at]), rel=1e-4)
    assert told.in_eval != pytest.approx(told.dx, rel=1e-3)
    assert of_layer(network.train(), x, bp, "layer2.0.bn1", 2)[0].in_eval is None
