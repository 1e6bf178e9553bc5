"""Where a value is and what becomes of it there, in words."""

from explorer.experiments.origin.places import Place
from explorer.views.numbers import plain
from explorer.words import label


def spot(place: Place) -> str:
    """Where a value is: 'layer1.0.relu1, channel 3, row 0, column 2'."""
    if place.path in ("flatten", "fc"):
        return label("origin_sum.flat_place", path=place.path, channel=place.channel)
    return label("origin_sum.place", **place._asdict())


def value_at(place: Place, value: float) -> str:
    """A value and where it is."""
    return label("named.like", name=spot(place), what=plain(value, 6))


def product_at(place: Place, value: float, weight: float) -> str:
    """A term of a sum with its two factors, 'fc, 3: 0.5 × 0.2 = 0.1'."""
    return label(
        "origin_sum.term",
        place=spot(place),
        value=plain(value, 6),
        weight=plain(weight, 6),
        product=plain(value * weight, 6),
    )
