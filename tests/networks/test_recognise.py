"""Files of weights are recognised by what their tensors are, under any names, in any wrapper."""

import io
import pickle
import random
import time
from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from explorer.architecture import PRESETS, NetworkSpec, preset
from explorer.networks import build
from explorer.networks.recognise import Recognised, alike, recognise
from explorer.networks.resnet import ResNet
from explorer.networks.weights import WeightsError, load
from tests.networks.dialects_of_files import DIALECTS, contrastive, random_modules, shuffled

SOME = (
    "resnet18", "resnet50", "resnext50_32x4d", "resnet20", "plain20", "preact_resnet18",
    "preact_resnet50", "preact_resnet110", "d2l_resnet18", "resnet50_v1",
)  # fmt: skip


def thin(name: str) -> NetworkSpec:
    """A preset with a quarter of its channels, and of its blocks where they are many."""
    spec = preset(name)
    widths = spec.widths if spec.widths[0] < 64 else tuple(width // 4 for width in spec.widths)
    depths = tuple(min(depth, 12) for depth in spec.depths)
    return replace(spec, widths=widths, depths=depths, num_classes=7, stem_width=None)


def lived_in(spec: NetworkSpec, seed: int = 1) -> ResNet:
    """A network whose batch norms hold statistics and parameters of their own."""
    network = build(spec, seed=seed)
    draw = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None and layer.running_var is not None
            layer.running_mean.normal_(0, 0.1, generator=draw)
            layer.running_var.uniform_(0.5, 1.5, generator=draw)
            layer.weight.data.uniform_(0.5, 1.5, generator=draw)
            layer.bias.data.normal_(0, 0.1, generator=draw)
    return network


def saved(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def answers(network: nn.Module, channels: int = 3) -> Tensor:
    x = torch.randn(2, channels, 64, 64, generator=torch.Generator().manual_seed(0))
    # Laid out as load() does: another order of additions moves logits of a hundred by 1e-4.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.inference_mode():
        return network(x)


def as_this(found: Recognised, spec: NetworkSpec) -> ResNet:
    reading = next(one for one in found.readings if alike(one.spec, spec))
    return load(spec, found.tensors_of(reading))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", SOME)
def test_the_names_and_orders_of_other_projects(name: str, dialect) -> None:
    spec = thin(name)
    network = lived_in(spec)
    found = recognise(saved(dialect(dict(network.state_dict()))), "file.pth")
    assert found.placed
    torch.testing.assert_close(
        answers(as_this(found, spec)), answers(network), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_comes_back_under_random_names(name: str) -> None:
    """Its shapes alone are looked at here: all widths and depths, no numbers."""
    spec = PRESETS[name].spec
    if sum(spec.depths) > 200:
        spec = replace(spec, depths=tuple(min(depth, 40) for depth in spec.depths))
    spec = replace(spec, widths=tuple(max(1, width // 4) for width in spec.widths))
    if spec.stem_width is not None:
        spec = replace(spec, stem_width=max(1, spec.stem_width // 4))
    state = random_modules(dict(build(spec).state_dict()))
    found = recognise(saved(state), "file.pth")
    assert any(alike(one.spec, replace(spec, output_stride=None)) for one in found.readings)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SOME),
    st.integers(0, 10**6),
    st.sampled_from(("", "module.", "model.backbone.", "a.b.c.")),
    st.sampled_from((None, "state_dict", "ema", "x")),
)
def test_random_prefixes_wrappers_and_extras(name, seed, prefix, wrapper) -> None:
    spec = thin(name)
    network = lived_in(spec, seed % 7)
    state = {prefix + key: value for key, value in network.state_dict().items()}
    draw = random.Random(seed)
    items = list(state.items())
    at = draw.randrange(len(items))
    extra = (f"{prefix}criterion.weight", torch.ones(draw.randrange(2, 9)))
    state = dict([*items[:at], extra, *items[at:]])
    whole: object = {wrapper: state, "epoch": seed} if wrapper else state
    found = recognise(saved(whole), "file.pth")
    torch.testing.assert_close(
        answers(as_this(found, spec)), answers(network), rtol=1e-4, atol=1e-4
    )
    assert [one.kind for one in found.aside] == ["criterion"]


@pytest.mark.parametrize("name", ("resnet18", "resnet50", "resnet20", "preact_resnet18"))
def test_without_names_and_order_the_network_is_told_and_not_its_weights(name: str) -> None:
    spec = thin(name)
    found = recognise(saved(shuffled(dict(lived_in(spec).state_dict()))), "file.pth")
    assert any(alike(one.spec, spec) for one in found.readings)
    assert not found.placed


def test_the_query_encoder_is_taken_and_the_others_are_named() -> None:
    network = lived_in(thin("resnet18"))
    found = recognise(saved(contrastive(dict(network.state_dict()))), "moco.pth.tar")
    assert found.prefix == "module.encoder_q"
    assert {one.kind for one in found.aside} == {"copy", "queue"}


def test_a_body_without_a_classifier() -> None:
    state = {k: v for k, v in lived_in(thin("resnet18")).state_dict().items() if k[:2] != "fc"}
    found = recognise(saved(state), "body.pth")
    assert found.head == "none" and ("no classes", {}) in found.notes
    assert load(found.spec, found.tensors)


def test_a_bias_before_a_norm_is_folded_into_it() -> None:
    network = lived_in(thin("resnet18"))
    state = dict(network.state_dict())
    state["conv1.bias"] = torch.randn(16)
    network.conv1.bias = nn.Parameter(state["conv1.bias"])
    found = recognise(saved(state), "bias.pth")
    torch.testing.assert_close(
        answers(load(found.spec, found.tensors)), answers(network), rtol=1e-4, atol=1e-4
    )
    assert found.notes[0][0] == "bias folded"


def test_masks_of_pruning_are_applied() -> None:
    network = lived_in(thin("resnet18"))
    state = {}
    for key, value in network.state_dict().items():
        if key.endswith("conv1.weight") and "layer" in key:
            mask = (torch.rand(value.shape) > 0.5).float()
            state |= {f"{key}_orig": value.clone(), f"{key}_mask": mask}
            value.mul_(mask)
        else:
            state[key] = value
    found = recognise(saved(state), "pruned.pth")
    torch.testing.assert_close(
        answers(load(found.spec, found.tensors)), answers(network), rtol=1e-4, atol=1e-4
    )


def test_two_linear_layers() -> None:
    network = lived_in(thin("resnet18"))
    first, last = nn.Linear(128, 20), nn.Linear(20, 5)
    body = {k: v for k, v in network.state_dict().items() if k[:2] != "fc"}
    head = {"fc.0.weight": first.weight, "fc.0.bias": first.bias}
    head |= {"fc.3.weight": last.weight, "fc.3.bias": last.bias}
    found = recognise(saved(body | head), "two.pth")
    network.fc = nn.Sequential(first, nn.ReLU(), last)  # type: ignore[assignment]
    assert found.spec.num_classes == 5
    torch.testing.assert_close(
        answers(load(found.spec, found.tensors)), answers(network), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("dtype", (torch.half, torch.bfloat16, torch.double, torch.float8_e4m3fn))
def test_other_precisions(dtype: torch.dtype) -> None:
    network = lived_in(thin("resnet20"))
    state = {
        key: value.to(dtype) if value.is_floating_point() else value
        for key, value in network.state_dict().items()
    }
    found = recognise(saved(state), "half.pth")
    loaded = load(found.spec, found.tensors)
    assert loaded.fc.weight.dtype == torch.float32
    wanted = network.fc.weight.to(dtype).float()
    assert torch.equal(loaded.fc.weight, wanted)


@pytest.mark.parametrize("protocol", (0, 1, 2, 3, 4, 5))
def test_plain_pickles_of_tensors_and_of_arrays(protocol: int) -> None:
    network = lived_in(thin("resnet20"))
    tensors = dict(network.state_dict())
    arrays = {key: value.numpy() for key, value in tensors.items()}
    for state in (tensors, arrays):
        found = recognise(pickle.dumps({"model": state}, protocol=protocol), "old.pkl")
        torch.testing.assert_close(
            answers(as_this(found, network.spec)), answers(network), rtol=1e-4, atol=1e-4
        )


def test_what_is_no_residual_network() -> None:
    plain = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 24, 5), nn.Flatten(), nn.Linear(24, 3))
    with pytest.raises(WeightsError, match=r"no ResNet|as those of a ResNet"):
        recognise(saved(plain.state_dict()), "other.pth")
    with pytest.raises(WeightsError, match="none of them is a convolution"):
        recognise(saved(nn.Linear(3, 3).state_dict()), "linear.pth")


def test_what_is_beyond_our_words_is_described_as_far_as_it_goes() -> None:
    state = dict(lived_in(thin("resnet50")).state_dict())
    state["layer2.0.conv3.0.filt"] = torch.ones(32, 1, 3, 3)
    with pytest.raises(WeightsError, match=r"4 stages of bottleneck blocks, 3, 4, 6, 3.*filt"):
        recognise(saved(state), "anti_aliased.pth")


def test_large_files_take_little_beyond_reading() -> None:
    spec = preset("resnet50")
    data = saved(build(spec).state_dict())
    begun = time.process_time()
    torch.load(io.BytesIO(data), weights_only=True)
    reading = time.process_time() - begun
    begun = time.process_time()
    found = recognise(data, "resnet50.pth")
    assert time.process_time() - begun < 2 + 4 * reading
    assert found.preset == "resnet50"


def test_a_pool_before_projections_is_a_reading_where_no_name_tells() -> None:
    spec = thin("resnet18d")
    network = lived_in(spec)
    found = recognise(saved(random_modules(dict(network.state_dict()))), "file.pth")
    assert {one.spec.avg_down for one in found.readings} == {False, True}
    torch.testing.assert_close(
        answers(as_this(found, spec)), answers(network), rtol=1e-4, atol=1e-4
    )
