"""v1 against v1.5: the ledger's figures, and the closed form of reach against torch's gradient."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from explorer.architecture import PRESETS, NetworkSpec, blueprint
from explorer.architecture.strides import reach, stride_study
from tests.strategies import specs_and_sizes


@pytest.mark.parametrize(
    ("name", "percent"), [("resnet50", 6.0), ("resnet101", 3.1), ("resnet152", 2.0)]
)
def test_the_cost_of_v15(name, percent):
    study = stride_study(PRESETS[name].spec, 224)
    assert study.extra_macs == 231_211_008
    assert round(100 * study.extra_macs / study.v1.macs, 1) == percent
    assert study.v1.params == study.v15.params
    assert [block.title for block in study.moved] == ["conv3_1", "conv4_1", "conv5_1"]


def test_the_study_does_not_depend_on_where_the_network_has_its_stride():
    v1, v15 = PRESETS["resnet50_v1"].spec, PRESETS["resnet50"].spec
    assert stride_study(v1, 224) == stride_study(v15, 224)


def test_it_looks_at_the_block_that_is_wanted_if_that_has_a_stride():
    spec = PRESETS["resnet50"].spec
    assert stride_study(spec, 224, "layer3.0").path == "layer3.0"
    for path in (None, "layer3.1", "stem", "layer1.0"):
        assert stride_study(spec, 224, path).path == "layer2.0"


def test_there_is_nothing_to_move_in_basic_blocks_or_in_one_stage():
    assert stride_study(PRESETS["resnet34"].spec, 224) is None
    assert stride_study(NetworkSpec("bottleneck", (2,), (8,), stem="cifar"), 16) is None


def test_reach_of_resnet50():
    study = stride_study(PRESETS["resnet50"].spec, 224)
    assert reach(study.v1.block("layer2.0")) == (0.25, 0.25, 0.25)
    assert reach(study.v15.block("layer2.0")) == (1.0, 1.0, 0.25)
    assert reach(study.v15.block("layer2.1")) == (1.0, 1.0, 1.0)


@settings(max_examples=25)
@given(specs_and_sizes(depth=2, width=6, largest=24))
def test_reach_is_what_torch_finds(spec_and_size):
    torch = pytest.importorskip("torch")
    from explorer.networks import build

    spec, size = spec_and_size
    # Means over a map, or over a group, would make everything depend on everything.
    spec = replace(spec, se_ratio=0, norm="none" if spec.norm == "group" else spec.norm)
    bp = blueprint(spec, size)
    network = build(spec, "cpu")
    for block in bp.blocks[-2:]:
        stage, position = block.path.removeprefix("layer").split(".")
        module = getattr(network, f"layer{stage}")[int(position)]
        # Positive weights and inputs: nothing cancels, and no ReLU closes.
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.fill_(0.5)
        x = torch.ones(1, *block.in_shape, requires_grad=True)
        module(x).sum().backward()
        seen = (x.grad != 0).any(dim=1).double().mean().item()
        assert seen == pytest.approx(reach(block).whole)
