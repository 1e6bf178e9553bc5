"""Tables, formulas, charts and cubes, as data."""

import re
from xml.etree import ElementTree

import pytest

from explorer.experiments.batch_norm.claims import running_statistics, shape, sigmoid_inputs
from explorer.experiments.batch_norm.steps import steps
from explorer.experiments.signal import REFERENCE, Signal
from explorer.views import depth_charts
from explorer.views.batch_norm import charts as bn_charts
from explorer.views.batch_norm import cubes, formulas, layer_tables, speed_charts
from explorer.views.batch_norm import steps as bn_steps
from explorer.views.palette import BLUE, INK, LIGHT, chart_colour

BY_HAND = steps((2, 4, 4, 4, 5, 5, 7, 9), gamma=2, beta=-1)
STAND_INS = {chart_colour(slot) for slot in range(10)} | {INK}


def test_table_has_all_rows_and_both_moments():
    table = bn_steps.table(BY_HAND, BY_HAND.scaled).data
    assert list(table.index) == [*map(str, range(1, 9)), "mean", "var."]
    assert list(table.columns) == [*bn_steps.COLUMNS, "torch"]
    assert table.loc["var.", "x"] == 4
    assert table.loc["1", "y"] == pytest.approx(-4, abs=1e-4)


@pytest.mark.parametrize(("outputs", "shown"), [(None, "…"), ((), "refused")])
def test_torchs_column_without_torch(outputs, shown):
    html = bn_steps.table(BY_HAND, outputs).to_html()
    assert html.count(f">{shown}<") == 10


def test_formulas_carry_the_numbers():
    mean, variance, normalised, scaled = formulas.formulas(BY_HAND, row=7)
    assert mean == r"\small \mu = \frac{2 + 4 + 4 + \dots + 9}{8} = 5"
    assert variance.endswith("= 4")
    assert r"\frac{9 - 5}{\sqrt{4 + 10^{-5}}} = 2" in normalised
    assert scaled.endswith(r"= 2 \cdot 2 + (-1) = 3")


@pytest.mark.parametrize("gamma", [1, -2.5])
@pytest.mark.parametrize(
    "values",
    [(1,), (-1, -2), (1e6, -1e6, 0.123456789), tuple(range(16)), (1e-5, 2e-5), (999.99, -1234.567)],
)
def test_formulas_of_any_batch_are_whole_and_narrow(values, gamma):
    for formula in formulas.formulas(steps(values, gamma), row=0):
        assert formula.count("{") == formula.count("}")
        assert formula.count("(") == formula.count(")")
        assert len(re.sub(r"\\\w+|[{}^_ ]", "", formula)) <= 60


def test_long_numbers_leave_the_symbols_out():
    result = steps((123456.789, -98765.4, 3, 0.00012, 5, 6), gamma=-2.5)
    mean, variance, normalised, _ = formulas.formulas(result, row=1)
    assert mean.startswith(r"\small \mu = \frac{123{,}457 + \dots + 6}{6}")
    assert variance.startswith(r"\small \sigma^2 = \frac{(123{,}457 - 4{,}117.56)^2 + \dots}{6}")
    assert r"\varepsilon" not in normalised
    table = bn_steps.table(result, None).to_html()
    assert ">123,457<" in table and ">1.2 × 10⁻⁴<" in table and ">3<" in table
    thousands = bn_steps.table(steps((1234.5678, 1.0)), None).to_html()
    assert ">1,234.6<" in thousands, "five digits"


def test_journey_follows_one_value():
    others, followed, mean = bn_steps.journey(BY_HAND, row=0).data
    assert followed.name == "value 1"
    assert list(followed.y)[:4] == pytest.approx([2, -3, -1.5, -4], abs=1e-4)
    assert sum(y is None for y in others.y) == 7
    assert list(mean.y) == pytest.approx([5, 0, 0, -1], abs=1e-9)


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_histograms_have_most_of_the_height(rows):
    found = shape("normal")
    layout = bn_charts.histograms(
        (found.before, found.after, found.before, found.after)[:rows]
    ).layout
    domains = [layout[f"yaxis{index if index > 1 else ''}"].domain for index in range(1, rows + 1)]
    heights = [top - bottom for bottom, top in (domain or (0, 1) for domain in domains)]
    assert sum(heights) > 0.6 and max(heights) < 1.01 * min(heights)


def test_histograms_share_their_axis():
    found = shape("uniform")
    figure = bn_charts.histograms((found.before, found.after))
    assert [sum(bars.y) for bars in figure.data] == [100_000, 100_000]
    assert figure.layout.xaxis.matches == "x2" or figure.layout.xaxis2.matches == "x"


def charts():
    found = running_statistics(0.1, 8)
    lines = {net: [1.0, 10.0, 1e6] for net in depth_charts.NETS}
    return [
        bn_steps.journey(BY_HAND, 0),
        bn_charts.histograms((shape("normal").before,)),
        bn_charts.running(found, 3, 4),
        bn_charts.agreement({"train mode": ([1.0], [2.0]), "eval mode": ([1.0], [1.0])}),
        bn_charts.sigmoid(sigmoid_inputs(4, 2)),
        depth_charts.by_depth(lines, "gradient"),
    ]


@pytest.mark.parametrize("figure", charts())
def test_charts_follow_the_theme_and_name_their_axes(figure):
    colours = set(re.findall(r"#[0-9a-f]{6}", figure.to_json()))
    template = set(re.findall(r"#[0-9a-f]{6}", figure.layout.template.to_plotly_json().__repr__()))
    assert colours - template <= STAND_INS
    assert len(figure.data) <= 6
    # The journey's x axis carries the columns' names, which need no title.
    assert any(axis.title.text for axis in figure.select_xaxes()) or "x̂" in figure.data[0].x
    assert all(axis.tickfont.size >= 14 for axis in figure.select_xaxes())


def test_ticks_are_few_and_cover_the_values():
    figure = depth_charts.by_depth({(True, False): [3e-9, 2e11]}, "gradient")
    ticks = figure.layout.yaxis.tickvals
    assert len(ticks) <= 8
    assert ticks[0] <= 3e-9
    assert figure.layout.yaxis.ticktext[0] == "10⁻⁹"
    assert depth_charts.by_depth(
        {(True, False): [float("inf"), 0.0]}, "gradient"
    ).layout.yaxis.tickvals


def test_depth_table_sets_both_side_by_side():
    found = {net: Signal(("a", "b"), (1, 1), (8, 2), 2.3, 2.3) for net in depth_charts.NETS}
    table = depth_charts.table(found, {net: REFERENCE[110, *net] for net in found})
    assert "| plain, with BN | 4.0 | 1.4 × 10⁷ | 2.3 | – |" in table
    assert "| residual, without BN | 4.0 | 0.10 to 0.30 | 2.3 | 6.5 × 10⁷ |" in table
    assert len({line.count("|") for line in table.splitlines()}) == 1


@pytest.mark.parametrize(
    ("name", "cells"),
    # Seen are the front (channels x positions), the top (channels x images), the side.
    [("batch", 6 + 4 + 24), ("layer", 36 + 6 + 6), ("instance", 6 + 1 + 6),
     ("group", 18 + 3 + 6)],
)  # fmt: skip
def test_cubes_colour_the_values_of_one_mean(name, cells):
    svg = cubes.cube(name)
    root = ElementTree.fromstring(svg)
    polygons = [node for node in root.iter() if node.tag.endswith("polygon")]
    assert len(polygons) == 36 + 24 + 24
    assert sum(node.get("fill") == LIGHT[BLUE] for node in polygons) == cells
    sizes = [int(node.get("font-size")) for node in root.iter() if node.tag.endswith("text")]
    assert len(sizes) == 3 and min(sizes) >= 14


@pytest.mark.parametrize("shape_", [(8, 64, 112, 112), (2, 48, 7, 7), (3, 5, 1, 1)])
def test_every_norm_covers_every_value(shape_):
    images, channels, height, width = shape_
    table = layer_tables.axes(shape_).data
    assert (table["means"] * table["values in each"] == images * channels * height * width).all()
    assert list(table["mixes images"]) == ["yes", "no", "no", "no"]


def test_running_statistics_begin_at_pytorchs_and_go_to_the_truth_of_their_colour():
    figure = bn_charts.running(running_statistics(0.1, 8), 3, 4)
    _, mean, _, variance = figure.data
    assert (mean.y[0], variance.y[0]) == (0, 1), "a new BatchNorm2d's buffers"
    truths = {line.line.color: line.y0 for line in figure.layout.shapes}
    assert truths == {mean.line.color: 3, variance.line.color: 4}


def test_a_sigmoids_inputs_lie_where_they_are_put_and_then_around_0():
    before, after, slope = bn_charts.sigmoid(sigmoid_inputs(4, 2)).data
    peak = {line.name: line.x[max(range(len(line.y)), key=line.y.__getitem__)]
            for line in (before, after, slope)}  # fmt: skip
    assert peak[before.name] == pytest.approx(4, abs=0.1)
    assert peak[after.name] == pytest.approx(0, abs=0.1)
    assert max(slope.y) == pytest.approx(0.25, abs=1e-3)


def test_what_a_unit_reads_is_drawn_from_before_the_first_step_to_the_last():
    from explorer.experiments.batch_norm.speed import EVERY, RATES, speed

    found, steps_taken = speed("relu", steps=2 * EVERY), 2 * EVERY
    bands = {kind: one.inputs[:, :, 0, 0].T.tolist() for kind, one in found.kinds.items()}
    medians = speed_charts.distributions(bands, EVERY, steps_taken).data[2::3]
    assert [list(line.x) for line in medians] == [[0, EVERY, steps_taken]] * len(bands)
    curves = {kind: one.losses[:, RATES.index(0.1)].tolist() for kind, one in found.kinds.items()}
    losses = speed_charts.losses(curves, EVERY, 0.5, steps_taken).data
    assert {list(line.x)[-1] for line in losses} == {steps_taken}
