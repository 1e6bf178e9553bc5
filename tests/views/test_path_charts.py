"""Which blocks are named below the bars of the deletions, and which paths stand out."""

from math import comb

import pytest

from explorer.architecture import PRESETS, blueprint
from explorer.architecture.paths import Paths
from explorer.views import palette, path_charts


def deleted(name: str, most_names: int = 30):
    blocks = blueprint(PRESETS[name].spec, PRESETS[name].image_size).blocks
    titles = [block.title for block in blocks]
    chart = path_charts.deletions(
        titles, [block.path for block in blocks], [0.5] * len(blocks), 0.9, most_names
    )
    return titles, chart


@pytest.mark.parametrize(
    ("name", "most", "named"),
    [
        ("resnet110", 30, ["conv2_1", "conv3_1", "conv4_1"]),
        ("resnet101", 30, ["conv2_1", "conv3_1", "conv4_1", "conv5_1"]),
        ("resnet20", 8, ["conv2_1", "conv3_1", "conv4_1"]),
    ],
)
def test_of_many_blocks_each_stages_first_is_named(name, most, named):
    titles, chart = deleted(name, most)
    assert len(titles) > most
    assert list(chart.layout.xaxis.tickvals) == named
    assert list(chart.layout.xaxis.ticktext) == named


def test_few_blocks_are_all_named_and_shorter_where_there_is_little_room():
    titles, chart = deleted("resnet20", 14)
    assert list(chart.layout.xaxis.tickvals) == titles
    assert chart.layout.xaxis.ticktext[0] == "2_1"
    titles, chart = deleted("resnet20")
    assert list(chart.layout.xaxis.ticktext) == titles


@pytest.mark.parametrize(("shortest", "longest"), [(0, 4), (1, 2), (3, 3), (2, 9)])
def test_the_chosen_lengths_stand_out_both_ends_included(shortest, longest):
    figure = path_charts.path_lengths(Paths(4), shortest, longest)
    (bars,) = figure.data
    assert list(bars.y) == pytest.approx([100 * comb(4, k) / 2**4 for k in range(5)])
    blue = palette.chart_colour(palette.BLUE)
    standing_out = [k for k, colour in enumerate(bars.marker.color) if colour == blue]
    assert standing_out == [k for k in range(5) if shortest <= k <= longest]
    (band,) = figure.layout.shapes
    assert (band.x0, band.x1) == (shortest - 0.5, min(longest, 4) + 0.5)
    share = sum(comb(4, k) for k in standing_out) / 2**4
    assert figure.layout.annotations[0].text == f"{100 * share:.2f} %"
