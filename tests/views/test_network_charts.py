"""The charts of many networks, as their JSON, and where their labels are put."""

import json
from itertools import combinations
from math import log10

import pytest

from explorer.architecture import PRESETS
from explorer.architecture.catalogue import entries, near, protocols, results
from explorer.architecture.protocols import TEN_CROPS
from explorer.views import labels
from explorer.views.network_charts import Chosen, accuracy_chart, cost_map
from explorer.words import label


def drawn(figure) -> dict:
    return json.loads(figure.update_layout(template=None).to_json())


def of_size(size: int):
    return [entry for entry in entries() if entry.preset.image_size == size]


@pytest.mark.parametrize("size", [224, 32])
def test_cost_map_has_every_preset_once(size: int) -> None:
    figure = drawn(cost_map(of_size(size), None))
    points = {
        details[0]: (x, y)
        for trace in figure["data"]
        for details, x, y in zip(trace["customdata"], trace["x"], trace["y"], strict=True)
    }
    assert points == {e.preset.title: (e.params, e.macs) for e in of_size(size)}
    assert figure["layout"]["xaxis"]["type"] == figure["layout"]["yaxis"]["type"] == "log"
    low, high = figure["layout"]["xaxis"]["range"]
    assert all(10**low < x < 10**high for x, _ in points.values())


def test_the_known_counts_are_drawn() -> None:
    resnet50 = next(entry for entry in entries() if entry.preset.name == "resnet50")
    assert (resnet50.params, resnet50.macs) == (25_557_032, 4_089_184_256)


def test_the_chosen_network_is_ringed_and_named_once() -> None:
    entry = near("resnet50")[0]
    figure = drawn(cost_map(of_size(224), Chosen("ResNet-50", entry.params, entry.macs, 224)))
    ring = figure["data"][0]
    assert (ring["name"], ring["x"], ring["y"]) == ("in the sidebar", [entry.params], [entry.macs])
    named = [name for trace in figure["data"] for name in trace["text"]]
    assert named.count("ResNet-50") == 1
    assert ring["text"] == ["ResNet-50"]


def test_a_customised_network_far_away_is_still_on_the_chart() -> None:
    figure = drawn(cost_map(of_size(224), Chosen("Custom network", 1_000, 5_000_000, 8)))
    low, _ = figure["layout"]["xaxis"]["range"]
    assert 10**low < 1_000
    assert "1 k" in figure["layout"]["xaxis"]["ticktext"]


def test_near_marks() -> None:
    assert {e.preset.name for e in near("resnet34")} == {"resnet34", "plain34", "preact_resnet34"}
    assert [e.preset.name for e in near("resnet1202")] == ["resnet1202"]
    with pytest.raises(KeyError):
        near("resnet99")


@pytest.mark.parametrize("axis", ["macs", "params"])
@pytest.mark.parametrize("protocol", protocols())
def test_accuracy_chart_shows_every_figure_of_a_protocol(protocol: str, axis) -> None:
    shown = [result for result in results() if result.figure.protocol == protocol]
    figure = drawn(accuracy_chart(shown, axis, None))
    points = sorted(
        (details[4], x, y)
        for trace in figure["data"]
        for details, x, y in zip(trace["customdata"], trace["x"], trace["y"], strict=True)
    )
    assert points == sorted(
        (r.figure.title, r.params if axis == "params" else r.macs, r.figure.top1_accuracy)
        for r in shown
    )


def test_only_figures_of_exactly_the_preset_are_ringed() -> None:
    """ResNet-34 has options A and C beside it; only B is the preset."""
    shown = [result for result in results() if result.figure.protocol == TEN_CROPS]
    ring = drawn(accuracy_chart(shown, "params", "resnet34"))["data"][0]
    assert (ring["name"], ring["x"], ring["y"]) == ("in the sidebar", [21_797_672], [75.48])


@pytest.mark.parametrize("axis", ["macs", "params"])
@pytest.mark.parametrize("protocol", protocols())
def test_every_axis_has_numbers(protocol: str, axis) -> None:
    """Also where all networks of a protocol cost the same, or there is only one."""
    shown = [result for result in results() if result.figure.protocol == protocol]
    x_axis = drawn(accuracy_chart(shown, axis, None))["layout"]["xaxis"]
    assert 2 <= len(x_axis["tickvals"]) <= 15
    low, high = x_axis["range"]
    assert all(low <= log10(tick) <= high for tick in x_axis["tickvals"])
    assert len(set(x_axis["ticktext"])) == len(x_axis["tickvals"])


def test_a_post_activation_twin_is_not_drawn_as_pre_activation() -> None:
    shown = [r for r in results() if r.figure.title == "ResNet-200, post-activation"]
    assert drawn(accuracy_chart(shown, "MACs", None))["data"][0]["name"] == "ImageNet v1"


def test_crops_of_320_pixels_cost_more() -> None:
    cost = {r.image_size: r.macs for r in results() if r.figure.preset == "resnet152_v1"}
    assert cost[320] > 2 * cost[224]


NAMED = {
    224: {f"ResNet-{depth}" for depth in (10, 18, 34, 50, 101, 152)}
    | {"Wide 101-2", "Pre-act 200"},
    32: {f"ResNet-{depth}" for depth in (20, 32, 44, 56, 110, 1202)}
    | {"WRN-28-10", "Pre-act 1001"},
}
"""The papers' series, the deepest, and those with the fewest and the most parameters."""


@pytest.mark.parametrize("size", [224, 32])
def test_the_map_names_the_series_and_the_extremes(size: int) -> None:
    figure = drawn(cost_map(of_size(size), None))
    assert {name for trace in figure["data"] for name in trace["text"] if name} == NAMED[size]


COMPUTER = (850, 380)


def telephone(figure: dict) -> tuple[int, int]:
    """Of the plotting area at 390 pixels, as measured in a browser where all but that and the
    legend takes 141 pixels of height: a legend of one line takes nothing, one of three entries
    19 pixels, of five 75, of seven 113; the width is 290 beside two digits, and 268 beside *500 M*.
    """
    entries = len(figure["data"])
    high = figure["layout"]["height"] - 141 - (19 * (entries - 1) if entries > 2 else 0)
    digits = (
        figure["layout"]["yaxis"].get("type") != "log" and _span(figure["layout"]["yaxis"]) > 10
    )
    return 290 if digits else 268, high


def _span(axis: dict) -> float:
    return axis["range"][1] - axis["range"][0]


@pytest.mark.parametrize("size", [224, 32])
def test_labels_of_the_map_do_not_cover_each_other(size: int) -> None:
    figure = drawn(cost_map(of_size(size), None))
    for area in (COMPUTER, telephone(figure)):
        boxes = list(_boxes(figure, *area))
        assert all(one.overlap(other) == 0 for one, other in combinations(boxes, 2))


@pytest.mark.parametrize("size", [224, 32])
def test_the_maps_names_end_on_a_telephones_screen(size: int) -> None:
    """Ten pixels stand right of the plotting area; a character more or less is no harm."""
    figure = drawn(cost_map(of_size(size), None))
    assert _end_on_a_telephone(figure)


@pytest.mark.parametrize("axis", ["macs", "params"])
@pytest.mark.parametrize("ringed", [None, "resnet18", "resnet50", "wide_resnet101_2"])
def test_accuracies_of_torchvision_are_all_named_on_a_telephone_too(axis, ringed) -> None:
    shown = [result for result in results() if result.figure.protocol == "torchvision-v1"]
    figure = drawn(accuracy_chart(shown, axis, ringed))
    named = {name for trace in figure["data"] for name in trace["text"] if name}
    assert len(named) == len(shown) == 10
    assert {"Wide 50-2", "Wide 101-2"} < named
    assert _end_on_a_telephone(figure)


def _end_on_a_telephone(figure: dict) -> bool:
    wide, high = telephone(figure)
    boxes = _boxes(figure, wide, high)
    return all(box.right <= wide + 20 and box.left >= -10 for box in boxes)


@pytest.mark.parametrize("size", [224, 32])
def test_marks_at_one_place_can_be_told_apart(size: int) -> None:
    """Of the same cost, each family's mark has a symbol and a size of its own."""
    by_place: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for trace in drawn(cost_map(of_size(size), None))["data"]:
        look = (trace["marker"]["symbol"], trace["marker"]["size"])
        for place in zip(trace["x"], trace["y"], strict=True):
            by_place.setdefault(place, []).append(look)
    assert max(map(len, by_place.values())) > 1
    for looks in by_place.values():
        assert (
            len({size for _, size in looks}) == len({symbol for symbol, _ in looks}) == len(looks)
        )


@pytest.mark.parametrize("axis", ["macs", "params"])
@pytest.mark.parametrize("protocol", protocols())
def test_labels_of_accuracies_do_not_cover_each_other(protocol: str, axis) -> None:
    shown = [result for result in results() if result.figure.protocol == protocol]
    figure = drawn(accuracy_chart(shown, axis, None))
    for area in (COMPUTER, telephone(figure)):
        boxes = list(_boxes(figure, *area))
        assert 2 * len(boxes) >= len(shown)
        assert all(one.overlap(other) == 0 for one, other in combinations(boxes, 2))


def _boxes(figure: dict, wide: int, high: int):
    """The rectangles of the names, from the chart alone."""
    x_axis, y_axis = figure["layout"]["xaxis"], figure["layout"]["yaxis"]
    for trace in figure["data"]:
        for x, y, name, place in zip(
            trace["x"], trace["y"], trace["text"], trace["textposition"], strict=True
        ):
            if name:
                px, py = _along(x_axis, x) * wide, (1 - _along(y_axis, y)) * high
                long = 0.5 * labels.FONT_SIZE * len(name)
                down, side = place.split()
                left = {"left": px - 8 - long, "right": px + 8, "center": px - long / 2}[side]
                top = {"top": py - 24, "bottom": py + 8, "middle": py - 8}[down]
                yield labels.Box(left, top, left + long, top + 16)


def _along(axis: dict, value: float) -> float:
    low, high = axis["range"]
    return ((log10(value) if axis.get("type") == "log" else value) - low) / (high - low)


def test_a_lonely_label_stands_to_the_right_unless_the_chart_ends() -> None:
    assert labels.places([(50, 50)], ["ResNet-18"], [12], 400, 100) == ["middle right"]
    assert labels.places([(390, 50)], ["ResNet-18"], [12], 400, 100) == ["middle left"]


def test_a_label_avoids_a_mark() -> None:
    placed = labels.places([(50, 50), (80, 50)], ["ResNet-18", ""], [12, 12], 400, 100)
    assert placed[0] != "middle right"


def test_a_label_without_room_is_left_out() -> None:
    names = ["ResNet-18"] * 40
    found = labels.places([(50, 50)] * 40, names, [12] * 40, 400, 100)
    assert found[0] and "" in found


def test_every_family_can_be_drawn() -> None:
    families = {
        trace["name"]
        for size in (224, 32)
        for trace in drawn(cost_map(of_size(size), None))["data"]
    }
    assert families == {label(f"family.{entry.family}") for entry in PRESETS.values()}
