"""The other way: the outputs that a value feeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from explorer.experiments.origin.places import Place
from explorer.views import svg
from explorer.views.cells import HIGH, Cell, draw
from explorer.views.numbers import plain
from explorer.views.origin.spots import product_at, spot, value_at
from explorer.views.svg import text
from explorer.words import label

_GAP: Final = 30
_NAMES: Final = 330
_WIDE: Final = 96
_LEFTS: Final = tuple(_NAMES + index * (_WIDE + _GAP) for index in range(3))


class Term(NamedTuple):
    """A value that goes into an output, and the weight that it is multiplied by there, if any."""

    place: Place
    value: float
    weight: float | None


def outputs(terms: Sequence[Term]) -> str:
    """Outputs that a value feeds, one a row: value x weight = what it adds there."""
    columns = 1 if all(term.weight is None for term in terms) else 3
    most_value = max(abs(term.value) for term in terms)
    most_weight = max(abs(term.weight or 0) for term in terms)
    most = (most_value, most_weight, most_value * most_weight)
    parts = [
        text(left + _WIDE / 2, 16, label(f"origin_sum.{name}"), bold=True)
        for left, name in zip(_LEFTS, ("value", "weight", "product")[:columns], strict=False)
    ]
    y = 26.0
    for term in terms:
        row = [text(_NAMES - 10, y + 19, spot(term.place), anchor="end")]
        numbers = [term.value]
        signs: tuple[str, ...] = ()
        if term.weight is not None:
            numbers += [term.weight, term.value * term.weight]
            signs = ("\u00d7", "=")
        for left, number, largest in zip(_LEFTS, numbers, most, strict=False):
            row.append(draw(Cell(number, shown=plain(number)), left, y, _WIDE, largest))
        for left, sign in zip(_LEFTS[1:], signs, strict=False):
            row.append(text(left - _GAP / 2, y + 20, sign, size=20))
        parts.append(svg.node(term.place.text, in_words(term), *row))
        y += HIGH + 6
    return svg.document(_LEFTS[2] + _WIDE + 4, y + 4, parts)


def in_words(term: Term) -> str:
    """An output with its value's part in it, 'fc, 3: 0.5 × 0.2 = 0.1'."""
    if term.weight is None:
        return value_at(term.place, term.value)
    return product_at(term.place, term.value, term.weight)
