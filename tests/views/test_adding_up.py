"""What is shown adds up to what is shown: exactly, in the decimals that one reads."""

from decimal import Decimal
from math import fsum
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.architecture import blueprint, preset
from explorer.experiments.origin.parts import Sum, Window
from explorer.experiments.origin.places import Place, op_of
from explorer.experiments.origin.sums import Convolution, Weighted
from explorer.views.adding_up import Scale, rounded_sum, scale, shared
from explorer.views.origin import classifier, said
from explorer.views.origin import convolution as sums
from explorer.views.origin.addition import addition

BP = blueprint(preset("resnet50"), 224)
SPACE = "{http://www.w3.org/2000/svg}"
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
SIZES = (1e-7, 1e-3, 1.0, 30.0, 1e3, 1e7)


def number(text: str) -> Decimal:
    """What is read off the screen, without rounding."""
    text = text.replace("−", "-").replace(",", "")
    mantissa, _, power = text.partition(" × 10")
    return Decimal(mantissa) * Decimal(10) ** int(power.translate(_RAISED) or 0)


def texts(svg: str) -> list[tuple[float, str]]:
    found = ElementTree.fromstring(svg).iter(f"{SPACE}text")
    return [(float(node.get("x")), node.text) for node in found]


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=60), st.integers(0, 4))
def test_terms_add_up_and_none_is_off_by_a_unit(terms, decimals):
    by = Scale(0, decimals)
    units = by.units(fsum(terms))
    found = shared(terms, units, by)
    assert sum(found) == units
    for one, term in zip(found, terms, strict=True):
        assert abs(one - term * 10**decimals) < 1 + 1e-6


@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=20))
def test_what_is_written_adds_up(terms):
    *shown, total = map(number, rounded_sum(terms, fsum(terms)))
    assert sum(shown) == total
    unit = Decimal(str(scale([*terms, fsum(terms)]).unit))
    assert abs(total - Decimal(fsum(terms))) <= unit * Decimal("0.51")


def test_what_is_not_finite_is_told():
    assert rounded_sum([float("inf"), 1.0], float("inf"))[1] == "1"
    assert rounded_sum([0.0, 0.0], 0.0) == ["0", "0", "0"]
    assert rounded_sum([5e-324], 5e-324) == ["0", "0"]


def convolution(kernel: int, size: float, bias: float | None = None, row: int = 0) -> Convolution:
    path = {1: "layer3.1.conv1", 3: "layer3.1.conv2", 7: "conv1"}[kernel]
    op = op_of(BP, path)
    draw = np.random.default_rng(kernel)
    patch, weights = draw.normal(size=(2, 24, kernel, kernel)) * np.sqrt(size)
    first = row * op.stride - op.padding
    taps = tuple(range(first, first + kernel))
    window = Window(taps, taps, *op.in_shape[1:])
    patch = np.where(window.inside, patch, 0.0)
    return Convolution(op, Place(path, 5, row, row), 0.0, window, patch, weights, bias, 0)


@pytest.mark.parametrize("row", [0, 5], ids=["edge", "inside"])
@pytest.mark.parametrize("bias", [None, 0.123456])
@pytest.mark.parametrize("shown", [4, 100])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kernel", [1, 3, 7])
def test_the_drawn_sum_of_a_convolution(kernel, size, shown, bias, row):
    part = convolution(kernel, size, None if bias is None else bias * size, row)
    svg = sums.convolution(part, shown)
    everything = texts(svg)
    right = max(x for x, _ in everything)
    *terms, total = [number(text) for x, text in everything if x == right and text != "sum"]
    assert len(terms) == min(24, shown) + (shown < 24) + (bias is not None)
    assert sum(terms) == total
    assert float(total) == pytest.approx(part.total, abs=1e-2 * abs(part.contributions).max())
    if kernel > 3:
        return
    # The products beside each sum make it, too, in the unit of their heading.
    heading = next(text for _, text in everything if text.startswith("product"))
    power = Decimal(10) ** int(heading.partition("10")[2].translate(_RAISED) or 0)
    nodes = ElementTree.fromstring(svg).iter(f"{SPACE}g")
    cells = [
        node.findall(f"{SPACE}text")[0] for node in nodes if node.find(f"{SPACE}text") is not None
    ]
    left = min(x for x, text in everything if text.startswith("product")) - kernel * 33
    products = [number(cell.text) for cell in cells if float(cell.get("x")) > left]
    each = kernel * kernel
    assert len(products) == each * min(24, shown)
    for index, term in enumerate(terms[: min(24, shown)]):
        assert sum(products[index * each : (index + 1) * each]) * power == term


@pytest.mark.parametrize("size", SIZES)
def test_no_cell_is_all_zeros_where_there_is_something(size):
    """A channel that training left with weights of a millionth has numbers, too."""
    part = convolution(3, size)
    for node in ElementTree.fromstring(sums.convolution(part, 1)).iter(f"{SPACE}g"):
        shown = node.find(f"{SPACE}text")
        if node.get("data-path") and shown is not None:
            assert any(digit in shown.text for digit in "123456789")


@pytest.mark.parametrize("size", SIZES)
def test_the_drawn_sum_of_a_logit(size):
    draw = np.random.default_rng(1)
    weights, features = draw.normal(size=(2, 64)) * np.sqrt(size)
    part = Weighted(op_of(BP, "fc"), Place("fc", 3), 0.0, weights, features, 0.5 * size)
    maps = draw.normal(size=(64, 7, 7)).astype(np.float32)
    svg = classifier.classifier(part, maps, 5)
    everything = texts(svg)
    right = max(x for x, _ in everything)
    others, bias, total = [number(text) for x, text in everything if x == right]
    products = next(x for x, text in everything if text == "product")
    drawn = [number(text) for x, text in everything if x == products and text != "product"]
    assert len(drawn) == 5 and sum(drawn) + others + bias == total
    assert f"together {[text for x, text in everything if x == right][-1]}" in said.said(part)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pair", [(0.12345, 0.23455), (-1.00005, 1.00014), (3.0, -2.9999)])
def test_the_drawn_addition(pair, size):
    main, skip = (value * size for value in pair)
    op = op_of(BP, "layer2.1.add")
    part = Sum(op, Place(op.path, 3, 1, 2), main + skip, main, skip)
    numbers = [
        number(text)
        for _, text in texts(addition(part, "identity"))
        if text[-1] in "0123456789⁰¹²³⁴⁵⁶⁷⁸⁹" and text.lstrip("−")[0].isdigit()
    ]
    assert len(numbers) == 3 and numbers[0] + numbers[1] == numbers[2]


@pytest.mark.parametrize("kernel", [1, 3, 7])
def test_a_sum_is_no_wider_than_its_page_so_that_its_numbers_can_be_read(kernel):
    """Letters of 14 units and more, on a page that has some 820 pixels for them."""
    root = ElementTree.fromstring(sums.convolution(convolution(kernel, 1.0), 4))
    assert float(root.get("width")) <= 820
    assert min(float(node.get("font-size")) for node in root.iter(f"{SPACE}text")) >= 14
