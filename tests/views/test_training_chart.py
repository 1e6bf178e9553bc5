"""Names at the ends of curves: each where its curve ends, none over another, none outside."""

from itertools import pairwise

import pytest

from explorer.views import training_chart
from explorer.views.training_chart import Run, training

ROOM = training_chart._PLOT
LINE = 16
"""Pixels that a name of 14 px takes at least."""


def run(accuracy: float) -> Run:
    return Run([{"step": 10, "loss": 1.0, "accuracy": accuracy}], False, 20)


def heights(ends: dict[str, float]) -> dict[str, float]:
    """Pixels from the bottom of the plot, of each name."""
    figure = training({name: run(value) for name, value in ends.items()}, "accuracy", 10)
    return {one.text: one.y * ROOM + one.yshift for one in figure.layout.annotations}


@pytest.mark.parametrize(
    "ends",
    [
        {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0},
        {"a": 0.99, "b": 1.0, "c": 0.97, "d": 0.2},
        {"a": 0.5, "b": 0.5, "c": 0.49},
        {"a": 0.0, "b": 0.0},
    ],
)
def test_names_that_end_together_are_apart_and_inside(ends):
    found = sorted(heights(ends).values())
    assert len(found) == len(ends)
    assert all(after - before >= LINE for before, after in pairwise(found))
    assert found[0] >= 0 and found[-1] <= ROOM


def test_names_keep_the_order_of_their_curves_and_stay_where_there_is_room():
    found = heights({"low": 0.2, "top": 1.0, "near": 0.99})
    assert sorted(found, key=found.__getitem__) == ["low", "near", "top"]
    assert found["low"] == pytest.approx(0.2 * ROOM)
    assert found["top"] == pytest.approx(ROOM)
