"""Loss surfaces beside each other are drawn on one scale, whatever they hold."""

import csv
import io
from math import log2

from explorer.views import surface_charts
from explorer.views.surface_charts import Line, Square

STEPS = [-1.0, 0.0, 1.0]
LOW = Square(STEPS, [[2, 1, 2], [1, 0.3, 1], [2, 1, 2]])
HIGH = Square(STEPS, [[900, 70, None], [9, 0.9, float("inf")], [900, 70, 30]])


def test_all_have_the_same_colours_and_lines():
    figures = surface_charts.squares({"low": LOW, "high": HIGH}, 2.303)
    assert list(figures) == ["low", "high"]
    scales = [
        (
            figure.data[0].zmin,
            figure.data[0].zmax,
            figure.data[0].contours.start,
            figure.data[0].contours.end,
            figure.data[0].contours.size,
            figure.data[0].colorscale,
        )
        for figure in figures.values()
    ]
    assert scales[0] == scales[1]
    assert scales[0][0] <= log2(0.3), "the lowest of all has a colour"
    assert scales[0][4] == 1, "from line to line the loss doubles"


def test_what_is_too_high_or_no_number_has_the_last_colour():
    figure = surface_charts.squares({"high": HIGH}, 2.303)["high"]
    drawn, read = figure.data[0].z, figure.data[0].customdata
    top = figure.data[0].zmax
    assert drawn[0][2] == drawn[1][2] == drawn[0][0] == top
    assert read[0][2] == "no number" and read[0][0] == "900"
    assert drawn[1][1] == log2(0.9)


def test_the_broken_line_is_guessing():
    figure = surface_charts.squares({"low": LOW}, 2.303)["low"]
    line = figure.data[1]
    assert line.contours.start == line.contours.end == log2(2.303)
    assert line.line.dash == "dash"


def test_the_file_holds_every_place():
    text = surface_charts.squares_csv({"low": LOW, "high": HIGH})
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 18
    assert rows[0] == {"network": "low", "right": "-1", "up": "-1", "loss": "2"}
    assert [row["loss"] for row in rows[9:12]] == ["900", "70", ""]


def test_deep_lines_are_solid_and_plain_ones_orange():
    runs = {
        "a": Line([3, 1, 3], True, 20),
        "b": Line([3, 1, 3], True, 56),
        "c": Line([3, 1, None], False, 56),
    }
    figure = surface_charts.lines(STEPS, runs, 2.303)
    styles = {trace.name: (trace.line.color, trace.line.dash) for trace in figure.data}
    assert styles["a"][0] == styles["b"][0] != styles["c"][0]
    assert [styles[name][1] for name in "abc"] == ["dash", "solid", "solid"]
