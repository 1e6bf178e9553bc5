"""The picture of the bottleneck argument, as its SVG."""

import re
from xml.etree import ElementTree

import pytest

from explorer.architecture.comparison import compare
from explorer.views.bottleneck_picture import WIDTH, lines_of, longest_side, picture

SVG = "{http://www.w3.org/2000/svg}"


def rectangles(svg: str) -> list[tuple[float, float]]:
    found = ElementTree.fromstring(svg).iter(f"{SVG}rect")
    return [(float(r.get("width")), float(r.get("height"))) for r in found]


def texts(svg: str) -> list[str]:
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_areas_are_weights_at_one_scale() -> None:
    pair = compare(256, 4)
    longest = longest_side(pair.stacks)
    assert longest == 3 * 256
    drawn = [
        (width * height, layer.weights)
        for stack in pair.stacks
        for (width, height), layer in zip(
            rectangles(picture(stack, "1", longest, 56)), stack.layers, strict=True
        )
    ]
    per_weight = [area / weights for area, weights in drawn]
    assert per_weight == pytest.approx([per_weight[0]] * 7, rel=0.02)


def test_a_1x1_that_compresses_is_wide_and_one_that_restores_is_high() -> None:
    stack = compare(256, 4).bottleneck
    (first_w, first_h), (w, h), (last_w, last_h) = rectangles(picture(stack, "1", 768, 56))
    assert first_w == pytest.approx(4 * first_h, rel=0.01)
    assert last_h == pytest.approx(4 * last_w, rel=0.01)
    assert w == h


def test_every_number_unfolds_into_its_product() -> None:
    pair = compare(256, 4, bias=True, batch_norm=True)
    assert lines_of(pair.bottleneck.layers[0]) == [
        "1×1, 256 \u2192 64 channels",
        "1*1*256*64 = 16,384",
        "+ 64 biases",
        "+ 2*64 (\u03b3, \u03b2) = 128",
    ]
    for stack in pair.stacks:
        for layer in stack.layers:
            lines = lines_of(layer)
            product, value = lines[1].split(" = ")
            factors = [int(factor) for factor in product.split("*")]
            assert factors[0] * factors[1] * factors[2] * factors[3] == int(value.replace(",", ""))


def test_the_sums_are_written() -> None:
    shown = texts(picture(compare(256, 4).bottleneck, "1", 768, 56))
    assert {"69,632", "1", "218,365,952 MACs at 56×56"} <= set(shown)
    assert "3*3*64*64 = 36,864" in shown


@pytest.mark.parametrize("channels", [16, 256, 2048])
@pytest.mark.parametrize("reduction", [1, 4, 16])
def test_extremes_stay_inside_and_visible(channels: int, reduction: int) -> None:
    pair = compare(channels, reduction, bias=True, batch_norm=True)
    for stack in pair.stacks:
        svg = picture(stack, "1", longest_side(pair.stacks), 112)
        root = ElementTree.fromstring(svg)
        for rect in root.iter(f"{SVG}rect"):
            x, y, w, h = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
            assert w >= 2 and h >= 2 and x >= 0 and x + w <= WIDTH
            assert y >= 0 and y + h <= float(root.get("height"))
        assert min(int(size) for size in re.findall(r'font-size="(\d+)"', svg)) >= 16
