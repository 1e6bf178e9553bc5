"""The trace as rows, the map of the walk, charts of time, the tiles of Home."""

import csv
import io
from xml.etree import ElementTree

import pytest

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.architecture.published import figures_of
from explorer.views import overview, trace_charts, trace_map, trace_table
from explorer.views.palette import LIGHT, chart_colour, slot_of, themed
from explorer.words import label

SVG = "{http://www.w3.org/2000/svg}"


def drawn(name):
    return blueprint(preset(name), PRESETS[name].image_size)


# --- rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_rows_sum_to_the_totals_of_the_network(name):
    bp = drawn(name)
    for rows in (trace_table.block_rows(bp), trace_table.op_rows(bp)):
        total = trace_table.total_row(rows)
        assert total["params"] == bp.params
        assert total["macs"] == bp.macs
        assert total["activations"] == bp.activations
        assert total["stage"] == "total"
        assert [list(row) for row in rows] == [list(total)] * len(rows)


@pytest.mark.parametrize("name", PRESETS)
def test_an_opened_block_sums_to_its_row(name):
    bp = drawn(name)
    rows = trace_table.block_rows(bp)
    assert len(rows) == len(bp.parts)
    for part, row in zip(bp.parts, rows, strict=True):
        inside = trace_table.opened_rows(bp, part)
        assert all(list(each) == list(row) for each in inside)
        total = trace_table.total_row(inside)
        for column in trace_table.SUMMED:
            assert total[column] == row[column]
        assert inside[0]["in"] == row["in"]
        assert inside[-1]["out"] == row["out"]
        assert inside[-1]["receptive_field"] == row["receptive_field"]


@pytest.mark.parametrize(
    ("name", "block", "expected"),
    [
        (
            "resnet50",
            "layer2.0",
            {
                "stage": "conv3_x",
                "block": "conv3_1",
                "shortcut": "dashed",
                "in": "(256, 56, 56)",
                "out": "(512, 28, 28)",
                "kernels": "1×1, 3×3/2, 1×1; shortcut 1×1/2",
                "params": 379_392,
                "receptive_field": 43,
            },
        ),
        ("resnet50", "layer2.1", {"shortcut": "solid", "kernels": "1×1, 3×3, 1×1"}),
        ("resnet50_v1", "layer2.0", {"kernels": "1×1/2, 3×3, 1×1; shortcut 1×1/2"}),
        (
            "resnet20",
            "layer2.0",
            {"shortcut": "dashed", "kernels": "3×3/2, 3×3; shortcut padding/2"},
        ),
        ("plain20", "layer2.0", {"shortcut": "none", "kernels": "3×3/2, 3×3"}),
        ("resnet18", "stem", {"stage": "stem", "kernels": "7×7/2, max 3×3/2", "shortcut": None}),
        ("resnet18", "head", {"stage": "head", "kernels": "mean 7×7", "out": "(1000)"}),
    ],
)
def test_a_block_row(name, block, expected):
    row = next(row for row in trace_table.block_rows(drawn(name)) if row["path"] == block)
    assert {key: row[key] for key in expected} == expected


def test_an_op_row():
    rows = {row["op"]: row for row in trace_table.op_rows(drawn("resnet18"))}
    assert rows["layer2.0.downsample.0"] == {
        "stage": "conv3_x",
        "op": "layer2.0.downsample.0",
        "kind": "conv",
        "branch": "shortcut",
        "in": "(64, 56, 56)",
        "out": "(128, 28, 28)",
        "kernel": "1×1",
        "stride": 2,
        "padding": 0,
        "groups": 1,
        "params": 8_192,
        "macs": 6_422_528,
        "receptive_field": 43,
        "output_stride": 8,
        "activations": 100_352,
    }
    assert rows["layer2.0.relu1"]["kernel"] is None
    assert rows["fc"]["branch"] is None


def test_csv_holds_every_row_and_the_total():
    bp = drawn("resnet18")
    rows = trace_table.op_rows(bp, {op.path: f"on {op.path}, so" for op in bp.ops})
    read = list(csv.DictReader(io.StringIO(trace_table.csv_text(rows))))
    assert len(read) == len(bp.ops) + 1
    assert [row["op"] for row in read[:-1]] == [op.path for op in bp.ops]
    assert read[0]["in words"] == "on conv1, so"
    assert sum(int(row["MACs"]) for row in read[:-1]) == int(read[-1]["MACs"]) == bp.macs
    assert read[2]["kernel"] == ""


@pytest.mark.parametrize("name", ["resnet50", "resnet20", "preact_resnet164"])
def test_labels_of_stages_stand_at_their_colours(name):
    bp = drawn(name)
    labels = trace_table.stages_by_colour(bp)
    assert len(set(labels)) == len(labels)
    for row, part in zip(trace_table.block_rows(bp), bp.parts, strict=True):
        assert labels.index(row["stage"]) % 10 == slot_of(part.path)


def test_eight_stages_and_a_head_have_a_label_each():
    bp = blueprint(NetworkSpec("basic", (1,) * 8, (4,) * 8), 512)
    labels = trace_table.stages_by_colour(bp)
    assert {row["stage"] for row in trace_table.block_rows(bp)} <= set(labels)
    assert labels.index("head") % 10 == labels.index("conv9_x") % 10


# --- the map ------------------------------------------------------------------------------------


def nodes(bp, op):
    svg = trace_map.picture(bp, op)
    ElementTree.fromstring(themed(svg))
    root = ElementTree.fromstring(svg)
    return root, {node.get("data-path"): node for node in root.iter() if node.get("data-path")}


@pytest.mark.parametrize("name", PRESETS)
def test_the_map_shows_every_block_and_the_current_ones_ops(name):
    bp = drawn(name)
    for op in (bp.ops[0], bp.ops[len(bp.ops) // 2], bp.ops[-1]):
        root, found = nodes(bp, op)
        here = bp.block(op.path)
        expected = {part.path for part in bp.parts} | {each.path for each in here.ops}
        assert set(found) == expected
        cells = [found[part.path] for part in bp.parts]
        assert [cell.get("fill-opacity") for cell in cells].count("1") == 1
        assert found[here.path].get("fill-opacity") == "1"
        boxes = {each.path: found[each.path].find(f"{SVG}rect") for each in here.ops}
        full = [path for path, box in boxes.items() if box.get("fill") in LIGHT]
        assert full == [op.path]
        width, height = float(root.get("width")), float(root.get("height"))
        for rect in root.iter(f"{SVG}rect"):
            assert float(rect.get("x")) >= 0
            assert float(rect.get("x")) + float(rect.get("width")) <= width
            assert float(rect.get("y")) + float(rect.get("height")) <= height


@pytest.mark.parametrize("name", PRESETS)
def test_cells_never_overlap_and_can_be_hit(name):
    bp = drawn(name)
    _, found = nodes(bp, bp.ops[0])
    places = set()
    for part in bp.parts:
        cell = found[part.path]
        places.add((cell.get("x"), cell.get("y")))
        assert float(cell.get("width")) >= 9
    assert len(places) == len(bp.parts)


def test_dashed_blocks_are_dashed_on_the_map():
    bp = drawn("resnet50")
    _, found = nodes(bp, bp.ops[0])
    dashed = {part.path for part in bp.parts if found[part.path].get("stroke-dasharray")}
    assert dashed == {block.path for block in bp.dashed}


def test_resnet1202_folds_into_a_map_of_one_screen():
    bp = drawn("resnet1202")
    root, _ = nodes(bp, bp.ops[0])
    assert trace_map.fold(bp)[0] > 1
    assert float(root.get("height")) < 250
    assert trace_map.fold(drawn("resnet152"))[0] == 1


def test_a_thousand_blocks_of_one_stage_fit():
    bp = blueprint(NetworkSpec("basic", (1_000,), (4,), stem="cifar"), 8)
    root, found = nodes(bp, bp.ops[-1])
    assert len(found) == 1_002 + len(bp.head.ops)
    assert float(root.get("height")) < 400


# --- charts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["resnet50", "resnet1202"])
def test_time_per_block_is_one_trace_in_the_stages_colours(name):
    bp = drawn(name)
    seconds = {part.path: 0.001 * (place + 1) for place, part in enumerate(bp.parts)}
    figure = trace_charts.time_per_block(bp, seconds)
    [bars] = figure.data
    assert list(bars.x) == [part.title for part in bp.parts]
    assert list(bars.y) == pytest.approx([1e3 * seconds[part.path] for part in bp.parts])
    assert list(bars.marker.color) == [chart_colour(slot_of(part.path)) for part in bp.parts]
    assert sum(row[1] for row in bars.customdata) == pytest.approx(1)
    assert figure.layout.yaxis.title.text == "time, ms"
    assert figure.layout.xaxis.tickfont.size >= 14
    many = figure.layout.xaxis.ticktext
    assert (many is None) == (name == "resnet50")


def test_time_per_kind_holds_all_the_time():
    bp = drawn("resnet18")
    seconds = {op.path: 0.5 if op.kind == "conv" else 0.25 for op in bp.ops}
    [bars] = trace_charts.time_per_kind(bp, seconds).data
    assert sum(bars.x) == pytest.approx(1e3 * sum(seconds.values()))
    assert list(bars.x) == sorted(bars.x, reverse=True)
    assert bars.y[0] in ("conv", "batch norm")
    shares = [100 * value / sum(bars.x) for value in bars.x]
    assert list(bars.text) == [f"{share:.1f}%" for share in shares]
    used = {chart_colour(slot_of(part.path)) for part in bp.parts}
    assert bars.marker.color not in used, "a stage's colour means that stage"
    assert sum(row[0] for row in bars.customdata) == len(bp.ops)


# --- Home ---------------------------------------------------------------------------------------


def test_tiles_of_resnet50():
    tiles = {t.label: (t.value, t.exact) for t in overview.tiles(drawn("resnet50"), [])}
    assert tiles == {
        "Depth": ("50 layers", "16 blocks"),
        "Parameters": ("25.56 M", "25,557,032"),
        "MACs": ("4.089 G", "4,089,184,256"),
        "Weights": ("102.2 MB", "97.5 MiB"),
        "Activations": ("150.2 MB", "143.3 MiB"),
        "Receptive field": ("427 px", "image 224 px"),
        "Output stride": ("32 px", "last map 7×7×2,048"),
        "Top-1 accuracy": ("none", "published"),
    }


@pytest.mark.parametrize("name", PRESETS)
def test_published_figures_are_shown_with_their_sources(name):
    figures = figures_of(name)
    accuracy = overview.tiles(drawn(name), figures)[-1]
    listed = overview.published_list(figures).splitlines()
    for figure, line in zip(figures, listed, strict=True):
        assert line.startswith("- ")
        assert f"{figure.metric} {figure.top1:.6g}\N{NO-BREAK SPACE}%" in line
        assert label(f"protocol.{figure.protocol}") in line
        assert f"[{figure.source.name}]({figure.source.url})" in line
        assert figure.note in line
    if figures:
        assert accuracy.value == f"{figures[0].top1_accuracy:.6g} %"
    else:
        assert accuracy.value == "none"
