"""What Compare draws and lists: every block, its words, its colours; and the paper's Table 1."""

import csv
import io
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import pytest

from explorer.architecture import PRESETS, blueprint, preset
from explorer.architecture.alignment import aligned
from explorer.architecture.block_pairs import ASPECTS
from explorer.architecture.costs import MEASURES
from explorer.architecture.published import figures_of
from explorer.views import compare_picture, compare_rows, compare_tables, table1
from explorer.views.palette import LIGHT
from explorer.words import has_label, label
from tests.views.colour import contrast, distance, seen

SVG = "{http://www.w3.org/2000/svg}"


def of(left, right):
    return aligned(*(blueprint(PRESETS[n].spec, PRESETS[n].image_size) for n in (left, right)))


def drawn(one, unfold=(), titles=("left", "right")):
    return ElementTree.fromstring(compare_picture.picture(one, titles, unfold))


def nodes(svg):
    return {node.get("data-path"): node for node in svg.iter(f"{SVG}g") if node.get("data-path")}


def texts(node):
    return [text.text for text in node.iter(f"{SVG}text")]


def test_a_row_names_both_blocks_and_what_differs():
    row = nodes(drawn(of("resnet50", "resnet50_v1")))["layer2.0"]
    assert texts(row) == [
        "conv3_1", "1×1 → 3×3/2 → 1×1", "128 → 128 → 512",
        "conv3_1", "1×1/2 → 3×3 → 1×1", "128 → 128 → 512",
        "stride", "size",
    ]  # fmt: skip
    assert row.find(f"{SVG}title").text == "conv3_1: stride and size"
    frames = [rect.get("stroke") for rect in row.iter(f"{SVG}rect")]
    assert frames[1:3] == [compare_picture.COLOURS["stride"]] * 2


def test_equal_rows_are_quiet_and_repeats_are_folded():
    found = nodes(drawn(of("resnet50", "resnet50_v1")))
    assert texts(found["layer3.1"])[0] == "conv4_2 × 5"
    assert texts(found["layer3.1"])[-1] == "="
    assert not {r.get("stroke") for r in found["layer3.1"].iter(f"{SVG}rect")} & {
        *compare_picture.COLOURS.values()
    }


def test_a_missing_block_is_a_gap():
    row = nodes(drawn(of("resnet18", "resnet152")))["right-layer3.2"]
    assert texts(row)[0] == "conv4_3 × 34"
    assert texts(row)[-1] == "only right"
    dashed = [r for r in row.iter(f"{SVG}rect") if r.get("stroke-dasharray")]
    assert len(dashed) == 1


def test_unfolded_each_block_has_its_row():
    one = of("resnet18", "resnet152")
    svg = drawn(one, ("layer3",))
    assert {f"right-layer3.{n}" for n in range(2, 36)} < set(nodes(svg))
    assert compare_rows.row_of(one, "right-layer3.20") == "right-layer3.2"
    assert compare_rows.row_of(one, "right-layer3.20", ("layer3",)) == "right-layer3.20"
    deep = of("resnet1202", "preact_resnet1001")
    assert len(nodes(drawn(deep, ("layer1",)))) < compare_rows.MOST_UNFOLDED + 20


@pytest.mark.parametrize("pair", [("resnet18", "resnet152"), ("resnet1202", "preact_resnet1001")])
def test_large_networks_stay_readable(pair):
    svg = drawn(of(*pair), titles=[PRESETS[name].title for name in pair])
    # At four fifths of its size, at which its letters are legible, it is as wide as a telephone.
    assert 0.8 * float(svg.get("width")) < 390 - 2 * 16
    assert float(svg.get("height")) < 1_400
    assert len(nodes(svg)) < 20


def test_titles_are_escaped():
    svg = compare_picture.picture(of("resnet18", "resnet34"), ("<b>&", '"x"'))
    assert "&lt;b&gt;&amp;" in svg
    ElementTree.fromstring(svg)


def test_every_aspect_has_its_words_and_the_legend_shows_only_what_is_there():
    for aspect in ASPECTS:
        assert has_label(f"aspect.{aspect}")
        assert has_label(f"aspect_meaning.{aspect}")
    shown = texts(drawn(of("resnet50", "resnet50_v1")))
    assert label("aspect_meaning.stride") in shown
    assert label("aspect_meaning.kernel") not in shown


def test_the_colours_can_be_told_apart_and_are_no_stages():
    colours = list(compare_picture.COLOURS.values())
    assert not set(colours) & set(LIGHT)
    for colour in colours:
        assert min(contrast(colour, ground) for ground in ("#ffffff", "#11161d")) >= 3
    for eye in (None, "protanopia", "deuteranopia"):
        found = [distance(seen(a, eye), seen(b, eye)) for a, b in combinations(colours, 2)]
        assert min(found) >= 16


@pytest.mark.parametrize("pair", [("resnet50", "resnet50_v1"), ("resnet20", "resnet18")])
@pytest.mark.parametrize("unfold", [(), ("layer1", "layer2")])
def test_rows_sum_to_the_totals(pair, unfold):
    one = of(*pair)
    for table in (compare_tables.block_rows(one, unfold), compare_tables.op_rows(one)):
        *rows, total = table
        for measure in MEASURES:
            for column in (f"{measure}_left", f"{measure}_right", measure):
                assert sum(row[column] for row in rows) == total[column]
            assert total[f"{measure}_left"] == getattr(one.left, measure)
            assert total[measure] == one.difference(measure)


def test_csv_and_markdown_have_every_row():
    one = of("resnet18", "resnet34")
    ops = compare_tables.op_rows(one)
    read = list(csv.DictReader(io.StringIO(compare_tables.csv_text(ops))))
    assert len(read) == len(ops)
    assert read[-1]["MACs difference"] == str(one.difference("macs"))
    lines = compare_tables.markdown(compare_tables.block_rows(one)).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert "+1,849,688,064" in lines[-1]


# The paper's Table 1: blocks per stage and, in 10^9, multiply-adds as printed.
PAPER = {
    "resnet18": ((2, 2, 2, 2), 1.8),
    "resnet34": ((3, 4, 6, 3), 3.6),
    "resnet50_v1": ((3, 4, 6, 3), 3.8),
    "resnet101_v1": ((3, 4, 23, 3), 7.6),
    "resnet152_v1": ((3, 8, 36, 3), 11.3),
}


def test_of_several_figures_by_one_protocol_the_best_known_is_shown():
    """ResNet-110 on CIFAR-10: 6.43 % is the paper's best of five runs, 6.61 % their mean."""
    both = tuple(figures_of(name) for name in ("resnet56", "resnet110"))
    rows = compare_tables.figures(of("resnet56", "resnet110"), both)
    (row,) = [row for row in rows if "Paper" in row["protocol"]]
    assert row["figure"] == "Top-1 error"
    assert (row["left"], row["right"]) == ("6.97\N{NO-BREAK SPACE}%", "6.43\N{NO-BREAK SPACE}%")


def test_table_1_is_the_paper_s():
    columns = list(zip(*table1.cells(), strict=True))
    assert [column[0].network for column in columns] == list(PAPER)
    for column in columns:
        assert tuple(cell.times for cell in column) == PAPER[column[0].network][0]
        macs = table1.blueprints()[column[0].network].macs
        assert abs(macs / 1e9 - PAPER[column[0].network][1]) < 0.1
    assert columns[0][0].lines == ("3×3, 64", "3×3, 64")
    assert columns[4][3].lines == ("1×1, 512", "3×3, 512", "1×1, 2048")
    dashed = [[cell.dashed for cell in column] for column in columns]
    assert dashed == [[False, True, True, True]] * 2 + [[True] * 4] * 3


def test_table_1_as_picture_and_csv():
    svg = ElementTree.fromstring(table1.picture("resnet50_v1"))
    assert len(nodes(svg)) == 20
    assert "resnet50_v1 layer2.0" in nodes(svg)
    shown = texts(svg)
    assert [text for text in shown if text and text.endswith("layers")] == [
        f"{depth} layers" for depth in (18, 34, 50, 101, 152)
    ]
    assert "× 36" in shown
    rows = list(csv.reader(io.StringIO(table1.csv_text())))
    assert {len(row) for row in rows} == {7}
    assert rows[3] == ["conv2_x", "56×56", *["2 x [3×3, 64; 3×3, 64]", "3 x [3×3, 64; 3×3, 64]"],
                       *["3 x [1×1, 64; 3×3, 64; 1×1, 256]"] * 3]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "column"),
    [("resnet50", "resnet50_v1"), ("plain34", "resnet34"), ("resnet20", None),
     ("resnext50_32x4d", None), ("seresnet50", None), ("resnet50_os16", None)],
)  # fmt: skip
def test_the_lit_column_is_that_of_the_same_blocks(name, column):
    assert table1.column_of(preset(name)) == column


@pytest.mark.parametrize(
    "change", [{"expansion": 2}, {"stem_width": 32}, {"output_stride": 8}, {"depths": (3, 4, 6, 4)}]
)
def test_no_column_is_lit_for_a_network_that_the_table_does_not_tell(change):
    assert table1.column_of(replace(preset("resnet50"), **change)) is None
