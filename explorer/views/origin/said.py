"""The sum behind a value in words, for whoever does not see it drawn: the same numbers."""

from __future__ import annotations

from typing import Final

from explorer.experiments.origin.parts import Largest, Mean, Part, Sum, WindowMean
from explorer.experiments.origin.sums import Weighted
from explorer.views.adding_up import rounded_sum, written
from explorer.views.numbers import plain
from explorer.views.origin.lines import pieces
from explorer.words import count, label

_FEW: Final = 16
"""Numbers that one listens to."""


def said(part: Part, shown: int = 5, shortcut: str = "identity") -> str:
    """The arithmetic with its result, 'max(0, x -0.25) = y 0'.

    Args:
        part: any but a convolution, whose channels are told by the page.
        shown: features of a classifier that are drawn.
        shortcut: kind of an addition's block.
    """
    total = plain(part.total)
    if isinstance(part, Sum):
        name = label(f"origin_line.{shortcut}")
        main, skip, total = rounded_sum((part.main, part.skip), part.total)
        numbers = {"main": main, "skip": skip}
        return label("origin_said.addition", shortcut=name, total=total, **numbers)
    if isinstance(part, Largest | WindowMean):
        terms = _listed([plain(float(value)) for value in part.patch[part.window.inside]])
        kind = "largest" if isinstance(part, Largest) else "mean"
        cells = int(part.window.inside.sum())
        return label(f"origin_said.{kind}", terms=terms, cells=cells, total=total)
    if isinstance(part, Mean):
        if part.map.size > _FEW:
            ends = {"low": plain(float(part.map.min())), "high": plain(float(part.map.max()))}
            return label("origin_said.many", cells=part.map.size, total=total, **ends)
        terms = _listed([plain(float(value)) for value in part.map.ravel()])
        return label("origin_said.mean", terms=terms, cells=part.map.size, total=total)
    if isinstance(part, Weighted):
        return _weighted(part, shown)
    return " ".join(f"{one.name} {one.shown}".strip() for one in pieces(part))


def _weighted(part: Weighted, shown: int) -> str:
    told = written(part, shown)
    terms = [
        label(
            "origin_said.term",
            n=feature,
            weight=plain(float(part.weights[feature])),
            mean=plain(float(part.features[feature])),
            product=product,
        )
        for feature, product in zip(part.ranking[:shown], told.channels, strict=True)
    ]
    if told.others is not None:
        others = count(len(part.ranking) - shown, "other_channel")
        terms.append(label("named.like", name=others, what=told.others))
    bias = label("named.like", name=label("origin_sum.bias"), what=told.bias)
    return label("origin_said.weighted", terms=_listed([*terms, bias]), total=told.total)


def _listed(terms: list[str]) -> str:
    return label("list.comma").join(terms)
