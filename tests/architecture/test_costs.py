"""Where the costs are: every way of splitting a network adds up to the network."""

import pytest
from hypothesis import given

from explorer.architecture import PRESETS, blueprint, preset
from explorer.architecture.costs import (
    FOLD_ABOVE,
    MEASURES,
    WHOLE,
    amount,
    by_kind,
    by_part,
    look,
    names,
    tree,
)
from tests.strategies import specs_and_sizes

EVERY = [(name, measure) for name in PRESETS for measure in MEASURES]


def of(name: str):
    return blueprint(preset(name), PRESETS[name].image_size)


def assert_adds_up(bp, measure) -> None:
    total = amount(bp, measure)
    assert sum(by_kind(bp, measure).values()) == total
    assert sum(by_part(bp, measure).values()) == total
    parts = {part.name: part for part in tree(bp, measure)}
    assert parts[WHOLE].value == total
    for part in parts.values():
        below = [child.value for child in parts.values() if child.parent == part.name]
        assert not below or sum(below) == part.value
    assert sum(p.equal for p in parts.values() if p.path.count(".") == 1 and "layer" in p.path) >= (
        len(bp.blocks)
    )


@pytest.mark.parametrize(("name", "measure"), EVERY)
def test_every_preset_adds_up(name: str, measure) -> None:
    assert_adds_up(of(name), measure)


@given(specs_and_sizes())
def test_any_network_adds_up(spec_and_size) -> None:
    for measure in MEASURES:
        assert_adds_up(blueprint(*spec_and_size), measure)


def test_split_of_resnet50() -> None:
    assert by_kind(of("resnet50"), "params") == {
        "conv": 20_686_016,
        "projection": 2_776_576,
        "classifier": 2_049_000,
        "batch_norm": 45_440,
    }


def test_option_b_of_basic_networks() -> None:
    for name in ("resnet18", "resnet34"):
        assert by_kind(of(name), "params")["projection"] == 173_824
    assert "projection" not in by_kind(of("resnet20"), "params")


def test_additions_are_the_shortcuts_work() -> None:
    assert by_kind(of("resnet50"), "activations")["add"] == 5_519_360
    assert "add" not in by_kind(of("resnet50"), "macs")


@pytest.mark.parametrize("name", PRESETS)
def test_every_part_can_be_looked_at(name: str) -> None:
    bp = of(name)
    for part in names(bp):
        found = look(bp, part)
        for measure in MEASURES:
            assert sum(amount(row, measure) for row in found.rows) == amount(found.part, measure)
    assert len(names(bp)) == len(set(names(bp)))
    drawn = {part.name for part in tree(bp, "activations")}
    assert drawn - {op.path for op in bp.ops} <= set(names(bp))


def test_long_networks_are_folded() -> None:
    bp = of("resnet1202")
    assert len(names(bp)) == 1 + 1 + (1 + 1) + 2 * (1 + 2) + 1
    assert look(bp, "conv2_1").equal == 200
    assert look(bp, "conv3_2").equal == 199
    assert len(of("resnet152").blocks) < FOLD_ABOVE
    assert look(of("resnet152"), "conv4_2").equal == 1


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(ValueError, match="part='conv9_1' is not in this network"):
        look(of("resnet18"), "conv9_1")
