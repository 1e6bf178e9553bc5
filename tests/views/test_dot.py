"""DOT -> SVG: whole, named, in the theme's colours; and clear words where it cannot be drawn."""

from xml.etree import ElementTree

import pytest

from explorer.views import dot
from explorer.views.palette import BLUE, LIGHT, themed
from explorer.views.sheet import Sheet

NASTY = r'<b>"&\N→ \l</b>'
SVG = "{http://www.w3.org/2000/svg}"


def small_sheet(label="(3, 8, 8)"):
    sheet = Sheet("small")
    blue = LIGHT[BLUE]
    sheet.node("layer1.0", (0, 0), (90, 40), [NASTY, "3x3"], choosable=True, bold=True, colour=blue)
    sheet.node("layer1.0.add", (0, 120), (24, 24), ["+"], shape="circle", title="Addition")
    corners = [(0, 20), (60, 20), (60, 120), (12, 120)]
    sheet.arrow("layer1.0", "layer1.0.add", corners, [label], (60, 70), dashed=True, title=NASTY)
    sheet.frame("layer1", (-60, -40, 100, 150), ["conv2_x", NASTY], (0, -25), blue)
    return sheet


@pytest.fixture(scope="module")
def root():
    return ElementTree.fromstring(small_sheet().picture.svg)


def group(root, identifier):
    return next(g for g in root.iter(f"{SVG}g") if g.get("id") == identifier)


def edge(root):
    return next(g for g in root.iter(f"{SVG}g") if "edge" in g.get("class", "").split())


def test_labels_come_out_as_they_went_in(root):
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts.count(NASTY) == 2
    assert {"3x3", "+", "(3, 8, 8)", "conv2_x"} < set(texts)


def test_nodes_are_known_by_path_and_named_for_screen_readers(root):
    block = group(root, "layer1.0")
    assert block.find(f"{SVG}title").text == f"{NASTY} 3x3"
    assert "data-fixed" not in block.attrib
    plus = group(root, "layer1.0.add")
    assert plus.find(f"{SVG}title").text == "Addition"
    assert "data-fixed" in plus.attrib


def test_an_edge_names_its_ends_and_is_dashed(root):
    arrow = edge(root)
    assert (arrow.get("data-tail"), arrow.get("data-head")) == ("layer1.0", "layer1.0.add")
    assert arrow.find(f"{SVG}title").text == NASTY
    lines = arrow.findall(f"{SVG}path")
    assert len(lines) == 2  # before and after the label
    assert all(line.get("stroke-dasharray") for line in lines)


def test_the_first_line_of_a_name_is_bold(root):
    weights = [text.get("font-weight") for text in group(root, "layer1.0").iter(f"{SVG}text")]
    assert weights == ["bold", None]


def test_colours_follow_the_theme(root):
    svg = themed(small_sheet().picture.svg)
    assert f'stroke="var(--colour-{BLUE}, {LIGHT[BLUE]})"' in svg
    assert "var(--st-text-color" in svg
    assert "xlink" not in svg  # no links that a click would follow


def test_the_natural_size_is_in_pixels():
    picture = small_sheet().picture
    root = ElementTree.fromstring(picture.svg)
    assert (float(root.get("width")), float(root.get("height"))) == (picture.width, picture.height)
    assert 160 <= picture.width <= 180
    assert 190 <= picture.height <= 210


def test_the_same_source_is_drawn_once(monkeypatch):
    source = small_sheet("(7, 7, 7)").source
    first = dot.draw(source)
    monkeypatch.setattr(dot.subprocess, "run", None)
    assert dot.draw(source) is first


def test_a_missing_program_is_named_with_its_cure(monkeypatch):
    monkeypatch.setattr(dot.shutil, "which", lambda *_, **__: None)
    with pytest.raises(dot.DrawingError, match="pip install graphviz-pure"):
        dot.draw(small_sheet("missing").source)


@pytest.mark.parametrize("source", ["digraph {", "digraph { a [pos=", "no DOT at all"])
def test_a_source_that_graphviz_refuses_is_one_sentence(source):
    with pytest.raises(dot.DrawingError, match="could not draw the diagram") as caught:
        dot.draw(source)
    assert "\n" not in str(caught.value)
