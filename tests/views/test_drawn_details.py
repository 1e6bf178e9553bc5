"""Details of drawings, each against what it is of: colours, marks, orders and places."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from explorer.architecture import blueprint, preset
from explorer.architecture.alignment import aligned
from explorer.architecture.image_size import size_of
from explorer.architecture.unit import UnitSpec, unit
from explorer.experiments.origin.parts import Largest, Mean, Norm, Pixel, Window
from explorer.experiments.origin.places import Place, op_of
from explorer.experiments.origin.shares import Split
from explorer.views import (
    block_diagram,
    compare_picture,
    diagram,
    diagram_measures,
    gradient_charts,
    op_picture,
    surface_charts,
    unit_boxes,
)
from explorer.views.cells import Cell, draw
from explorer.views.origin import lines, outputs, said, windows
from explorer.views.origin.maps import kernels
from explorer.views.palette import BLUE, LIGHT, ORANGE
from explorer.words import label

BP = blueprint(preset("resnet20"), 32)
SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg):
    return ElementTree.fromstring(svg)


def texts(node):
    return [text.text for text in node.iter(f"{SVG}text")]


@pytest.mark.parametrize(("sign", "slot"), [(1, BLUE), (-1, ORANGE)])
def test_a_cell_is_the_stronger_the_larger(sign, slot):
    drawn = [draw(Cell(sign * size), 0, 0, 50, 4.0) for size in (1.0, 2.0, 4.0)]
    assert all(f'fill="{LIGHT[slot]}"' in cell for cell in drawn)
    faint, middle, strong = (float(re.search(r'fill-opacity="([0-9.]+)"', c)[1]) for c in drawn)
    assert faint < middle < strong


def test_the_winner_of_a_pooling_is_marked_where_it_is():
    window = Window((1, 2), (1, 2), 32, 32)
    part = Largest(
        op_of(BP, "layer1.1.relu1"), Place("maxpool", 0), 0.0, window, np.array([[1.0, 3], [-2, 0]])
    )
    marked = [
        node.get("data-path")
        for node in parsed(windows.window(part)).iter(f"{SVG}g")
        if any(text.get("font-weight") for text in node.iter(f"{SVG}text"))
    ]
    assert marked == [part.source(0, 1).text]


def test_the_keyboard_chooses_the_largest_value_of_an_averaged_map():
    values = np.zeros((12, 12))
    values[3, 4] = 1.0
    part = Mean(op_of(BP, "avgpool"), Place("avgpool", 0), 0.0, values)
    assert 'data-at="3,4"' in windows.mean(part)


def test_a_pixel_is_its_byte_less_the_mean_by_the_deviation():
    part = Pixel(op_of(BP, "conv1"), Place("input", 0, 1, 2), 0.0, 128, 0.5, 0.25)
    assert [one.shown for one in lines.pieces(part) if one.name][:3] == ["128", "0.5", "0.25"]


def test_a_negative_mean_is_subtracted_in_brackets():
    norm = Norm(op_of(BP, "layer1.1.bn1"), Place("bn", 0), 0.0, 3.0, -1.0, 4.0, 0.0, 0.5, 0.25)
    assert "− running mean (−1) ) /" in said.said(norm)


def test_an_outputs_row_is_value_times_weight():
    drawn = texts(parsed(outputs.outputs([outputs.Term(Place("fc", 3), 0.5, 0.25)])))
    assert drawn[-5:] == ["0.5", "0.25", "0.125", "×", "="]


def test_kernels_are_numbered_as_their_channels():
    drawn = parsed(kernels(np.random.default_rng(0).normal(size=(6, 3, 3, 3)), "conv1"))
    named = {g.get("data-path"): texts(g) for g in drawn.iter(f"{SVG}g") if g.get("data-path")}
    assert named == {f"conv1,{index}": [str(index)] for index in range(6)}


def test_a_surfaces_file_says_right_before_up():
    text = surface_charts.squares_csv({"a": surface_charts.Square([-1, 1], [[1, 2], [3, None]])})
    assert text.splitlines() == [
        "network,right,up,loss", "a,-1,-1,1", "a,1,-1,2", "a,-1,1,3", "a,1,1,",
    ]  # fmt: skip


def compared(left, right):
    one = aligned(blueprint(preset(left), 224), blueprint(preset(right), 224))
    return parsed(compare_picture.picture(one, ("A", "B")))


def test_a_gap_is_explained_where_there_is_one():
    gap = label("aspect_meaning.gap")
    assert gap in texts(compared("resnet18", "resnet34"))
    assert gap not in texts(compared("resnet50", "resnet50_v1"))


def test_arcs_beside_boxes_are_dashed_where_the_shape_changes():
    nodes = {g.get("data-path"): g for g in compared("resnet18", "resnet34").iter(f"{SVG}g")}
    for path, dashed in (("layer1.0", 0), ("layer2.0", 2)):
        arcs = nodes[path].iter(f"{SVG}path")
        assert sum(arc.get("stroke-dasharray") == "4 4" for arc in arcs) == dashed


def test_zeros_before_come_before_those_after():
    spec = UnitSpec(in_channels=3, out_channels=6, shortcut="padding", zero_padding="both")
    pad = next(op for op in unit(spec).ops if op.kind == "pad")
    # Three new channels: one before, two after (half, rounded down, as F.pad is called).
    assert label("drawn_op.zeros_around", before=1, after=2) in block_diagram.lines_of(pad)


def test_a_stage_of_an_upright_image_is_higher_than_wide():
    stage = blueprint(preset("resnet50"), size_of(256, 128)).stages[0]
    told = diagram_measures.stage_title(stage)[1]
    assert told == label("drawn_network.stage_size", height=64, width=32, blocks="3 blocks")


def test_a_gate_squeezes_and_excites():
    gate = [op for op in unit(UnitSpec(se_ratio=16)).ops if ".se." in op.path]
    assert label("drawn_block.gate_layers", inner=4, outer=64) in unit_boxes.gate_lines(gate)


def test_an_addition_reads_the_main_branch_first():
    bp = blueprint(preset("resnet50"), 224)
    main, skip, _ = op_picture.items(bp, op_of(bp, "layer1.0.add"))
    assert (main.path, skip.path) == ("layer1.0.bn3", "layer1.0.downsample.1")
    assert main.lines[0] == label("op_picture.main_branch")
    assert skip.lines[0] == label("op_picture.projection")


@pytest.mark.parametrize(("net", "entry"), [("resnet50", "add_relu"), ("preact_resnet50", "add")])
def test_the_legend_knows_whether_a_relu_follows(net, entry):
    source = diagram.sheet(blueprint(preset(net), 224)).source
    other = {"add", "add_relu"} - {entry}
    assert f"{label(f'legend.{entry}')}\\l" in source
    assert f"{label(f'legend.{other.pop()}')}\\l" not in source


def test_the_chosen_blocks_bar_stands_out():
    splits = [Split(path, 0.75, 0.5, 0.25, 1.0, 0.5, 0.0) for path in ("layer1.0", "layer1.1")]
    titles = {"layer1.0": "conv2_1", "layer1.1": "conv2_2"}
    (bars,) = gradient_charts.shares(splits, titles, "layer1.1").data
    assert bars.marker.opacity[1] > bars.marker.opacity[0]
