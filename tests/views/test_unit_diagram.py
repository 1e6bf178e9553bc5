"""The drawing of one block, read as XML: what is in it, where, and in which colour."""

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given

from explorer.architecture.unit import UnitSpec, unit
from explorer.views.palette import BLUE, LIGHT, WRONG, themed
from explorer.views.unit_diagram import WIDTH, picture
from explorer.words import width as text_width
from tests.strategies import unit_specs

SVG = "{http://www.w3.org/2000/svg}"
BOTTLENECK = UnitSpec(56, 256, 512, stride=2, block="bottleneck")


def parsed(spec: UnitSpec) -> ElementTree.Element:
    return ElementTree.fromstring(picture(unit(spec)))


def words(spec: UnitSpec) -> list[str]:
    return [text.text or "" for text in parsed(spec).iter(f"{SVG}text")]


def lines(spec: UnitSpec) -> list[dict[str, str]]:
    """The shortcut's line, and no other: it is the thickest."""
    return [p.attrib for p in parsed(spec).iter(f"{SVG}path") if p.get("stroke-width") == "2.5"]


def test_every_op_shows_its_parameters_and_macs():
    shown = words(replace(BOTTLENECK, shortcut="projection"))
    for op in unit(replace(BOTTLENECK, shortcut="projection")).ops:
        assert not op.params or any(f"{op.params:,} parameters" in text for text in shown)
        assert not op.macs or f"{op.macs:,} MACs" in shown


def boxes(spec: UnitSpec) -> list[tuple[float, float]]:
    """Top and bottom of the main branch's boxes, downwards."""
    found = [r for r in parsed(spec).iter(f"{SVG}rect") if r.get("width") == "176.0"]
    return [(float(r.get("y")), float(r.get("y")) + float(r.get("height"))) for r in found]


@pytest.mark.parametrize("order", ["post", "pre"])
@pytest.mark.parametrize("norm", ["group", "none"])
def test_boxes_touch_where_the_shape_stays_and_every_arrow_has_its_shape(norm, order):
    spec = replace(
        BOTTLENECK, shortcut="projection", norm=norm, activation_order=order, se_ratio=16
    )
    composed = unit(spec)
    main = [op for op in composed.ops if not op.on_shortcut and op.kind != "add"]
    drawn = [op for op in main if ".se." not in op.path or op.kind == "scale"]
    edges = boxes(spec)
    assert len(edges) == len(drawn)
    arrows = [composed.entry]
    for index, (op, following) in enumerate(pairwise(drawn)):
        gap = edges[index + 1][0] - edges[index][1]
        assert gap > 0
        if gap < 10:
            assert op.out_shape == following.out_shape
        else:
            arrows.append(op)
    assert {op.out_shape for op in arrows} == {op.out_shape for op in (composed.entry, *main)} - {
        op.out_shape for op in main if ".se." in op.path and op.kind != "scale"
    }
    shown = words(spec)
    for op in arrows:
        shape = f"({', '.join(map(str, op.out_shape))})"
        wanted = sum(other.out_shape == op.out_shape for other in arrows)
        assert sum(shape in text for text in shown) >= wanted


@pytest.mark.parametrize(
    ("shortcut", "outputs", "dashed", "colour"),
    [
        ("identity", 64, False, BLUE),
        ("projection", 64, True, BLUE),
        ("padding", 128, True, BLUE),
        ("identity", 128, False, WRONG),
        ("identity", 1, False, WRONG),
    ],
)
def test_solid_dashed_and_red(shortcut, outputs, dashed, colour):
    (line,) = lines(UnitSpec(out_channels=outputs, shortcut=shortcut))
    assert ("stroke-dasharray" in line) == dashed
    assert line["stroke"] == LIGHT[colour]


def test_plain_block_has_no_line():
    assert lines(UnitSpec(shortcut="none")) == []
    assert "a plain block" in words(UnitSpec(shortcut="none"))


def test_a_mismatch_is_the_last_thing_drawn():
    shown = words(BOTTLENECK)
    assert shown[-3:] == ["cannot be added", "channels: 512 ≠ 256", "size: 28×28 ≠ 56×56"]
    assert "output" not in shown
    assert "output" in words(replace(BOTTLENECK, shortcut="projection"))


def test_broadcasting_is_warned_about_and_goes_on():
    shown = words(UnitSpec(224, 3, 1, 64))
    assert "1 channel is repeated to make 3" in shown
    assert "output" in shown


def test_shared_activation_is_named():
    spec = UnitSpec(out_channels=128, shortcut="projection", activation_order="pre")
    assert "F(x) + W a" in words(spec)
    assert "F(x) + x" in words(UnitSpec(activation_order="pre"))


@given(unit_specs(channels=2048, size=1024))
def test_nothing_leaves_the_picture(spec):
    root = parsed(spec)
    height = float(root.attrib["height"])
    for text in root.iter(f"{SVG}text"):
        size = int(text.attrib["font-size"])
        assert size >= 14
        width = 0.9 * text_width(text.text or "", size)  # text_width errs on the wide side
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        left = x - width / 2 if text.attrib["text-anchor"] == "middle" else x
        assert left >= 0 and left + width <= WIDTH
        assert 0 < y <= height
    for box in root.iter(f"{SVG}rect"):
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= height


def test_largest_numbers_fit_their_boxes():
    spec = UnitSpec(1024, 2048, 2048, shortcut="projection", conv_bias=True)
    for text in words(spec):
        if "MACs" in text or "parameters" in text:
            assert text_width(text, 14) < 200


def test_colours_follow_the_theme():
    drawn = themed(picture(unit(BOTTLENECK)))
    assert f"var(--colour-{WRONG}" in drawn
    assert f'"{LIGHT[WRONG]}"' not in drawn
