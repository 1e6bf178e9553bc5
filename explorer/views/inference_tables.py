"""Rows of the page Inference's tables. Columns are ids; the page words them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.words import label

if TYPE_CHECKING:
    from explorer.experiments.inference import Prediction
    from explorer.experiments.modes import ModeComparison
    from explorer.experiments.samples import Sample

Row = dict[str, Any]


def channel_rows(
    raw: NDArray[np.float32],
    normalised: NDArray[np.float32],
    mean: Sequence[float],
    std: Sequence[float],
) -> list[Row]:
    """Each channel's values before and after normalising; images (1, C, H, W), C 3 or 1."""
    channels = ("red", "green", "blue") if raw.shape[1] == 3 else ("grey",)
    return [
        {
            "channel": label(f"infer_colour.{name}"),
            "mean": float(raw[0, index].mean()),
            "training_mean": _per_channel(mean, len(channels))[index],
            "training_std": _per_channel(std, len(channels))[index],
            "normalised_mean": float(normalised[0, index].mean()),
            "normalised_std": float(normalised[0, index].std(ddof=1)),
        }
        for index, name in enumerate(channels)
    ]


def picture_row(name: str, picture: str, answer: Prediction) -> Row:
    """What a network says of one picture (its data URL); percentages, None where it overflowed."""
    first, *rest = answer.top(2)
    fine = answer.finite
    return {
        "picture": picture,
        "name": name,
        "answer": first.name if fine else label("infer_answer.overflow"),
        "probability": 100 * first.probability if fine else None,
        "second": rest[0].name if rest and fine else "",
        "margin": 100 * answer.margin if fine else None,
        "forward": 1000 * answer.seconds,
    }


def mode_rows(found: ModeComparison) -> list[Row]:
    """The same picture in four ways, beside the class that eval mode names; percentages."""
    best = found.evaluated.best.index
    rows = {
        "evaluated": found.evaluated,
        "trained": found.trained,
        "in_company": found.in_company,
        "afterwards": found.afterwards,
    }
    return [
        {
            "mode": label(f"infer_modes.{name}", passes=found.passes),
            "answer": one.best.name if one.finite else label("infer_answer.overflow"),
            "own": 100 * one.best.probability if one.finite else None,
            "of_first": 100 * one.guess(best).probability if one.finite else None,
        }
        for name, one in rows.items()
    ]


def sample_rows(samples: Sequence[Sample]) -> list[Row]:
    """Where the sample pictures come from."""
    return [
        {
            "picture": sample.name,
            "shows": sample.shows,
            "cifar10": sample.cifar10 or label("infer_samples.none"),
            "author": sample.author,
            "licence": sample.licence,
            "source": sample.source,
        }
        for sample in samples
    ]


def _per_channel(values: Sequence[float], channels: int) -> list[float]:
    return list(values) if channels == len(values) else [sum(values) / len(values)]
