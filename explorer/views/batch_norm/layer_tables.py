"""A batch norm layer's numbers as tables."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

import pandas as pd
from pandas.io.formats.style import Styler

if TYPE_CHECKING:
    from explorer.experiments.batch_norm.layer import Statistics

GROUPS = 32


def channels(found: Statistics) -> pd.DataFrame:
    """One row per channel: the layer's input, its parameters, its output."""
    return pd.DataFrame(
        {
            "mean": found.mean,
            "variance": found.variance,
            "smallest": found.smallest,
            "largest": found.largest,
            "γ": found.gamma,
            "β": found.beta,
            "mean after": found.mean_after,
            "variance after": found.variance_after,
        },
        index=pd.RangeIndex(len(found.mean), name="channel"),
    )


def axes(shape: tuple[int, int, int, int]) -> Styler:
    """For a batch of this (N, C, H, W): how many means each norm takes, over how many values.

    Group norm has 32 groups, as in its paper, or the largest number of groups below that which
    divides the channels evenly.
    """
    images, count, height, width = shape
    groups = gcd(count, GROUPS)
    rows = {
        "batch norm": ("N, H, W", count, images * height * width, "yes"),
        "layer norm": ("C, H, W", images, count * height * width, "no"),
        "instance norm": ("H, W", images * count, height * width, "no"),
        f"group norm, {groups} groups": (
            "C / G, H, W",
            images * groups,
            count // groups * height * width,
            "no",
        ),
    }
    columns = ("mean over", "means", "values in each", "mixes images")
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).style.format(thousands=",")
