"""The sum behind a logit: weight x mean = product of the features that decide it, with maps."""

from __future__ import annotations

from typing import Final

import numpy as np

from explorer.experiments.origin.parts import Array
from explorer.experiments.origin.places import Place
from explorer.experiments.origin.sums import Weighted
from explorer.views import svg
from explorer.views.adding_up import written
from explorer.views.cells import HIGH, Cell, draw
from explorer.views.numbers import plain
from explorer.views.origin.below_a_sum import LINE, left_over, lines_below
from explorer.views.origin.maps import as_picture
from explorer.views.origin.spots import product_at
from explorer.views.rasters import map_url
from explorer.views.svg import text
from explorer.words import label

_GAP: Final = 30
_MAP: Final = 64
_NAMES: Final = 112
_WIDE: Final = 84
_LEFTS: Final = tuple(_NAMES + _MAP + 16 + index * (_WIDE + _GAP) for index in range(3))
_WIDTH: Final = _LEFTS[2] + _WIDE + 20


def classifier(part: Weighted, maps: Array, shown: int) -> str:
    """The features that decide a logit, each with its map: weight x mean = product.

    Args:
        part: the sum.
        maps: what the average pool reads, (C, H, W).
        shown: how many features are drawn.
    """
    told = written(part, shown)
    parts = [
        text(left + _WIDE / 2, 16, label(f"origin_sum.{name}"), bold=True)
        for left, name in zip(_LEFTS, ("weight", "mean", "product"), strict=True)
    ]
    parts.append(text(_NAMES + _MAP / 2, 16, label("origin_sum.map"), bold=True))
    most = [float(np.abs(one).max()) for one in (part.weights, part.features, part.products)]
    y = 26.0
    for feature, product in zip(part.ranking[:shown], told.channels, strict=True):
        parts.append(_feature(part, feature, maps[feature], product, most, y))
        y += _MAP + 6
    lines = left_over(len(part.ranking) - shown, told)
    lines.append((label("origin_sum.logit"), told.total))
    below = lines_below(lines, _WIDTH, y)
    return svg.document(_WIDTH, y + LINE * len(lines) + 10, [*parts, below])


def _feature(
    part: Weighted, feature: int, map_read: Array, product: str, most: list[float], y: float
) -> str:
    """One row from `y` on; `product` is written so that the column adds up, `most` the largest
    weight, mean and product of all."""
    weight, mean = float(part.weights[feature]), float(part.features[feature])
    source = Place(part.op.inputs[0], feature)
    name, middle = label("origin_sum.channel", n=feature), y + _MAP / 2
    row = [
        text(_NAMES - 10, middle + 6, name, anchor="end"),
        svg.image(map_url(as_picture(map_read), _MAP), _NAMES, y, _MAP, _MAP),
    ]
    cells = (
        Cell(weight, shown=plain(weight)),
        Cell(mean, shown=plain(mean)),
        Cell(weight * mean, shown=product),
    )
    for left, cell, largest in zip(_LEFTS, cells, most, strict=True):
        row.append(draw(cell, left, middle - HIGH / 2, _WIDE, largest))
    for left, sign in zip(_LEFTS[1:], ("\u00d7", "="), strict=True):
        row.append(text(left - _GAP / 2, middle + 6, sign, size=20))
    return svg.node(source.text, product_at(source, mean, weight), *row)
