"""Heat maps as their data: what is shown, on which scale, and in whose colours."""

import json
from itertools import pairwise

import numpy as np
import pytest

from explorer.views.heat_maps import coverage, tensors
from explorer.views.palette import WRONG, chart_colour

RNG = np.random.default_rng(0)
ROWS = [("x", RNG.random((6, 12, 12))), ("F(x)", 5 * RNG.standard_normal((8, 6, 6)))]


def test_a_row_holds_the_first_channels_with_gaps_between_them():
    figure = tensors(ROWS, shared=True)
    strip = figure.data[1].z
    assert strip.shape == (6, 4 * 7 - 1)
    np.testing.assert_array_equal(strip[:, :6], ROWS[1][1][0])
    np.testing.assert_array_equal(strip[:, 21:], ROWS[1][1][3])
    assert np.isnan(strip[:, 6]).all()
    assert len(figure.data[1].x) == strip.shape[1] + 1


def test_rows_of_different_resolution_are_equally_wide():
    first, second = tensors(ROWS, shared=True).data
    assert first.x[-1] == pytest.approx(second.x[-1])


def test_scale_is_shared_or_own():
    largest = max(np.abs(values).max() for _, values in ROWS)
    shared = tensors(ROWS, shared=True)
    assert {trace.zmax for trace in shared.data} == {largest}
    assert [trace.showscale for trace in shared.data] == [True, False]
    own = tensors(ROWS, shared=False)
    assert [trace.zmax for trace in own.data] == [np.abs(values).max() for _, values in ROWS]
    assert not any(trace.showscale for trace in own.data)
    assert all(trace.zmin == -trace.zmax for trace in (*shared.data, *own.data))


def test_zeros_do_not_break_the_scale():
    assert tensors([("F(x)", np.zeros((2, 3, 3)))], shared=True).data[0].zmax == 1


def test_pointer_reads_channel_and_place():
    trace = tensors(ROWS, shared=True).data[0]
    assert trace.customdata[2][13 + 5] == "channel 1, row 2, column 5"


def test_coverage_colours_what_nobody_reads():
    counts = np.array([[0, 1], [2, 9]])
    figure = coverage([("main branch", [counts, counts]), ("shortcut", [counts, counts])], "ab")
    trace = figure.data[0]
    assert trace.colorscale[0][1] == trace.colorscale[1][1] == chart_colour(WRONG)
    assert trace.colorscale[2][1] != chart_colour(WRONG)
    assert [stop for stop, _ in trace.colorscale] == sorted(stop for stop, _ in trace.colorscale)
    assert list(figure.layout.xaxis.ticktext) == ["a<br>75%", "b<br>75%"]


def test_every_axis_has_its_own_trace():
    figure = json.loads(tensors(ROWS * 2, shared=True).to_json())
    assert [trace.get("yaxis", "y") for trace in figure["data"]] == ["y", "y2", "y3", "y4"]
    domains = [figure["layout"][axis]["domain"] for axis in ("yaxis", "yaxis2", "yaxis3", "yaxis4")]
    assert all(low >= -1e-9 and high <= 1 for low, high in domains)
    assert all(above[0] > below[1] for above, below in pairwise(domains))
