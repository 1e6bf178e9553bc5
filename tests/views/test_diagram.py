"""The whole network as DOT: every block once, dashed where it is dashed, a shape on every arrow."""

import re
from math import dist
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.architecture import PRESETS, NetworkSpec, blueprint
from explorer.views import diagram
from explorer.views.diagram_measures import LAYOUTS
from explorer.views.folding import (
    FOLD,
    MOST_UNFOLDED,
    foldable,
    groups,
    node_of,
    still_folded,
)
from tests.strategies import specs_and_sizes
from tests.views.graph import legend_words, nodes_and_edges

SHAPE = re.compile(r"^\(\d+(, \d+){0,2}\)(\\n→ \(\d+, \d+, \d+\))?$")


def of_preset(name):
    entry = PRESETS[name]
    return blueprint(entry.spec, entry.image_size)


def check(bp, layout, unfold):
    """What holds for every network, layout and choice of unfolded stages."""
    nodes, edges = nodes_and_edges(diagram.sheet(bp, layout, unfold).source)
    drawn = {path for path in nodes if path in {block.path for block in bp.blocks}}
    hidden = {
        block.path
        for stage in bp.stages
        for group in groups(stage, stage.path in unfold)
        if group.like
        for block in group.blocks
    }
    assert drawn | hidden == {block.path for block in bp.blocks}
    assert not drawn & hidden

    counts = [re.search(r"× (\d+) more", nodes[n]["label"]) for n in nodes if n.startswith(FOLD)]
    assert sum(int(count[1]) for count in counts) == len(hidden)

    dashed = {head for _, head, edge in edges if edge.get("style") == "dashed"}
    assert dashed == {f"{block.path}.add" for block in bp.dashed if block.path in drawn}

    additions = {path for path in nodes if path.endswith(".add")}
    plain = bp.spec.shortcut == "none"
    assert additions == (set() if plain else {f"{path}.add" for path in drawn})
    for plus in additions:
        assert len([edge for edge in edges if edge[1] == plus]) == 2

    for tail, head, edge in edges:
        assert SHAPE.match(edge["label"]), (tail, head, edge["label"])
        # The line is drawn in two pieces, before and after its label.
        assert edge["pos"].count(";") == 1, (tail, head)
        assert {tail, head} <= nodes.keys()

    chain = {"image", "stem", "head"}
    assert len(nodes) == len(chain) + len(drawn) + len(additions) + len(counts)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset(name, layout):
    bp = of_preset(name)
    check(bp, layout, ())


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_unfolded(name):
    bp = of_preset(name)
    check(bp, "stages", foldable(bp))


@settings(max_examples=60)
@given(specs_and_sizes(depth=6), st.sampled_from(LAYOUTS), st.booleans())
def test_every_composed_network(spec_and_size, layout, unfolded):
    bp = blueprint(*spec_and_size)
    check(bp, layout, foldable(bp) if unfolded else ())


@given(specs_and_sizes(depth=7))
def test_what_is_folded_equals_what_it_is_said_to_equal(spec_and_size):
    bp = blueprint(*spec_and_size)
    for stage in bp.stages:
        for group in groups(stage):
            assert len(group.blocks) >= 2 if group.like else len(group.blocks) == 1
            for block in group.blocks if group.like else ():
                assert (block.params, block.macs) == (group.like.params, group.like.macs)
                assert block.shortcut.kind == group.like.shortcut.kind
                assert block.in_shape == group.like.in_shape


def test_the_shapes_on_the_arrows_are_those_of_the_blueprint():
    bp = of_preset("resnet50")
    _, edges = nodes_and_edges(diagram.sheet(bp).source)
    labels = {(tail, head, edge.get("style")): edge["label"] for tail, head, edge in edges}
    assert labels["image", "stem", None] == "(3, 224, 224)"
    assert labels["stem", "layer1.0", None] == "(64, 56, 56)"
    assert labels["layer1.0", "layer1.0.add", None] == "(256, 56, 56)"
    assert labels["stem", "layer1.0.add", "dashed"] == r"(64, 56, 56)\n→ (256, 56, 56)"
    assert labels["layer1.0.add", "layer1.1.add", None] == "(256, 56, 56)"
    assert labels["layer1.2.add", "layer2.0", None] == "(256, 56, 56)"
    assert labels["layer4.2.add", "head", None] == "(2048, 7, 7)"


def test_a_fold_says_what_it_hides():
    nodes, _ = nodes_and_edges(diagram.sheet(of_preset("resnet101")).source)
    assert nodes["fold-layer3"]["label"] == r"× 21 more blocks\nlike conv4_2"
    assert "conv4_3 to conv4_23" in nodes["fold-layer3"]["tooltip"]
    nodes, _ = nodes_and_edges(diagram.sheet(of_preset("resnet1202")).source)
    assert nodes["fold-layer1"]["label"] == r"× 199 more blocks\nlike conv2_1"


def test_nothing_is_folded_that_would_hide_only_one_block():
    assert foldable(of_preset("resnet18")) == ()
    assert foldable(of_preset("resnet50")) == ("layer2", "layer3")


def test_an_unfolded_stage_of_very_many_blocks_stays_partly_folded_and_says_so():
    bp = blueprint(NetworkSpec("basic", (MOST_UNFOLDED + 150,), (4,), stem="cifar"), 8)
    assert still_folded(bp, ("layer1",)) == ("layer1",)
    nodes, _ = nodes_and_edges(diagram.sheet(bp, "stages", ("layer1",)).source)
    assert nodes["fold-layer1"]["label"].startswith("× 150 more blocks")
    resnet1202 = of_preset("resnet1202")
    assert still_folded(resnet1202, foldable(resnet1202)) == ()


def test_a_folded_block_is_found_in_its_fold():
    bp = of_preset("resnet50")
    assert node_of(bp, "layer3.4") == "fold-layer3"
    assert node_of(bp, "layer3.4", ("layer3",)) == "layer3.4"
    assert node_of(bp, "layer3.1") == "layer3.1"
    assert node_of(bp, "stem") == "stem"


def test_a_shortcut_from_inside_its_block_starts_at_the_block():
    _, edges = nodes_and_edges(diagram.sheet(of_preset("preact_resnet50")).source)
    tails = {head: tail for tail, head, edge in edges if float(edge["penwidth"]) > 2}
    assert tails["layer2.0.add"] == "layer2.0"
    assert tails["layer2.1.add"] == "layer2.0.add"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet50", ["solid", "dashed: a 1×1", "addition", "folded", "shape"]),
        ("resnet18", ["solid", "dashed: a 1×1", "addition", "shape"]),
        ("resnet20", ["solid", "dashed: zeros", "addition", "folded", "shape"]),
        ("plain34", ["folded", "shape"]),
    ],
)
def test_the_legend_explains_what_is_drawn_and_nothing_else(name, words):
    found = legend_words(diagram.sheet(of_preset(name)).source)
    assert len(found) == len(words)
    for text, word in zip(found, words, strict=True):
        assert text.startswith(word)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["resnet18", "resnet1202", "plain20", "preact_resnet164"])
def test_it_can_be_drawn(name, layout):
    bp = of_preset(name)
    picture = diagram.sheet(bp, layout).picture
    root = ElementTree.fromstring(picture.svg)
    sizes = {float(text.get("font-size")) for text in root.iter() if text.tag.endswith("}text")}
    assert min(sizes) >= 14
    identifiers = {group.get("id") for group in root.iter() if group.tag.endswith("}g")}
    assert {"stem", "layer1.0", "layer1", "head"} <= identifiers


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["resnet18", "preact_resnet164"])
def test_both_arrows_end_at_the_edge_of_their_addition(name, layout):
    nodes, edges = nodes_and_edges(diagram.sheet(of_preset(name), layout).source)
    ends = [(head, more["pos"].rpartition("e,")[2]) for _, head, more in edges if "add" in head]
    assert len(ends) == 2 * sum(path.endswith(".add") for path in nodes) > 0
    for head, pos in ends:
        end, centre = (
            [float(number) for number in text.split(",")]
            for text in (pos.split()[0], nodes[head]["pos"])
        )
        assert dist(end, centre) == pytest.approx(36 * float(nodes[head]["width"]), abs=0.2)
