"""A batch norm layer's numbers as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from pandas.io.formats.style import Styler

from explorer.architecture.norms import NormAxes, groups_of, norm_axes
from explorer.views.tables import heading
from explorer.words import count, label

if TYPE_CHECKING:
    from explorer.experiments.batch_norm.layer import Statistics

_CHANNELS = "layer_channels"
_AXES = "norm_axes"


def channels(found: Statistics) -> pd.DataFrame:
    """One row per channel: the layer's input, its parameters, its output."""
    numbers = {
        "mean": found.mean,
        "variance": found.variance,
        "smallest": found.smallest,
        "largest": found.largest,
        "gamma": found.gamma,
        "beta": found.beta,
        "mean_after": found.mean_after,
        "variance_after": found.variance_after,
    }
    named = {heading(_CHANNELS, column): values for column, values in numbers.items()}
    rows = pd.RangeIndex(len(found.mean), name=heading(_CHANNELS, "channel"))
    return pd.DataFrame(named, index=rows)


def axes(shape: tuple[int, int, int, int]) -> Styler:
    """For a batch of this (N, C, H, W): how many means each norm takes, over how many values."""
    rows = [
        (
            _named(norm, shape[1]),
            norm.axes,
            norm.means,
            norm.values,
            label("yes_no.yes" if norm.mixes_images else "yes_no.no"),
        )
        for norm in norm_axes(shape)
    ]
    columns = [heading(_AXES, column) for column in ("norm", "axes", "means", "values", "mixes")]
    return pd.DataFrame(rows, columns=columns).style.format(thousands=",")


def _named(norm: NormAxes, channels: int) -> str:
    if norm.kind == "group":
        return label("norm.group_of", groups=count(groups_of(channels), "group"))
    return label(f"norm.{norm.kind}")
