"""The networks against torchvision's, against forward passes by hand, and under threads."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings

from explorer.architecture import PRESETS, TORCHVISION, NetworkSpec, blueprint, preset
from explorer.networks import ResNet, build
from explorer.networks.torchvision_import import torchvision
from tests.networks.by_hand import logits
from tests.networks.random_weights import randomise
from tests.strategies import specs_and_sizes


def images(spec, size=64, batch=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, spec.in_channels, size, size, generator=generator)


def ours(spec):
    with torch.device("meta"):
        network = ResNet(spec)
    return randomise(network).eval()


def theirs(name, network):
    """torchvision's network with the very weights of ours; strict."""
    with torch.device("meta"):
        twin = torchvision.models.get_model(name)
    twin.load_state_dict(network.state_dict(), strict=True, assign=True)
    return twin.eval()


# --- torchvision --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TORCHVISION)
def test_state_dict_of_torchvision(name):
    with torch.device("meta"):
        mine, twin = ResNet(preset(name)), torchvision.models.get_model(name)
    shapes = [
        {key: (tuple(value.shape), value.dtype) for key, value in network.state_dict().items()}
        for network in (mine, twin)
    ]
    assert list(shapes[0].items()) == list(shapes[1].items()), "in this order, for optimisers"


@pytest.mark.parametrize("name", TORCHVISION)
def test_outputs_equal_torchvisions_to_the_last_bit(name):
    network = ours(preset(name))
    x = images(network.spec)
    with torch.inference_mode():
        expected = theirs(name, network)(x)
        found = network(x)
    assert expected.std() > 0.01, "weights that say nothing would prove nothing"
    assert torch.equal(found, expected)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_training_equals_torchvisions_to_the_last_bit(name):
    """Logits, gradients and running statistics of one step in train mode."""
    network = ours(preset(name)).train()
    twin = theirs(name, ours(preset(name))).train()
    x, target = images(network.spec, 64, batch=2), torch.tensor([3, 7])
    results = []
    for model in (network, twin):
        out = model(x)
        torch.nn.functional.cross_entropy(out, target).backward()
        results.append((out, model))
    assert torch.equal(results[0][0], results[1][0])
    for (key, mine), (_, other) in zip(
        network.named_parameters(), twin.named_parameters(), strict=True
    ):
        assert torch.equal(mine.grad, other.grad), key
    for (key, mine), (_, other) in zip(network.named_buffers(), twin.named_buffers(), strict=True):
        assert torch.equal(mine, other), key


def test_v1_is_torchvision_with_the_strides_moved():
    network = ours(preset("resnet50_v1"))
    twin = theirs("resnet50", network)
    for stage in (twin.layer2, twin.layer3, twin.layer4):
        stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    x = images(network.spec)
    with torch.inference_mode():
        assert torch.equal(network(x), twin(x))
        v15 = ResNet(preset("resnet50")).eval()
        v15.load_state_dict(network.state_dict(), strict=True)
        assert not torch.allclose(v15(x), network(x)), "the stride makes a difference"


@pytest.mark.parametrize(
    ("output_stride", "dilates"), [(16, [False, False, True]), (8, [False, True, True])]
)
def test_dilation_is_torchvisions(output_stride, dilates):
    spec = replace(preset("resnet50"), output_stride=output_stride)
    network = ours(spec)
    twin = torchvision.models.resnet50(replace_stride_with_dilation=dilates).eval()
    twin.load_state_dict(network.state_dict(), strict=True)
    x = images(spec, 96)
    with torch.inference_mode():
        assert torch.equal(network(x), twin(x))
        before_pool = list(network.walk(x))[-4][1]
    assert before_pool.shape == (1, 2048, 96 // output_stride, 96 // output_stride)


def test_squeeze_and_excitation_is_torchvisions():
    from explorer.networks.blocks import SqueezeExcitation

    mine = randomise(SqueezeExcitation(32, 4)).eval()
    twin = torchvision.ops.SqueezeExcitation(32, 4)
    twin.load_state_dict(mine.state_dict(), strict=True)
    x = torch.randn(2, 32, 7, 5, generator=torch.Generator().manual_seed(3))
    assert torch.equal(mine(x), twin(x)) and not torch.allclose(mine(x), x)


def test_expansion_and_width_tell_one_network_in_two_ways():
    """ResNeXt-29 32x4d: 4 channels in each of 32 groups, 256 out of the first stage."""
    usual = NetworkSpec(
        "bottleneck", (3, 3, 3), (64, 128, 256), stem="1x1", groups=32, width_per_group=4
    )
    other = replace(usual, widths=(128, 256, 512), width_per_group=2, expansion=2, stem_width=64)
    with torch.device("meta"):
        states = [ResNet(spec).state_dict() for spec in (usual, other)]
    shapes = [{key: value.shape for key, value in state.items()} for state in states]
    assert shapes[0] == shapes[1]
    assert blueprint(usual, 32).ops == blueprint(other, 32).ops


def test_the_classifier_of_torchvision_for_ten_classes():
    spec = replace(preset("resnet18"), num_classes=10)
    network = ours(spec)
    twin = torchvision.models.resnet18(num_classes=10).eval()
    twin.load_state_dict(network.state_dict(), strict=True)
    x = images(spec, 96)
    with torch.inference_mode():
        assert torch.equal(network(x), twin(x))


# --- by hand ------------------------------------------------------------------------------------

SMALL = {"widths": (6, 8, 8, 12), "num_classes": 7}
NARROW = {
    "option A": {"shortcut": "padding"},
    "option B": {"shortcut": "projection"},
    "option C": {"shortcut": "projection-always"},
    "plain": {"shortcut": "none"},
    "without norms": {"norm": "none"},
    "bare projection": {"norm_on_projection": False},
    "biases": {"conv_bias": True},
    "CIFAR stem": {"stem": "cifar"},
    "three pictures in one": {"in_channels": 9},
    "deep stem": {"stem": "deep"},
    "deep stem without norms": {"stem": "deep", "norm": "none"},
    "3x3 stem and pool": {"stem": "3x3_pool"},
    "3x3 stem, stride 2": {"stem": "3x3_stride2"},
    "1x1 stem": {"stem": "1x1"},
    "wide stem": {"stem_width": 11},
    "bias on the stem": {"stem_bias": True},
    "zeros on both sides": {"shortcut": "padding", "zero_padding": "both"},
    "means before zeros": {"shortcut": "padding", "avg_down": True},
    "means before projections": {"avg_down": True},
    "output stride 16": {"output_stride": 16},
    "output stride 8": {"output_stride": 8},
    "output stride 8, v1": {"output_stride": 8, "stride_on": "1x1"},
    "output stride 8, means": {"output_stride": 8, "avg_down": True},
    "output stride 1": {"output_stride": 1, "stem": "cifar"},
    "expansion 3": {"expansion": 3},
    "squeeze-and-excitation": {"se_ratio": 2},
    "ratio beyond the channels": {"se_ratio": 1000},
    "eps": {"norm_eps": 0.01},
    "no final norm": {"final_norm": False},
    "first shortcut as it is": {"share_first": False, "stem": "cifar", "expansion": 1},
    "projections of x": {"share_projection": False},
    "projections of x, the first one's too": {
        "share_projection": False,
        "share_first": False,
        "stem": "cifar",
    },
    "projections of x, but for the first": {"share_projection": False, "stem": "cifar"},
    "zeros beside x": {"share_projection": False, "shortcut": "padding"},
    "norm after a small stem": {"stem_norm": "always", "stem": "cifar"},
    "no norm before the pool": {"stem_norm": "never"},
    "no norm before the pool, deep": {"stem_norm": "never", "stem": "deep", "expansion": 1},
    "group norm": {"norm": "group"},
    "group norm, eps": {"norm": "group", "norm_eps": 0.01, "widths": (4, 16, 32, 64)},
}


def agrees_with_hand(spec, x):
    """To the last bit; in double precision where the hand adds up in another order than torch."""
    network = ours(spec)
    other_order = spec.avg_down or spec.se_ratio or spec.norm == "group" or spec.output_stride
    if other_order:
        network, x = network.double(), x.double()
    with torch.inference_mode():
        found, expected = network(x), logits(spec, network.state_dict(), x)
    if other_order:
        return torch.allclose(found, expected, rtol=1e-9, atol=1e-9)
    return torch.equal(found, expected)


@pytest.mark.parametrize("order", ["post", "pre"])
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
@pytest.mark.parametrize("change", NARROW.values(), ids=NARROW)
def test_every_choice_against_a_forward_pass_by_hand(block, order, change):
    spec = NetworkSpec(block, (2, 1, 2, 1), **SMALL, activation_order=order)
    spec = replace(spec, **change)
    assert agrees_with_hand(spec, images(spec, 37, batch=2))


@settings(max_examples=60)
@given(specs_and_sizes(largest=48))
def test_any_network_against_a_forward_pass_by_hand(chosen):
    spec, size = chosen
    assert agrees_with_hand(spec, images(spec, size, batch=2))


@pytest.mark.parametrize(
    "name",
    [
        "resnet20",
        "plain20",
        "resnet56",
        "preact_resnet18",
        "preact_resnet50",
        "preact_resnet110",
        "preact_resnet164",
        "d2l_resnet18",
        "resnext50_32x4d",
    ],
)
def test_presets_against_a_forward_pass_by_hand(name):
    spec = preset(name)
    network = ours(spec)
    x = images(spec, 32)
    with torch.inference_mode():
        assert torch.equal(network(x), logits(spec, network.state_dict(), x))


def test_pre_activation_trains_as_by_hand():
    spec = replace(preset("preact_resnet50"), widths=(4, 4, 8, 8), num_classes=5)
    network = ours(spec).train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    x = images(spec, 64, batch=4)
    assert torch.equal(network(x), logits(spec, before, x, training=True))


def test_names_of_pre_activation():
    """No BN on the projection, one more BN before the pool (resnet-1k-layers)."""
    with torch.device("meta"):
        keys = set(ResNet(preset("preact_resnet164")).state_dict())
    assert "final_bn.weight" in keys
    assert "bn1.weight" not in keys, "the CIFAR stem is the bare convolution"
    assert {key for key in keys if "downsample" in key} == {
        f"layer{stage}.0.downsample.0.weight" for stage in (1, 2, 3)
    }


# --- the walk -----------------------------------------------------------------------------------


def test_forward_is_the_last_of_the_walk():
    network = ours(preset("resnet20"))
    x = images(network.spec, 32, batch=3)
    with torch.inference_mode():
        walk = list(network.walk(x))
        assert [path for path, _ in walk] == [op.path for op in blueprint(network.spec, 32)]
        assert torch.equal(walk[-1][1], network(x))


def test_a_walk_can_be_left_early_and_keeps_nothing():
    network = ours(preset("resnet20"))
    x = images(network.spec, 32)
    for path, early in network.walk(x):
        if path == "layer2.0.add":
            break
    again = dict(network.walk(x))["layer2.0.add"]
    assert torch.equal(early, again)
    assert not any(module._forward_hooks for module in network.modules())


def test_what_the_walk_yields_is_not_written_over():
    """A page keeps every feature map of one walk: no op may work in place."""
    network = ours(replace(preset("preact_resnet164"), depths=(2, 2, 2)))
    kept = [(path, out, out.clone()) for path, out in network.walk(images(network.spec, 32))]
    for path, out, copy in kept:
        assert torch.equal(out, copy), path


def skipped(network, x, path):
    """Input of the block, its one output in a walk that skips it, and the state dict."""
    before = None
    for name, out in network.walk(x, skip={path}):
        if name == path:
            return before, out, network.state_dict()
        before = out
    raise AssertionError(f"{path} was not walked")


@pytest.mark.parametrize(
    ("changes", "path", "expected"),
    [
        ({}, "layer1.1", lambda x, s: x.relu()),
        (
            {},
            "layer2.0",
            lambda x, s: torch.nn.functional.batch_norm(
                torch.nn.functional.conv2d(x, s["layer2.0.downsample.0.weight"], None, 2),
                s["layer2.0.downsample.1.running_mean"],
                s["layer2.0.downsample.1.running_var"],
                s["layer2.0.downsample.1.weight"],
                s["layer2.0.downsample.1.bias"],
            ).relu(),
        ),
        (
            {"shortcut": "padding"},
            "layer2.0",
            lambda x, s: torch.cat([x, 0 * x], 1)[:, :, ::2, ::2].relu(),
        ),
        ({"shortcut": "none"}, "layer1.1", lambda x, s: x.relu()),
        ({"activation_order": "pre"}, "layer1.1", lambda x, s: x),
        (
            {"activation_order": "pre", "shortcut": "padding", "norm": "none"},
            "layer2.0",
            lambda x, s: torch.cat([x.relu(), 0 * x], 1)[:, :, ::2, ::2],
        ),
        (
            {"activation_order": "pre", "stem": "cifar", "norm": "none"},
            "layer1.0",
            lambda x, s: x.relu(),
        ),
    ],
    ids=["identity", "projection", "padding", "plain", "pre", "pre padding", "pre bare stem"],
)
def test_a_skipped_block_is_its_shortcut(changes, path, expected):
    spec = replace(NetworkSpec("basic", (2, 2), (4, 8), num_classes=3), **changes)
    network = ours(spec)
    before, out, state = skipped(network, images(spec, 32), path)
    assert torch.equal(out, expected(before, state))


def test_skipping_changes_the_answer_and_walks_one_step():
    network = ours(preset("resnet20"))
    x = images(network.spec, 32)
    with torch.inference_mode():
        whole, without = network(x), network(x, skip={"layer3.1", "layer1.2"})
        paths = [path for path, _ in network.walk(x, skip={"layer3.1"})]
    assert not torch.equal(whole, without)
    assert "layer3.1" in paths
    assert not any(path.startswith("layer3.1.") for path in paths)


def test_a_plain_block_that_changes_the_shape_cannot_be_skipped():
    network = ours(preset("plain20"))
    x = images(network.spec, 32)
    network(x, skip={"layer2.1"})
    with pytest.raises(ValueError, match="plain block that changes the shape"):
        network(x, skip={"layer2.0"})


def test_many_threads_walk_one_network():
    network = ours(preset("resnet20"))
    inputs = [images(network.spec, 32, seed=seed) for seed in range(8)]
    with torch.inference_mode():
        expected = [dict(network.walk(x)) for x in inputs]

    def wrong(turn):
        x, want = inputs[turn % 8], expected[turn % 8]
        with torch.inference_mode():
            return sum(not torch.equal(out, want[path]) for path, out in network.walk(x))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(wrong, range(64))) == 0


# --- initialisation -----------------------------------------------------------------------------


def test_the_seed_decides_everything_and_touches_nothing_else():
    spec = preset("resnet20")
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    first = build(spec, seed=3).state_dict()
    assert torch.equal(torch.random.get_rng_state(), state), "the global generator is untouched"
    torch.manual_seed(6)
    again, other = build(spec, seed=3).state_dict(), build(spec, seed=4).state_dict()
    assert all(torch.equal(value, again[key]) for key, value in first.items())
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])
    assert not torch.equal(first["fc.bias"], other["fc.bias"])


def test_threads_that_build_do_not_disturb_each_other():
    spec = replace(preset("resnet20"), depths=(1, 1, 1))
    alone = {seed: build(spec, seed=seed).state_dict() for seed in range(4)}
    seeds = [seed % 4 for seed in range(16)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda seed: build(spec, seed=seed).state_dict(), seeds))
    for seed, state in zip(seeds, together, strict=True):
        assert all(torch.equal(value, alone[seed][key]) for key, value in state.items())


def test_initialisation_is_distributed_as_torchvisions():
    mine, twin = build(preset("resnet18")).state_dict(), torchvision.models.resnet18().state_dict()
    for key, weights in mine.items():
        reference = twin[key]
        if weights.ndim < 2:
            if not key.startswith("fc"):
                assert torch.equal(weights, reference), "norms start as the identity"
            continue
        wide = weights.numel() ** -0.5
        ratio = weights.std() / reference.std()
        assert abs(ratio - 1) < 5 * wide, key
        assert abs(weights.mean() / reference.std()) < 5 * wide, key
        tails = [(w.abs() > 2 * reference.std()).float().mean() for w in (weights, reference)]
        assert abs(tails[0] - tails[1]) < 5 * wide, key
    for key in ("fc.weight", "fc.bias"):
        assert mine[key].abs().max() <= 512**-0.5
        assert mine[key].abs().max() > 0.98 * 512**-0.5


def test_biases_of_convolutions_start_at_zero():
    network = build(replace(preset("d2l_resnet18"), widths=(4, 4, 4, 4)))
    biases = [layer.bias for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert len(biases) == 17 + 3
    assert not any(bias.any() for bias in biases)


def test_build_gives_a_network_ready_to_run():
    network = build(preset("resnet20"))
    assert not network.training
    assert {p.device.type for p in network.parameters()} == {"cpu"}
    assert network.spec == preset("resnet20")
    with torch.inference_mode():
        assert network(images(network.spec, 32)).isfinite().all()


def test_no_preset_starts_with_numbers_that_overflow():
    """Untrained networks are shown too: their logits must be finite. Deep ones are the test."""
    for name in ("resnet110", "preact_resnet164", "plain110"):
        network = build(PRESETS[name].spec)
        with torch.inference_mode():
            assert network(images(network.spec, 32)).isfinite().all(), name


@pytest.mark.parametrize("device", ["cuda:99", "nonsense", "xpu:7"])
def test_a_device_that_does_not_exist(device):
    with pytest.raises(RuntimeError):
        build(replace(preset("resnet20"), depths=(1, 1, 1)), device)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "preact_resnet50", "resnet20"])
def test_cuda_agrees_with_the_cpu(name):
    spec = preset(name)
    network = build(spec)
    x = images(spec, PRESETS[name].image_size)
    with torch.inference_mode(), torch.backends.cudnn.flags(allow_tf32=False):
        expected = network(x)
        found = build(spec, "cuda")(x.to("cuda")).cpu()
    assert (found - expected).abs().max() <= 1e-3 * expected.abs().max()


def test_a_forward_pass_leaves_nothing_behind():
    """The network has no state that a forward pass changes in eval mode."""
    network = ours(preset("resnet20"))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    attributes = {name: dict(vars(module)) for name, module in network.named_modules()}
    with torch.inference_mode():
        network(images(network.spec, 32))
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    for name, module in network.named_modules():
        assert vars(module).keys() == attributes[name].keys()
