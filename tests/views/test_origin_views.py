"""Drawings of sums: what is shown adds up, what can be chosen leads to the right place."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from explorer.architecture import blueprint, preset
from explorer.experiments.origin.parts import (
    Cut,
    Largest,
    Mean,
    Norm,
    Sum,
    Window,
    WindowMean,
)
from explorer.experiments.origin.places import Place, op_of
from explorer.experiments.origin.shares import Split
from explorer.experiments.origin.sums import Convolution, Weighted
from explorer.experiments.origin.toy import Toy
from explorer.views import gradient_charts, toy_picture
from explorer.views.cells import tight
from explorer.views.origin import convolution as sums
from explorer.views.origin import said as words
from explorer.views.origin.addition import addition
from explorer.views.origin.classifier import classifier
from explorer.views.origin.maps import kernels
from explorer.views.origin.windows import window

BP = blueprint(preset("resnet20"), 32)
SPACE = "{http://www.w3.org/2000/svg}"


def numbers(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def convolution(row: int = 3, bias: float | None = 0.25) -> Convolution:
    draw = np.random.default_rng(0)
    patch, kernel = draw.normal(size=(2, 16, 3, 3))
    rows, columns = tuple(range(row - 1, row + 2)), (4, 5, 6)
    window = Window(rows, columns, 32, 32)
    patch = np.where(window.inside, patch, 0.0)
    place = Place("layer1.1.conv1", 7, row, 5)
    op = op_of(BP, place.path)
    return Convolution(op, place, 0.0, window, patch, kernel, bias, 0)


ADD = op_of(BP, "layer1.1.add")
RELU = op_of(BP, "layer1.1.relu1")
POOL = op_of(BP, "avgpool")


def _window(*cells: float) -> tuple[Window, np.ndarray]:
    side = round(len(cells) ** 0.5)
    inside = tuple(range(1, side + 1))
    return Window(inside, inside, 32, 32), np.array(cells).reshape(side, side)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Sum(ADD, Place("layer1.1.add", 0), 0.0, 0.5, -0.75),
         "F(x) 0.5 + shortcut: x itself −0.75 = −0.25"),
        (Cut(RELU, Place("layer1.1.relu1", 0), 0.0, -0.25), "max(0, x −0.25 ) = y 0"),
        (Norm(RELU, Place("bn", 0), 0.0, 3.0, 1.0, 4.0, 0.0, 0.5, 0.25),
         "γ 0.5 · ( x 3 − running mean 1 ) / √( running variance 4 + ε 0 ) + β 0.25 = y 0.75"),
        (Largest(RELU, Place("maxpool", 0), 0.0, *_window(1.0, -2.0, 3.0, 0.5)),
         "max(1, −2, 3, 0.5) = 3"),
        (WindowMean(RELU, Place("pool", 0), 0.0, *_window(1.0, -2.0, 3.0, 0.5)),
         "(1, −2, 3, 0.5) / 4 = 0.625"),
        (Mean(POOL, Place("avgpool", 0), 0.0, np.arange(64.0).reshape(8, 8)),
         "mean of 64 values from 0 to 63 = 31.5"),
        (Weighted(POOL, Place("fc", 0), 0.0, np.array([1.0, -2, 0.5]), np.array([2.0, 3, 1]), 0.25),
         "channel 1: −2 × 3 = −6, channel 0: 1 × 2 = 2, the other channel, 0.5, bias, 0.25; "
         "together −3.25"),
    ],
)  # fmt: skip
def test_a_sum_is_told_with_its_numbers(part, said):
    assert words.said(part, 2) == said


def tree(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def paths(svg: str) -> list[str]:
    return [node.get("data-path") for node in tree(svg).iter(f"{SPACE}g") if node.get("data-path")]


@pytest.mark.parametrize("shown", [1, 4, 16])
@pytest.mark.parametrize("bias", [None, 0.25])
def test_what_is_shown_of_a_convolution_adds_up(shown, bias):
    part = convolution(bias=bias)
    svg = sums.convolution(part, shown)
    right = max(float(node.get("x")) for node in tree(svg).iter(f"{SPACE}text"))
    column = [node for node in tree(svg).iter(f"{SPACE}text") if float(node.get("x")) == right]
    *terms, total = [numbers(node.text) for node in column[1:]]
    assert len(terms) == shown + (shown < 16) + (bias is not None)
    assert sum(terms) == pytest.approx(total, abs=0.0005)
    assert total == pytest.approx(part.total, abs=0.0001)


def test_each_cell_leads_to_the_value_under_it():
    part = convolution()
    found = paths(sums.convolution(part, 1))
    channel = part.ranking[0]
    expected = [
        f"layer1.0.relu2,{channel},{row},{column}" for row in (2, 3, 4) for column in (4, 5, 6)
    ]
    # Each value twice: in the patch and in the products.
    assert sorted(found) == sorted(2 * expected)


def test_padding_leads_nowhere_and_is_drawn_as_padding():
    svg = sums.convolution(convolution(row=0), 1)
    assert len(paths(svg)) == 2 * 6
    dashed = [node for node in tree(svg).iter(f"{SPACE}rect") if node.get("stroke-dasharray")]
    assert len(dashed) == 2 * 3


def test_the_winner_is_marked():
    read = Window((-1, 0, 1), (0, 1, 2), 8, 8)
    patch = np.where(read.inside, np.arange(9.0).reshape(3, 3), -np.inf)
    op = op_of(blueprint(preset("resnet18"), 64), "maxpool")
    part = Largest(op, Place("maxpool", 2, 0, 0), 8.0, read, patch)
    svg = window(part)
    thick = [
        node
        for node in tree(svg).iter(f"{SPACE}g")
        if any(rect.get("stroke-width") == "3" for rect in node.findall(f"{SPACE}rect"))
    ]
    assert [node.get("data-path") for node in thick] == ["relu,2,1,2"]
    assert len(paths(svg)) == 6


def test_the_addition_has_two_ways():
    op = op_of(BP, "layer2.0.add")
    part = Sum(op, Place(op.path, 3, 1, 2), 0.5, -1.0, 1.5)
    assert paths(addition(part, "padding")) == [
        "layer2.0.bn2,3,1,2",
        "layer2.0.pad,3,1,2",
    ]


def test_the_classifiers_terms_add_up():
    draw = np.random.default_rng(1)
    weights, features = draw.normal(size=(2, 64))
    part = Weighted(op_of(BP, "fc"), Place("fc", 3), 0.0, weights, features, 0.5)
    maps = draw.normal(size=(64, 8, 8)).astype(np.float32)
    svg = classifier(part, maps, 5)
    assert paths(svg) == [f"flatten,{index}" for index in part.ranking[:5]]
    shown = sum(part.products[index] for index in part.ranking[:5])
    assert shown + part.rest(5) + part.bias == pytest.approx(part.total)


def test_the_toys_outputs_can_be_chosen():
    toy = Toy(np.arange(49.0).reshape(7, 7), np.ones((3, 3)), 2, 1)
    assert paths(toy_picture.picture(toy, 0, 0)) == [f"{i},{j}" for i in range(4) for j in range(4)]


def test_the_first_layers_kernels_lead_to_their_channels():
    svg = kernels(np.random.default_rng(0).normal(size=(20, 3, 7, 7)), "conv1")
    assert paths(svg) == [f"conv1,{index}" for index in range(20)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0.000"), (-0.0001, "0.000"), (-1.234, "−1.23"), (123.4, "123"), (2e7, "2e+07")],
)
def test_numbers_in_narrow_cells(value, shown):
    assert tight(value) == shown


def test_the_plain_twin_has_no_second_way():
    split = Split("layer2.0", 0.4, 0.7, 0.1, 0.9, 1.0, 0.0)
    both, alone = (gradient_charts.block(split, "identity", plain) for plain in (0.3, None))
    said = "".join(tree(both).itertext())
    assert "no second way" in said and "no second way" not in "".join(tree(alone).itertext())
    for number in ("0.40", "0.70", "0.90", "1.0", "0.30"):
        assert number in said
    strengths = [float(one) for one in re.findall(r'fill-opacity="([0-9.]+)"', alone)]
    # What arrives, F's part, the shortcut's, and the whole: the longest is the strongest.
    assert strengths == pytest.approx([0.1 + 0.5 * part for part in (1.0, 0.4, 0.7, 0.9)])
    bars = gradient_charts.shares([split], {"layer2.0": "conv3_1"}, "layer2.0").data[0]
    assert bars.y == (pytest.approx(100 * split.share),)
