"""Two networks side by side: nothing is lost, nothing counted twice, and what differs is named."""

from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.architecture import FAMILIES, PRESETS, blueprint, preset, smallest_image_size
from explorer.architecture.alignment import aligned, differing_fields, matters, runs
from explorer.architecture.causes import causes
from explorer.architecture.costs import MEASURES
from explorer.architecture.edit_distance import align
from tests.strategies import specs

BLUEPRINTS = {name: blueprint(p.spec, p.image_size) for name, p in PRESETS.items()}


def of(left, right):
    return aligned(BLUEPRINTS[left], BLUEPRINTS[right])


def paths(ops):
    return Counter(op.path for op in ops if op is not None)


def hold(one):
    """What has to hold for any two networks."""
    by_op = [pair for block in one.pairs for pair in block.ops]
    assert paths(pair.left for pair in by_op) == paths(one.left.ops)
    assert paths(pair.right for pair in by_op) == paths(one.right.ops)
    names = [pair.name for pair in one.pairs]
    assert len(set(names)) == len(names)
    found = causes(one)
    for measure in MEASURES:
        total = getattr(one.right, measure) - getattr(one.left, measure)
        assert one.difference(measure) == total
        assert sum(pair.difference(measure) for pair in one.pairs) == total
        assert sum(pair.difference(measure) for pair in by_op) == total
        assert sum(getattr(cause, measure) for cause in found) == total
    for block in one.pairs:
        both = block.left is not None and block.right is not None
        if both:
            assert (block.left.likeness == block.right.likeness) == (not block.differs), block.name
        else:
            assert block.differs == ("missing",)
    assert [pair.left for pair in one.pairs if pair.left and pair.left.shortcut] == [
        *one.left.blocks
    ]
    assert [pair.right for pair in one.pairs if pair.right and pair.right.shortcut] == [
        *one.right.blocks
    ]


def neighbours():
    """Each network beside the next of its family, and the first of each family with each other."""
    firsts = [next(n for n, p in PRESETS.items() if p.family == family) for family in FAMILIES]
    names = list(PRESETS)
    return sorted({*pairwise(names), *combinations(firsts, 2), *FAR})


FAR = (
    ("resnet1202", "preact_resnet1001"),
    ("resnet18", "resnet152"),
    ("resnet50", "resnet50_os16"),
    ("resnet50", "seresnet50"),
    ("resnet20", "resnet20_both"),
    ("wrn_28_10", "resnext29_8x64d"),
)


@pytest.mark.parametrize(("left", "right"), neighbours())
def test_nothing_is_lost_and_swapping_swaps_signs(left, right):
    one, back = of(left, right), of(right, left)
    hold(one)
    assert one.differs == back.differs
    assert Counter(pair.differs for pair in one.pairs) == Counter(
        pair.differs for pair in back.pairs
    )
    for measure in MEASURES:
        assert one.difference(measure) == -back.difference(measure)
        swapped = {cause.id: getattr(cause, measure) for cause in causes(back)}
        assert {cause.id: -getattr(cause, measure) for cause in causes(one)} == swapped
    assert one.fields == back.fields != ()


def test_all_pairs_of_presets():
    """Every op of any two networks is there once, and the differences sum to the totals."""
    for left, right in combinations(PRESETS, 2):
        one = of(left, right)
        places = [pair.places for pair in one.pairs if pair.places is not None]
        alone = [pair for pair in one.pairs if pair.places is None]
        for side, bp in enumerate((one.left, one.right)):
            paired = sum(place[side] is not None for found in places for place in found)
            single = sum(len(pair.one.ops) for pair in alone if (pair.left is None) == bool(side))
            assert paired + single == len(bp.ops), (left, right)
        for measure in MEASURES:
            total = getattr(one.right, measure) - getattr(one.left, measure)
            assert one.difference(measure) == total
        assert one.fields, (left, right)


R20, R50, PRE = preset("resnet20"), preset("resnet50"), preset("preact_resnet18_cifar")


@pytest.mark.parametrize(
    ("spec", "changes", "found", "blocks", "params"),
    [
        (R20, {"zero_padding": "both"}, "zeros", 2, 0),
        (R20, {"avg_down": True}, "average", 2, 0),
        (R50, {"avg_down": True}, "average", 3, 0),
        (R50, {"se_ratio": 16}, "gate", 16, 2_530_992),
        (R50, {"norm": "group"}, "norm_kind", 17, 0),
        (R50, {"norm": "none"}, "norm", 17, -53_120),
        (R50, {"norm_eps": 2e-5}, "eps", 17, 0),
        (R50, {"stem_bias": True}, "bias", 1, 64),
        (R50, {"output_stride": 16}, "dilates", 3, 0),
        (R50, {"output_stride": 8}, "dilates", 9, 0),
        (R50, {"expansion": 2}, "width", 17, None),
        (R50, {"stem_width": 32}, "width", 2, None),
        (R50, {"stem": "deep"}, "missing", 1, None),
        (R50, {"stem": "3x3_pool"}, "kernel", 1, 27 * 64 - 147 * 64),
        (PRE, {"final_norm": True}, "norm", 1, 1_024),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_the_cause_of_every_field(spec, changes, found, blocks, params):
    size = 224 if spec is R50 else 32
    one = aligned(blueprint(spec, size), blueprint(replace(spec, **changes), size))
    hold(one)
    assert one.fields == tuple(changes)
    cause = next(cause for cause in causes(one) if cause.id == found)
    assert cause.blocks == blocks
    assert params is None or cause.params == params
    # Whatever else is told, nothing of the difference in parameters hides behind another name.
    if params is not None:
        assert one.difference("params") == params


def test_dilation_takes_all_macs_of_its_stages():
    left, right = (blueprint(replace(R50, output_stride=n), 224) for n in (None, 16))
    found = {cause.id: cause.macs for cause in causes(aligned(left, right))}
    assert found["dilates"] == right.macs - left.macs == 6_208_618_496 - 4_089_184_256


def test_what_the_first_shortcut_reads_is_told_apart_though_no_op_differs():
    one = aligned(blueprint(PRE, 32), blueprint(replace(PRE, share_first=True), 32))
    assert one.differs == ("shortcut",)
    assert [pair.name for pair in one.pairs if pair.differs] == ["layer1.0"]
    (cause,) = causes(one)
    assert (cause.id, cause.blocks, cause.residual) == ("carries", 1, True)
    assert (cause.params, cause.macs, cause.activations) == (0, 0, 0)
    hold(one)


def test_a_first_shortcut_that_reads_another_place_is_told_beside_other_causes():
    """Wider as well: what the addition then writes more counts once, under its own cause."""
    changed = replace(PRE, share_first=True, widths=tuple(2 * width for width in PRE.widths))
    one = aligned(blueprint(PRE, 32), blueprint(changed, 32))
    hold(one)
    assert {"carries", "width"} <= {cause.id for cause in causes(one)}


@settings(max_examples=60)
@given(specs(), specs(), st.integers(32, 72))
def test_any_two_networks(left, right, size):
    size = max(size, smallest_image_size(left), smallest_image_size(right))
    one, back = (
        aligned(blueprint(a, size), blueprint(b, size)) for a, b in ((left, right), (right, left))
    )
    hold(one)
    assert one.differs == back.differs


@pytest.mark.parametrize("name", PRESETS)
def test_a_network_against_itself_has_no_difference(name):
    one = of(name, name)
    hold(one)
    assert one.differs == one.fields == causes(one) == ()
    assert all(pair.left is pair.right for pair in one.pairs)


def test_v1_and_v15_differ_in_the_stride_of_three_blocks():
    one = of("resnet50", "resnet50_v1")
    assert one.fields == ("stride_on",)
    assert [pair.name for pair in one.pairs if pair.differs] == ["layer2.0", "layer3.0", "layer4.0"]
    (cause,) = causes(one)
    assert (cause.id, cause.blocks) == ("stride", 3)
    assert (cause.params, cause.macs) == (0, -231_211_008)
    assert cause.example.op.left.name == "conv1"


@pytest.mark.parametrize(
    ("left", "right", "aspects", "found"),
    [
        ("plain34", "resnet34", ("shortcut",), {"shortcut"}),
        ("resnet50", "resnext50_32x4d", ("groups", "width"), {"groups", "width"}),
        ("resnet18", "d2l_resnet18", ("norm", "width", "bias"), {"norm", "width", "bias"}),
        ("resnet18", "resnet34", ("missing",), {"blocks"}),
        (
            "resnet34",
            "resnet50",
            ("missing", "shortcut", "kernel", "width"),
            {"missing", "shortcut", "kernel", "width"},
        ),
        ("resnet56", "preact_resnet164", None, {"missing", "order", "kernel"}),
    ],
)
def test_what_differs_is_named(left, right, aspects, found):
    one = of(left, right)
    assert aspects is None or one.differs == aspects
    assert found <= {cause.id for cause in causes(one)}


def test_pre_activation_is_a_matter_of_order_in_every_block():
    one = of("resnet50", "preact_resnet50")
    blocks = [pair for pair in one.pairs if pair.left.shortcut]
    assert len(blocks) == 16
    assert all("order" in pair.differs and "missing" not in pair.differs for pair in blocks)
    convolutions = [ops for pair in blocks for ops in pair.ops if ops.left and ops.left.macs]
    assert all(ops.right is not None and ops.left.name == ops.right.name for ops in convolutions)


def test_first_blocks_stand_beside_first_blocks_and_what_is_more_comes_last():
    one = of("resnet18", "resnet152")
    for stage in one.parts[1:-1]:
        assert (stage.pairs[0].left.path, stage.pairs[0].right.path) == (f"{stage.path}.0",) * 2
        alone = [pair.left is None for pair in stage.pairs]
        assert alone == sorted(alone)
    folded = [[len(run) for run in runs(stage.pairs)] for stage in one.parts]
    assert folded == [[1], [1, 1, 1], [1, 1, 6], [1, 1, 34], [1, 1, 1], [1]]


def test_a_stage_that_only_one_has_is_missing():
    one = of("resnet20", "resnet18")
    assert [pair.left for pair in one.parts[4].pairs] == [None, None]
    assert one.pair("right-layer4.0").right.path == "layer4.0"
    with pytest.raises(KeyError):
        one.pair("layer4.0")


def test_the_fields_are_those_of_the_spec():
    assert differing_fields(preset("resnet18"), preset("resnet34")) == ("depths",)
    assert differing_fields(preset("resnet50"), preset("resnet50")) == ()


def test_a_choice_that_decides_nothing_is_told_apart():
    deep, pre = preset("resnet1202"), preset("preact_resnet1001")
    found = [field for field in differing_fields(deep, pre) if matters(field, deep, pre)]
    assert found == ["block", "depths", "activation_order", "shortcut"]
    assert matters("stride_on", preset("resnet50"), preset("resnet50_v1"))
    d2l = preset("d2l_resnet18")
    changed = differing_fields(preset("resnet18"), d2l)
    assert all(matters(field, preset("resnet18"), d2l) for field in changed)


def cheapest(costs, left, right):
    """The same by trying everything."""
    if not left or not right:
        return sum(left) + sum(right)
    return min(
        costs[0][0] + cheapest([row[1:] for row in costs[1:]], left[1:], right[1:]),
        left[0] + cheapest(costs[1:], left[1:], right),
        right[0] + cheapest([row[1:] for row in costs], left, right[1:]),
    )


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_nothing_is_cheaper_than_the_edit_distance(one, other):
    apart = {frozenset("ab"): 1.0, frozenset("ac"): 3.0, frozenset("bc"): 5.0}
    costs = [[apart.get(frozenset(a + b), 0.0) for b in other] for a in one]
    left, right = [2.0] * len(one), [2.0] * len(other)
    pairs = align(costs, left, right)
    assert [i for i, _ in pairs if i is not None] == list(range(len(one)))
    assert [j for _, j in pairs if j is not None] == list(range(len(other)))
    cost = sum(2.0 if i is None or j is None else costs[i][j] for i, j in pairs)
    assert cost == cheapest(costs, left, right)


def test_plain_blocks_share_no_activation_in_which_they_could_differ():
    plain = replace(preset("plain20"), activation_order="pre")
    left, right = (
        blueprint(replace(plain, share_projection=shares, share_first=shares), 32)
        for shares in (True, False)
    )
    assert not any(block.shortcut_inside for block in left.blocks)
    assert causes(aligned(left, right)) == ()
