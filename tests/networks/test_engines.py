"""Engines against the network's own forward pass: same numbers, whatever the network."""

import copy
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from explorer.architecture import PRESETS, blueprint, preset, smallest_image_size
from explorer.experiments.byte_size import size
from explorer.networks import build
from explorer.networks.engines import (
    ENGINES,
    PACKAGES,
    EngineError,
    is_here,
    make,
    quickest,
)
from explorer.networks.engines import onnx_file as files
from explorer.networks.engines.in_torch import Fused, Stepwise, can_fuse
from explorer.networks.engines.tape import fold, record
from explorer.networks.stopping import stoppable
from explorer.networks.weights import load
from tests.strategies import specs_and_sizes

needs_onednn = pytest.mark.skipif(not can_fuse(), reason="this torch has no oneDNN")


def with_lived_in_norms(network, seed=0):
    """Statistics and factors as after a training: batch norm is no identity any more."""
    generator = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for values, low, high in (
                (layer.running_mean, -0.5, 0.5),
                (layer.running_var, 0.5, 2.0),
                (layer.weight.data, 0.5, 1.5),
                (layer.bias.data, -0.5, 0.5),
            ):
                values.uniform_(low, high, generator=generator)
    return network


def batch(spec, side, images=1):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(images, spec.in_channels, side, side, generator=generator)


def apart(found, wanted):
    """Largest difference as a share of the largest logit."""
    return float((found - wanted).abs().max() / wanted.abs().max())


def summands(network, x):
    """The largest sum of a logit's products without their signs: what rounding is measured by
    where few logits may cancel to nearly nothing."""
    with torch.inference_mode():
        features = dict(network.walk(x))["flatten"].abs()
        return float((features @ network.fc.weight.abs().T + network.fc.bias.abs()).max())


def engines_of(network, x, unwanted=("bfloat16",)):
    """All that are here and count in float32, with their names."""
    for name in ENGINES:
        if name not in unwanted and is_here(name):
            yield name, make(name, network, tuple(x.shape))


SMALL = [
    name for name, entry in PRESETS.items() if blueprint(entry.spec, entry.image_size).macs < 2e9
]


@pytest.mark.parametrize("name", SMALL)
def test_every_engine_answers_as_the_network_does(name):
    entry = PRESETS[name]
    network = build(entry.spec)
    x = batch(entry.spec, smallest_image_size(entry.spec) + 33)
    with torch.inference_mode():
        wanted = network(x)
    # Those from outside are tried in a process each; the deepest take them minutes.
    unwanted = ("bfloat16", *(PACKAGES if sum(entry.spec.depths) > 16 else ()))
    for title, engine in engines_of(network, x, unwanted):
        found = engine(x)
        if wanted.isfinite().all():
            assert apart(found, wanted) < 1e-4, title
        else:  # the deepest overflow as long as they are untrained, whoever runs them
            assert name in ("resnet1202", "preact_resnet1001")
            assert not wanted.isfinite().any() and not found.isfinite().any()


def test_a_classifier_of_two_layers_answers_by_every_engine():
    """As people put on a trained body: linear, ReLU, linear."""
    spec = preset("resnet20")
    plain = build(spec).state_dict()
    torch.manual_seed(2)
    head = {"fc.first.weight": torch.randn(24, 64), "fc.first.bias": torch.randn(24)}
    network = load(spec, {**plain, **head, "fc.weight": torch.randn(10, 24)})
    x = batch(spec, 32)
    with torch.inference_mode():
        wanted = network(x)
        *_, (_, body) = (pair for pair in network.walk(x) if pair[0] == "flatten")
        hidden = (body @ head["fc.first.weight"].T + head["fc.first.bias"]).relu()
        assert torch.allclose(hidden @ network.fc.weight.T + network.fc.bias, wanted, atol=1e-4)
    for title, engine in engines_of(network, x):
        assert apart(engine(x), wanted) < 1e-4, title


def drawn(spec_and_size, images):
    """A network, images, its answer, and what rounding of that is measured by."""
    spec, side = spec_and_size
    network = with_lived_in_norms(build(spec))
    x = batch(spec, side, images)
    with torch.inference_mode():
        try:
            wanted = network(x)
            exact = copy.deepcopy(network).double()(x.double())
        except ValueError:  # torch norms no group of a single value
            assert spec.norm == "group"
            reject()
    scale = summands(network, x)
    if (wanted - exact).abs().max() > 1e-5 * scale:
        # Groups of a few nearly equal values: float32 does not settle their answer at all.
        assert spec.norm == "group"
        reject()
    return network, x, wanted, scale


@settings(max_examples=25, deadline=None)
@given(specs_and_sizes(depth=2), st.integers(1, 3))
def test_any_network_at_any_size_and_batch(spec_and_size, images):
    network, x, wanted, scale = drawn(spec_and_size, images)
    for title, engine in engines_of(network, x, ("bfloat16", *PACKAGES)):
        assert float((engine(x) - wanted).abs().max()) < 1e-4 * scale, title


@pytest.mark.parametrize("title", PACKAGES)
@settings(max_examples=6, deadline=None)
@given(specs_and_sizes(depth=2), st.integers(1, 3))
def test_any_network_by_a_program_from_outside(title, spec_and_size, images):
    """Fewer: each is tried in a process of its own first."""
    if not is_here(title):
        pytest.skip("not installed")
    network, x, wanted, scale = drawn(spec_and_size, images)
    try:
        found = make(title, network, tuple(x.shape), x)(x)
    except EngineError as problem:  # few logits that cancel: what rounding leaves of them
        assert problem.title == "apart", problem
        assert float(wanted.abs().max()) < 1e-2 * scale, problem
    else:
        assert float((found - wanted).abs().max()) < 1e-4 * scale


def test_a_walk_is_recorded_where_it_may_be_broken_off():
    """As a page asks for it, between whose ops somebody looks whether it is still wanted."""
    network, asked = build(preset("resnet20")), []
    with stoppable(lambda: asked.append(None)):
        tape = record(network)
    assert asked
    assert len(tape.steps) == len(record(network).steps)


def test_the_tape_is_the_walk():
    network = build(preset("resnet50"))
    steps = record(network).steps
    paths = [path for path, _ in network.walk(torch.zeros(1, 3, 64, 64))]
    assert len(steps) == len(paths)
    kinds = [step.kind for step in steps]
    assert kinds.count("add") == 16
    assert kinds.count("convolution") == kinds.count("batch_norm") == 53


@pytest.mark.parametrize(("name", "left"), [("resnet18", 0), ("preact_resnet18", 9)])
def test_what_is_folded(name, left):
    """In a pre-activation network a block's first norm reads the sum, and the last feeds no
    convolution: only those behind a convolution of their own can go."""
    network = build(preset(name))
    kinds = [step.kind for step in fold(record(network)).steps]
    assert kinds.count("batch_norm") == left


def test_folded_weights_are_what_torch_folds():
    network = with_lived_in_norms(build(preset("resnet20")))
    first = fold(record(network)).steps[0].layer
    theirs = fuse_conv_bn_eval(network.conv1, network.bn1)
    assert torch.allclose(first.weight, theirs.weight, rtol=1e-6, atol=0)
    assert torch.allclose(first.bias, theirs.bias, rtol=1e-5, atol=1e-6)


@needs_onednn
def test_fused_runs_a_step_for_each_convolution():
    network = build(preset("resnet18"))
    engine = Fused(network, (1, 3, 64, 64))
    kinds = [step.kind for step in engine._tape.steps]
    assert kinds == ["fused", "max_pool", *["fused"] * 19, "mean", "flatten", "linear"]


def test_the_network_stays_as_it_is():
    network = with_lived_in_norms(build(preset("resnet20")))
    before, x = copy.deepcopy(network.state_dict()), batch(network.spec, 32)
    given = x.clone()
    walked = [path for path, _ in network.walk(x)]
    for _, engine in engines_of(network, x):
        engine(x)
    after = network.state_dict()
    assert all(torch.equal(values, after[name]) for name, values in before.items())
    assert torch.equal(x, given)
    assert [path for path, _ in network.walk(x)] == walked


@needs_onednn
def test_another_size_than_it_was_made_for():
    network = with_lived_in_norms(build(preset("resnet20")))
    engine = Fused(network, (1, 3, 32, 32))
    for side, images in ((32, 4), (45, 1), (64, 2)):
        x = batch(network.spec, side, images)
        with torch.inference_mode():
            assert apart(engine(x), network(x)) < 1e-4


def test_bfloat16_is_near():
    network = with_lived_in_norms(build(preset("resnet20")))
    x = batch(network.spec, 32)
    with torch.inference_mode():
        assert apart(Stepwise(network, folds=True, dtype=torch.bfloat16)(x), network(x)) < 0.1


def test_weights_of_engines_are_counted():
    """An engine with weights of its own holds about as much as the network, OpenVINO twice that
    (what a process takes is measured in test_engine_pages.py)."""
    network = build(preset("resnet18"))
    weights = 4 * sum(values.numel() for values in network.parameters())
    for title, engine in engines_of(network, torch.zeros(1, 3, 64, 64), ("eager", "bfloat16")):
        copies = 2 if title == "openvino" else 1
        assert weights * 0.99 < size(engine) / copies < weights * 1.1, title


def test_an_engine_is_broken_off_between_ops():
    network = build(preset("resnet20"))
    x, asked = batch(network.spec, 32), []

    def stop_at_the_third():
        asked.append(None)
        if len(asked) == 3:
            raise InterruptedError

    engine = quickest(network, tuple(x.shape))
    with pytest.raises(InterruptedError), stoppable(stop_at_the_third):
        engine(x)
    assert len(asked) == 3


def test_what_ci_installs_is_tested():
    """requirements-dev.txt has every engine's packages: elsewhere those that lack are left out."""
    if os.environ.get("CI"):
        assert all(is_here(name) for name in PACKAGES)


def test_missing_packages_are_seen(monkeypatch):
    monkeypatch.setattr("explorer.networks.engines.find_spec", lambda name: None)
    assert [name for name in ENGINES if not is_here(name)] == ["onnxruntime", "openvino"]


@pytest.mark.skipif(not is_here("onnxruntime"), reason="onnx is not installed")
def test_the_onnx_file_is_one():
    """onnx's own checker reads it, infers the shapes, and ours are the same."""
    import onnx

    network = build(preset("resnet20"))
    model = onnx.load_from_string(files.onnx_file(network, (2, 3, 32, 32)))
    onnx.checker.check_model(model, full_check=True)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("Conv") == 19
    assert kinds.count("BatchNormalization") == 0
    output = model.graph.output[0].type.tensor_type.shape.dim
    assert [dim.dim_value for dim in output] == [2, 10]


@pytest.mark.skipif(not is_here("onnxruntime"), reason="onnx is not installed")
def test_weights_too_large_for_a_file_are_refused(monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 10**6)
    with pytest.raises(EngineError, match="too large"):
        files.onnx_file(build(preset("resnet20")), (1, 3, 32, 32))


@pytest.mark.parametrize("name", ["folded", "fused", "onnxruntime", "openvino"])
def test_many_threads_share_an_engine(name):
    if not is_here(name):
        pytest.skip("not installed")
    network = with_lived_in_norms(build(preset("resnet20")))
    engine = make(name, network, (1, 3, 32, 32))
    images = torch.randn(12, 1, 3, 32, 32, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        wanted = [network(x) for x in images]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(engine, images))
    assert all(apart(one, other) < 1e-4 for one, other in zip(found, wanted, strict=True))


def test_a_network_is_recorded_where_its_walk_could_be_broken_off():
    """As a server does it: values of a record are no tensors, and have no way back."""
    asked = []
    network = build(preset("resnet20")).eval()
    with stoppable(lambda: asked.append(1)):
        tape = record(network)
    assert asked
    assert [step.kind for step in tape.steps] == [step.kind for step in record(network).steps]
