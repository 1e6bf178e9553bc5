"""The charts of one network, as their JSON: what is drawn adds up to the blueprint."""

import json
from collections import defaultdict

import pytest

from explorer.architecture import PRESETS, blueprint, preset
from explorer.architecture.costs import MEASURES, WHOLE, amount, names
from explorer.views import cost_charts
from explorer.views.palette import SELECTED, chart_colour, slot_of


def of(name: str):
    return blueprint(preset(name), PRESETS[name].image_size)


def drawn(figure) -> dict:
    return json.loads(figure.update_layout(template=None).to_json())


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("name", PRESETS)
def test_treemap_adds_up(name: str, measure) -> None:
    bp = of(name)
    trace = drawn(cost_charts.treemap(bp, measure))["data"][0]
    assert trace["type"] == "treemap" and trace["branchvalues"] == "total"
    assert len(set(trace["ids"])) == len(trace["ids"]) < 1_000
    value = dict(zip(trace["ids"], trace["values"], strict=True))
    assert value[WHOLE] == amount(bp, measure)
    below = defaultdict(int)
    for part, parent in zip(trace["ids"], trace["parents"], strict=True):
        below[parent] += value[part]
    assert below.pop("") == value[WHOLE]
    assert {part: value[part] for part in below} == dict(below)


def test_treemap_tiles_have_their_stage_s_colour() -> None:
    bp = of("resnet50")
    trace = drawn(cost_charts.treemap(bp, "params"))["data"][0]
    colour = dict(zip(trace["ids"], trace["marker"]["colors"], strict=True))
    assert colour["conv3_x"] == colour["conv3_1"] == colour["layer2.0.conv1"]
    assert colour["conv3_x"] == chart_colour(slot_of("layer2"))
    assert len({colour[s.title] for s in bp.stages} | {colour["head"], colour["stem"]}) == 6


def test_equal_blocks_of_long_networks_are_one_tile() -> None:
    trace = drawn(cost_charts.treemap(of("resnet1202"), "params"))["data"][0]
    assert "conv3_2 and 198 equal" in trace["labels"]
    assert len(trace["ids"]) < 40


def test_projections_are_named() -> None:
    labels = drawn(cost_charts.treemap(of("resnet50"), "params"))["data"][0]["labels"]
    assert labels.count("projection") == labels.count("its batch norm") == 4


@pytest.mark.parametrize("name", PRESETS)
def test_shares_are_of_the_whole(name: str) -> None:
    bp = of(name)
    figure = drawn(cost_charts.shares(bp, "macs", WHOLE))
    assert [trace["name"] for trace in figure["data"]] == [
        "stem",
        *(stage.title for stage in bp.stages),
        "head",
    ]
    for row, measure in enumerate(figure["data"][0]["y"]):
        assert sum(trace["x"][row] for trace in figure["data"]) == pytest.approx(1)
        exact = [trace["customdata"][row] for trace in figure["data"]]
        assert sum(value for _, value in exact) == amount(bp, measure)
        assert {part for part, _ in exact} <= set(names(bp))


def test_the_chosen_stage_is_framed_and_the_measure_is_bold() -> None:
    figure = drawn(cost_charts.shares(of("resnet18"), "activations", "conv4_x"))
    framed = [t["name"] for t in figure["data"] if t["marker"]["line"]["width"]]
    assert framed == ["conv4_x"]
    assert figure["data"][3]["marker"]["line"]["color"] == chart_colour(SELECTED)
    ticks = figure["layout"]["yaxis"]["ticktext"]
    assert [tick.startswith("<b>") for tick in ticks] == [True, False, False]
    assert "activations" in ticks[0]


@pytest.mark.parametrize("figure", [cost_charts.treemap, lambda *a: cost_charts.shares(*a, WHOLE)])
def test_text_is_large_enough(figure) -> None:
    text = json.dumps(drawn(figure(of("resnet152"), "params")))
    sizes = [int(part.split("}")[0].split(",")[0]) for part in text.split('"size": ')[1:]]
    assert sizes and min(sizes) >= 14
    assert json.loads(text)["layout"]["uniformtext"]["minsize"] == 14
