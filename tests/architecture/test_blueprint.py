"""Blueprints against real walks, against gradients, and against themselves.

Every preset is walked in tests/networks/test_trace.py; here are networks that nobody named.
"""

import re
from dataclasses import replace
from math import ceil, floor, prod

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset, smallest_image_size
from explorer.architecture.blueprint import _blueprint
from explorer.architecture.structure import repeats
from explorer.networks import ResNet
from explorer.words import FieldError
from tests.strategies import specs, specs_and_sizes

EXAMPLES = settings(max_examples=60)


def walked(spec, size):
    """(path, (C, H, W)) of every op of torch's own forward pass; computes shapes only."""
    with torch.device("meta"):
        network = ResNet(spec).eval()
        images = torch.empty(2, spec.in_channels, size, size)
    return [(path, tuple(out.shape[1:])) for path, out in network.walk(images)], network


def foretold(bp):
    return [(op.path, op.out_shape) for op in bp.ops]


@EXAMPLES
@given(specs_and_sizes(largest=260))
def test_any_network_at_any_size_is_what_torch_runs(chosen):
    spec, size = chosen
    bp = blueprint(spec, size)
    measured, network = walked(spec, size)
    assert foretold(bp) == measured
    assert bp.params == sum(p.numel() for p in network.parameters())
    by_module = {
        name: sum(p.numel() for p in module.parameters(recurse=False))
        for name, module in network.named_modules()
    }
    assert {op.path: op.params for op in bp.ops if op.params} == {
        name: params for name, params in by_module.items() if params
    }


@pytest.mark.parametrize("size", [32, 33, 63, 64, 65, 97, 225, 231, 801])
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet50_v1", "preact_resnet18"])
def test_awkward_image_sizes(name, size):
    spec = preset(name)
    assert foretold(blueprint(spec, size)) == walked(spec, size)[0]


@EXAMPLES
@given(specs_and_sizes())
def test_macs_are_one_per_weight_and_position(chosen):
    """Counted from torch's own weights and outputs."""
    spec, size = chosen
    outputs, network = walked(spec, size)
    macs = sum(
        network.get_submodule(path).weight.numel() * prod(shape[1:])
        for path, shape in outputs
        if isinstance(module_of(network, path), torch.nn.Conv2d | torch.nn.Linear)
    )
    assert blueprint(spec, size).macs == macs


def module_of(network, path):
    """What runs an op; None where no module does."""
    return dict(network.named_modules()).get(path)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("resnet18", 224),
        ("resnet50", 225),
        ("resnext50_32x4d", 64),
        ("resnet56", 32),
        ("plain34", 64),
        ("preact_resnet50", 64),
        ("d2l_resnet18", 96),
    ],
)
def test_torchinfos_totals(name, size):
    """Parameters are equal. torchinfo's mult-adds also count one per batch-norm parameter and
    one per bias and position; ours, as the papers', count multiplications by weights only."""
    from torchinfo import summary

    spec = preset(name)
    bp = blueprint(spec, size)
    with torch.device("meta"):
        network = ResNet(spec)
    found = summary(network, (1, spec.in_channels, size, size), device="meta", verbose=0)
    norms = sum(op.params for op in bp.ops if op.normalises)
    weighted = ("conv", "linear", "gate_linear")
    biases = sum(prod(op.out_shape) for op in bp.ops if op.kind in weighted and op.bias)
    assert found.total_params == found.trainable_params == bp.params
    assert found.total_mult_adds == bp.macs + norms + biases


# --- receptive field ----------------------------------------------------------------------------


def field_by_gradient(spec, size):
    """Rows of the input that the middle of the last feature map really depends on, and the
    distance by which they move for its neighbour.

    Every weight is positive and the pool averages, so that no path is cut.
    """
    with torch.device("meta"):
        network = ResNet(spec)
    network = network.to_empty(device="cpu").double().eval()
    if hasattr(network, "maxpool"):
        network.maxpool = torch.nn.AvgPool2d(3, 2, 1)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.constant_(module.weight, 1 / module.weight[0].numel())
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
        elif isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            torch.nn.init.ones_(module.weight)
            torch.nn.init.zeros_(module.bias)
    shape = (1, spec.in_channels, size, smallest_image_size(spec))  # narrow, for speed
    images = torch.ones(shape, dtype=torch.double, requires_grad=True)
    last = blueprint(spec, smallest_image_size(spec)).feature_op.path
    feature = next(out for path, out in network.walk(images) if path == last)
    middle = feature.shape[2] // 2

    def rows(position):
        (gradient,) = torch.autograd.grad(feature[0, :, position].sum(), images, retain_graph=True)
        return gradient[0].sum((0, 2)).nonzero().flatten()

    here, above = rows(middle), rows(middle - 1)
    inside = above[0] > 0 and here[-1] < size - 1
    assert inside, "the image is too small to see the whole field"
    return int(here[-1] - here[0] + 1), int(here[0] - above[0])


def large_enough(spec):
    """Rows of which the middle position's field and its neighbour's lie wholly inside."""
    bp = blueprint(spec, smallest_image_size(spec))
    return bp.receptive_field + 4 * bp.output_stride + 3


@pytest.mark.parametrize(
    "name",
    [
        "resnet18",
        "resnet50",
        "resnet50_v1",
        "resnet101",
        "resnext50_32x4d",
        "resnet20",
        "resnet56",
        "plain34",
        "preact_resnet18",
        "preact_resnet50",
        "preact_resnet164",
    ],
)
def test_receptive_field_of_presets_by_gradient(name):
    """With one channel per stage: the field depends on kernels and strides only."""
    wide = preset(name)
    spec = replace(wide, widths=(1,) * len(wide.widths), groups=1, width_per_group=64)
    bp = blueprint(wide, PRESETS[name].image_size)
    assert field_by_gradient(spec, large_enough(spec)) == (bp.receptive_field, bp.output_stride)


@settings(max_examples=30)
@given(specs(stages=3, depth=2, width=4))
def test_receptive_field_of_any_network_by_gradient(spec):
    """Means over the whole map are no windows: through them all depends on all."""
    spec = replace(spec, se_ratio=0, norm="none" if spec.norm == "group" else spec.norm)
    bp = blueprint(spec, smallest_image_size(spec))
    assert field_by_gradient(spec, large_enough(spec)) == (bp.receptive_field, bp.output_stride)


# --- what must hold within one blueprint, and between two ---------------------------------------


@EXAMPLES
@given(specs_and_sizes())
def test_a_blueprint_is_consistent_in_itself(chosen):
    spec, size = chosen
    bp = blueprint(spec, size)
    by_path = {op.path: op for op in bp.ops}
    assert len(by_path) == len(bp.ops), "paths are unique"
    seen = {"input": (spec.in_channels, size, size)}
    for op in bp.ops:
        for source in op.inputs:
            assert source in seen, f"{op.path} reads {source} before it ran"
            factors = op.kind == "scale" and source != op.inputs[0]  # one for each channel
            assert seen[source] == ((op.in_shape[0], 1, 1) if factors else op.in_shape)
        assert min(op.out_shape) >= 1
        seen[op.path] = op.out_shape
    read = {source for op in bp.ops for source in op.inputs}
    assert set(by_path) - read == {"fc"}, "every op is read by a later one, but the last"
    assert bp.in_shape == (spec.in_channels, size, size)
    assert bp.out_shape == (spec.num_classes,)
    assert bp.feature_op.out_shape[0] == bp.ops[-1].in_shape[0]
    for whole, parts in ((bp, bp.parts), (bp, (bp.stem, *bp.stages, bp.head))):
        for total in ("params", "macs", "activations"):
            assert getattr(whole, total) == sum(getattr(part, total) for part in parts)
    for stage, depth in zip(bp.stages, spec.depths, strict=True):
        assert len(stage.blocks) == depth
        for total in ("params", "macs", "activations"):
            assert getattr(stage, total) == sum(getattr(b, total) for b in stage.blocks)
    assert len({part.path for part in bp.parts}) == len(bp.parts)
    assert len({part.title for part in bp.parts}) == len(bp.parts)


@EXAMPLES
@given(specs_and_sizes())
def test_every_op_can_be_found_by_its_path(chosen):
    bp = blueprint(*chosen)
    for part in bp.parts:
        assert bp.block(part.path) is part
        for op in part.ops:
            assert bp.block(op.path) is part
            assert op.path.endswith(op.name)
    for index, stage in enumerate(bp.stages):
        assert bp.stage_of(stage.path) == index
        assert all(bp.stage_of(op.path) == index for op in stage.ops)
    assert {bp.stage_of(op.path) for op in (*bp.stem.ops, *bp.head.ops)} == {None}
    for nonsense in ("", "layer9.0", "layer1", "input", "layer1.0.conv", "fc "):
        with pytest.raises(ValueError, match="is not a block or op"):
            bp.block(nonsense)


def test_stage_of_is_not_fooled_by_a_longer_number():
    """layer1 must not claim layer10; with eight stages at most, at least no prefix may."""
    bp = blueprint(preset("resnet18"))
    assert bp.stage_of("layer10.0.conv1") is None
    assert bp.stage_of("layer11") is None


def dashed_by_the_paper(spec, bp):
    """Solid where input and output have the same dimensions, dashed where they grow; with
    option C all are projections (section 3.3). A stage that dilates grows in no dimension but
    its channels."""
    before, reached = bp.stem.out_shape[0], bp.stem.ops[-1].output_stride
    for stage_index, stage in enumerate(bp.stages):
        halves = stage_index > 0 and (not spec.output_stride or 2 * reached <= spec.output_stride)
        reached *= 2 if halves else 1
        widens, before = stage.out_shape[0] != before, stage.out_shape[0]
        for position in range(len(stage.blocks)):
            grows = position == 0 and (halves or widens)
            yield spec.shortcut == "projection-always" or (
                spec.shortcut in ("projection", "padding") and grows
            )


@EXAMPLES
@given(specs_and_sizes())
def test_solid_and_dashed_and_why(chosen):
    spec, size = chosen
    bp = blueprint(spec, size)
    expected = list(dashed_by_the_paper(spec, bp))
    assert [block.shortcut.dashed for block in bp.blocks] == expected
    assert list(bp.dashed) == [b for b, d in zip(bp.blocks, expected, strict=True) if d]
    for block in bp.blocks:
        shortcut = block.shortcut
        kinds = {op.kind for op in block.shortcut_ops}
        assert (shortcut.kind == "projection") == ("conv" in kinds)
        assert (shortcut.kind == "padding") == ("pad" in kinds)
        assert (shortcut.kind != "none") == any(op.kind == "add" for op in block.ops)
        if shortcut.kind == "identity":
            assert shortcut.line == "solid"
            assert shortcut.in_shape == shortcut.out_shape
            assert shortcut.why == "nothing changes"
        assert (shortcut.why == "nothing changes") == (shortcut.in_shape == shortcut.out_shape)
        assert ("channels" in shortcut.why and "size" in shortcut.why) == (
            shortcut.in_shape != shortcut.out_shape
        )
        if shortcut.kind != "none":
            add = next(op for op in block.ops if op.kind == "add")
            feeds = {path: op.out_shape for op in bp.ops for path in [op.path]}
            assert {feeds[path] for path in add.inputs} == {add.out_shape}
            reads_source = [op for op in block.ops if shortcut.source in op.inputs]
            assert len(reads_source) >= 2 or shortcut.source in add.inputs


def test_reasons_read_as_a_sentence():
    reasons = [block.shortcut.why for block in blueprint(preset("resnet50")).dashed]
    assert reasons == [
        "channels 64 → 256, size kept",
        "channels 256 → 512 and size 56×56 → 28×28",
        "channels 512 → 1024 and size 28×28 → 14×14",
        "channels 1024 → 2048 and size 14×14 → 7×7",
    ]
    same_width = NetworkSpec("basic", (1, 1), (8, 8), stem="cifar")
    assert blueprint(same_width, 8).dashed[0].shortcut.why == "size 8×8 → 4×4, channels kept"


@EXAMPLES
@given(specs_and_sizes(largest=64), st.integers(1, 40))
def test_a_larger_image_costs_more_and_learns_no_more(chosen, more):
    spec, size = chosen
    small, large = blueprint(spec, size), blueprint(spec, size + more)
    assert large.params == small.params
    assert large.receptive_field == small.receptive_field
    assert large.output_stride == small.output_stride
    assert large.macs >= small.macs
    assert large.activations >= small.activations
    if more >= small.output_stride:
        assert large.macs > small.macs
        assert large.activations > small.activations


@EXAMPLES
@given(specs_and_sizes())
def test_one_more_block_adds_exactly_that_block(chosen):
    spec, size = chosen
    bp = blueprint(spec, size)
    for stage in range(len(spec.depths)):
        depths = list(spec.depths)
        depths[stage] += 1
        deeper = blueprint(replace(spec, depths=tuple(depths)), size)
        new = deeper.stages[stage].blocks[-1]
        assert deeper.params == bp.params + new.params
        assert deeper.macs == bp.macs + new.macs
        assert deeper.receptive_field > bp.receptive_field
        assert deeper.output_stride == bp.output_stride


@EXAMPLES
@given(specs_and_sizes())
def test_options_in_order_of_their_cost(chosen):
    spec, size = chosen
    spec = replace(spec, widths=tuple(sorted(spec.widths)), stem_width=None)
    none, padding, projection, always = (
        blueprint(replace(spec, shortcut=rule), size)
        for rule in ("none", "padding", "projection", "projection-always")
    )
    for total in ("params", "macs"):
        figures = [getattr(bp, total) for bp in (none, padding, projection, always)]
        assert figures[0] == figures[1]
        assert figures == sorted(figures)
    assert none.receptive_field == always.receptive_field


# --- formulas say what they compute -------------------------------------------------------------


def value_of(formula):
    """Of the left side of 'a product = number', by Python's own arithmetic."""
    left, right = formula.split(" = ")
    left = re.sub(r" \(.*", "", left) if "gamma" in left else left
    return eval(left, {"floor": floor, "ceil": ceil}), int(right.replace(",", ""))


@EXAMPLES
@given(specs_and_sizes())
def test_formulas_compute_what_they_say(chosen):
    for op in blueprint(*chosen).ops:
        for formula, figure in (
            (op.params_formula, op.params),
            (op.macs_formula, op.macs),
        ):
            if figure:
                assert value_of(formula) == (figure, figure)
            else:
                assert formula == "0"
        if op.kind in ("conv", "max_pool", "pad", "local_avg_pool", "flatten"):
            assert value_of(op.size_formula) == (op.out_shape[-1],) * 2


@EXAMPLES
@given(specs_and_sizes(), st.integers(1, 40))
def test_formulas_give_both_sides_of_an_image_that_is_not_square(chosen, more):
    spec, height = chosen
    for op in blueprint(spec, (height, height + more)).ops:
        if op.kind in ("conv", "max_pool", "pad", "local_avg_pool"):
            for axis in (1, 2):
                assert value_of(op.side_formula(axis)) == (op.out_shape[axis],) * 2
            told = (op.side_formula(1), op.side_formula(2))
            square = op.in_shape[1] == op.in_shape[2]
            both = f"height {told[0]}, width {told[1]}"
            assert op.size_formula == (told[0] if square else both)


def test_both_sides_of_256x128():
    ops = {op.path: op for op in blueprint(preset("resnet50"), (256, 128))}
    assert ops["conv1"].size_formula == (
        "height floor((256 + 2*3 - 7)/2) + 1 = 128, width floor((128 + 2*3 - 7)/2) + 1 = 64"
    )
    assert ops["bn1"].size_formula == "height 128 = 128 (size kept), width 64 = 64 (size kept)"
    assert ops["avgpool"].size_formula == "mean over 8*4 positions = 1"


def test_formulas_of_the_textbook():
    ops = {op.path: op for op in blueprint(preset("resnet50"))}
    assert ops["conv1"].size_formula == "floor((224 + 2*3 - 7)/2) + 1 = 112"
    assert ops["layer1.1.conv1"].params_formula == "1*1*256*64 = 16,384"
    assert ops["layer1.1.conv2"].params_formula == "3*3*64*64 = 36,864"
    assert ops["layer1.1.conv3"].params_formula == "1*1*64*256 = 16,384"
    assert ops["layer1.1.conv2"].macs_formula == "3*3*64*64*56*56 = 115,605,504"
    assert ops["bn1"].params_formula == "2*64 (gamma and beta) = 128"
    assert ops["fc"].params_formula == "2048*1000 + 1000 = 2,049,000"
    assert ops["fc"].macs_formula == "2048*1000 = 2,048,000"
    assert ops["avgpool"].size_formula == "mean over 7*7 positions = 1"
    assert ops["layer1.0.add"].params_formula == ops["layer1.0.add"].macs_formula == "0"


# --- sizes that cannot be -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "size",
    [
        0,
        -1,
        31,
        4097,
        10**9,
        224.0,
        "224",
        None,
        True,
        float("nan"),
        (224,),
        (224, 31),
        (224, 224, 3),
    ],
)
def test_images_that_no_resnet50_takes(size):
    with pytest.raises(ValueError, match=r"image_size=.* whole number from 32 .* to 4,096"):
        blueprint(preset("resnet50"), size)


def test_images_that_are_not_square():
    """256x128 is the size of pictures of people in re-identification."""
    bp = blueprint(preset("resnet50"), (256, 128))
    assert (bp.params, bp.macs) == (25_557_032, 2_671_198_208)
    assert bp.in_shape == (3, 256, 128)
    assert bp.feature_op.out_shape == (2048, 8, 4)
    assert blueprint(preset("resnet50"), (128, 256)).macs == bp.macs
    assert blueprint(preset("resnet50"), (224, 224)) == blueprint(preset("resnet50"), 224)


@EXAMPLES
@given(specs_and_sizes(largest=48), st.integers(0, 24))
def test_any_network_on_an_image_that_is_not_square(chosen, wider):
    spec, height = chosen
    bp = blueprint(spec, (height, height + wider))
    with torch.device("meta"):
        network = ResNet(spec).eval()
        images = torch.empty(2, spec.in_channels, height, height + wider)
    assert foretold(bp) == [(path, tuple(out.shape[1:])) for path, out in network.walk(images)]
    macs = sum(
        module_of(network, path).weight.numel() * prod(shape[1:])
        for path, shape in foretold(bp)
        if isinstance(module_of(network, path), torch.nn.Conv2d | torch.nn.Linear)
    )
    assert bp.macs == macs


@EXAMPLES
@given(specs())
def test_the_smallest_image_is_the_smallest_that_every_stride_halves(spec):
    smallest = spec.total_stride
    bp = _blueprint(spec, smallest)  # group norm may take larger ones only
    assert bp.feature_op.out_shape[1:] == (1, 1)
    strided = [op for op in bp.ops if op.stride == 2]
    assert all(op.out_shape[1] * 2 == op.in_shape[1] for op in strided)
    if smallest > 1:
        with pytest.raises(ValueError, match="image_size"):
            blueprint(spec, smallest - 1)


@EXAMPLES
@given(specs(), st.integers(0, 2), st.integers(0, 1))
def test_an_image_has_no_blueprint_exactly_where_torch_refuses_to_normalise_it(spec, more, wider):
    spec = replace(spec, norm="group")
    height = spec.total_stride + more
    with torch.device("meta"):
        network = ResNet(spec).eval()
        image = torch.empty(1, spec.in_channels, height, height + wider)
    try:
        out = network(image)
    except ValueError:
        out = None
    try:
        bp = blueprint(spec, (height, height + wider))
    except FieldError as problem:
        assert out is None and list(problem.fields) == ["image_size", "norm"]
        larger = smallest_image_size(spec)
        assert f"image_size={larger} or more" in str(problem)
        assert blueprint(spec, larger)
    else:
        assert out is not None and bp.ops[-1].out_shape == out.shape[1:]


def test_an_image_whose_activations_no_machine_holds_is_counted():
    spec = replace(preset("resnet18"), stem="cifar", widths=(512,) * 4)
    few, many = blueprint(spec, 64), blueprint(spec, 4096)
    assert few.activations < 500_000_000 < many.activations
    first = many.ops[0]
    assert first.activations == 512 * 4096**2 and first.macs == 27 * first.activations


@pytest.mark.parametrize(
    "change",
    [
        {"kernel": 5},
        {"stride": 2},
        {"padding": 0},
        {"groups": 2},
        {"bias": True},
        {"params": 1},
        {"on_shortcut": True},
        {"dilation": 2},
        {"eps": 1e-3},
        {"zeros_before": 8},
        {"in_shape": (1, 2, 3)},
    ],
)
def test_blocks_are_alike_only_if_nothing_differs_but_their_place(change):
    first, second, third = blueprint(preset("resnet18"), 224).blocks[:3]
    assert first.likeness == second.likeness != third.likeness
    changed = replace(second, ops=(second.ops[0]._replace(**change), *second.ops[1:]))
    assert changed.likeness != first.likeness
    assert [len(run) for run in repeats([first, second, changed, third])] == [2, 1, 1]


def test_a_blueprint_is_computed_once_per_network_and_size():
    spec = preset("resnet50")
    first = blueprint(spec, 224)
    assert blueprint(replace(spec), 224) is first, "an equal spec is the same key"
    assert blueprint(spec, 225) is not first
    assert blueprint(replace(spec, num_classes=10), 224).params < first.params
    for size in range(32, 132):
        blueprint(preset("resnet18"), size)
    assert _blueprint.cache_info().currsize <= _blueprint.cache_info().maxsize < 100


def test_a_blueprint_that_cannot_be_is_said_every_time():
    for _ in range(2):
        with pytest.raises(ValueError, match="image_size=5 "):
            blueprint(preset("resnet50"), 5)
    smallest = replace(preset("resnet20"), depths=(1,), widths=(16,))
    assert blueprint(smallest, 1)
    for size in (True, 1.0, [1], None, "1"):
        with pytest.raises(ValueError, match="image_size="):
            blueprint(smallest, size)


@pytest.mark.parametrize("name", PRESETS)
def test_the_last_feature_map_is_what_the_pool_reads(name):
    bp = blueprint(PRESETS[name].spec, PRESETS[name].image_size)
    pool = next(op for op in bp.head.ops if op.kind == "avg_pool")
    assert pool.inputs == (bp.feature_op.path,)
    assert bp.feature_op.out_shape == pool.in_shape
