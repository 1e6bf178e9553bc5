"""One block as DOT: every op once, the shortcut's in the order they run, shapes on every arrow."""

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from explorer.architecture import PRESETS, blueprint
from explorer.architecture.notation import shape_text
from explorer.views import block_diagram
from tests.strategies import specs_and_sizes
from tests.views.graph import nodes_and_edges


def of_preset(name):
    entry = PRESETS[name]
    return blueprint(entry.spec, entry.image_size)


def check(bp, block):
    nodes, edges = nodes_and_edges(block_diagram.sheet(block).source)
    ops = {op.path: op for op in block.ops}
    assert nodes.keys() - {"input", "output", "why"} == ops.keys()
    entry = block.ops[0].inputs[0]
    expected = {(src if src in ops else "input", op.path) for op in block.ops for src in op.inputs}
    if entry in ops:
        raise AssertionError("a block's first op reads what came before it")
    expected.add((block.ops[-1].path, "output"))
    assert {(tail, head) for tail, head, _ in edges} == expected

    for tail, _, edge in edges:
        shape = block.in_shape if tail == "input" else ops[tail].out_shape
        assert edge["label"] == shape_text(shape)
        assert edge["pos"].count(";") == 1
    dashed = {(tail, head) for tail, head, edge in edges if edge.get("style") == "dashed"}
    if block.shortcut is not None and block.shortcut.dashed:
        on_shortcut = {op.path for op in block.shortcut_ops}
        assert dashed == {(t, h) for t, h, _ in edges if t in on_shortcut or h in on_shortcut}
    else:
        assert not dashed


@pytest.mark.parametrize("name", PRESETS)
def test_every_kind_of_block_of_every_preset(name):
    bp = of_preset(name)
    firsts = [block for stage in bp.stages for block in stage.blocks[:2]]
    for block in (bp.stem, *firsts, bp.head):
        check(bp, block)


@settings(max_examples=60)
@given(specs_and_sizes())
def test_every_block_of_composed_networks(spec_and_size):
    bp = blueprint(*spec_and_size)
    for block in bp.parts:
        check(bp, block)


def labels(name, path):
    nodes, _ = nodes_and_edges(block_diagram.sheet(of_preset(name).block(path)).source)
    return {
        node.removeprefix(f"{path}."): attributes["label"] for node, attributes in nodes.items()
    }


def test_a_convolution_says_all_that_decides_it():
    found = labels("resnext50_32x4d", "layer2.0")
    assert found["conv2"] == (
        r"conv2: 3×3, stride 2\n256 → 256 channels, 32 groups"
        r"\n18,432 parameters\n14,450,688 MACs"
    )
    assert found["downsample.0"].startswith(r"downsample.0: 1×1, stride 2\n256 → 512 channels")
    assert found["bn3"] == "bn3: batch norm, 1,024 parameters"
    assert found["relu3"] == "relu3: ReLU"
    assert found["add"] == "+"


def test_it_says_why_the_shortcut_is_as_it_is():
    assert labels("resnet50", "layer1.0")["why"] == r"channels 64 → 256, size kept\l"
    assert labels("resnet50", "layer1.1")["why"] == r"nothing changes\l"
    assert "why" not in labels("plain18", "layer2.0")


def test_zero_padding_says_what_it_leaves_out_and_adds():
    assert labels("resnet20", "layer2.0")["pad"] == (
        r"pad: zero padding\nevery second row and column\n16 channels of zeros added"
    )


def test_the_shortcut_of_a_pre_activation_block_starts_where_it_starts():
    for path, start in (("layer2.0", "relu1"), ("layer2.1", "input")):
        _, edges = nodes_and_edges(
            block_diagram.sheet(of_preset("preact_resnet50").block(path)).source
        )
        thick = [(tail, head) for tail, head, edge in edges if float(edge["penwidth"]) > 2]
        assert thick[0][0].removeprefix(f"{path}.") == start


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("resnet50", "layer2.0"),
        ("plain20", "layer1.0"),
        ("resnet20", "layer2.0"),
        ("resnet18", "head"),
    ],
)
def test_it_can_be_drawn(name, path):
    picture = block_diagram.sheet(of_preset(name).block(path)).picture
    root = ElementTree.fromstring(picture.svg)
    sizes = {float(text.get("font-size")) for text in root.iter() if text.tag.endswith("}text")}
    assert min(sizes) >= 14
    assert picture.width <= 500
