"""Pictures of sums: patch x kernel = product per channel, terms of a classifier, what was read.

Whatever leads one op further back can be chosen; its path is the value's place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from explorer.experiments.origin.parts import (
    Array,
    Convolution,
    Largest,
    Mean,
    Weighted,
    WindowMean,
)
from explorer.experiments.origin.places import Place
from explorer.views import svg
from explorer.views.adding_up import Scale, Written, scale, shared, written
from explorer.views.cells import HIGH, Cell, draw, table
from explorer.views.inference_pictures import frame as marked
from explorer.views.inference_pictures import map_url
from explorer.views.numbers import plain, ten_to
from explorer.views.palette import BORDER
from explorer.views.svg import text
from explorer.words import count, label

_GAP: Final = 30
"""Between a patch and its kernel, for the sign."""
_SUM: Final = 128
"""Room for a row's sum, at the right."""
_TITLE: Final = 24
_LINE: Final = 26
_READABLE: Final = 3
"""Kernels up to this size have cells with room for four decimals."""
_WIDE_OF_MANY: Final = 45
Colours = Sequence[Sequence[str]]
"""Of a patch of the photograph, row by row, as `#rrggbb`; "" where there is none."""


def convolution(part: Convolution, shown: int, colours: Colours | None = None) -> str:
    """The channels that contribute most as triples patch x kernel = product, and what is left.

    Args:
        part: the sum.
        shown: how many channels are drawn.
        colours: where the patch lies on the photograph itself, its colours.
    """
    kernel, many = part.kernel.shape[-1], rounded_cells(part)
    single, told = kernel == 1, written(part, shown)
    wide, size = (_WIDE_OF_MANY, 14) if many else (66, 15)
    names = 128 if single else 0
    block, high = kernel * wide, kernel * HIGH
    lefts = [names + index * (block + _GAP) for index in range(3)]
    if many:
        # The products below what they are made of: side by side nobody could read them.
        lefts[2] = lefts[1]
    width = lefts[2] + block + _GAP + _SUM
    most = [float(np.abs(one).max(initial=0)) for one in (part.patch, part.kernel, part.products)]
    scales = _scales(part, told)
    headings = [
        label(f"origin_sum.{name}") + by.heading
        for name, by in zip(("input", "kernel", "product"), scales, strict=True)
    ]
    parts = [
        text(left + block / 2, 16, heading, bold=True)
        for left, heading in zip(lefts, headings[:2] if many else headings, strict=False)
    ]
    parts.append(text(width, 16, label("origin_sum.sum"), bold=True, anchor="end"))
    y = 26.0
    for rank, channel in enumerate(part.ranking[:shown]):
        name = label("origin_sum.channel", n=part.first + channel)
        if single:
            parts.append(text(names - 10, y + HIGH / 2 + 6, name, anchor="end"))
        else:
            parts.append(text(0, y + 16, name, anchor="start"))
            y += _TITLE
        units = told.units[rank] if told.units else None
        tops = [y, y, y + high + _TITLE if many else y]
        rows = _triples(part, channel, colours, scales, units)
        for index, (left, top, grid) in enumerate(zip(lefts, tops, rows, strict=True)):
            parts.append(table(grid, left, top, wide, most[index], size=size))
        if many:
            parts.append(text(lefts[2] + block / 2, tops[2] - 7, headings[2], bold=True))
        for left, top, sign in zip(lefts[1:], tops[1:], ("\u00d7", "="), strict=True):
            parts.append(text(left - _GAP / 2, top + high / 2 + 7, sign, size=20))
        middle = tops[2] + high / 2 + 7
        parts.append(text(lefts[2] + block + _GAP / 2, middle, "=", size=20))
        parts.append(text(width, middle, told.channels[rank], anchor="end", bold=True))
        y = tops[2] + high + 8
    lines = _left_over(len(part.ranking) - shown, told)
    lines.append((count(part.products.size, "product"), told.total))
    return svg.document(width, y + _LINE * len(lines) + 10, [*parts, _lines(lines, width, y)])


def rounded_cells(part: Convolution) -> bool:
    """Whether a kernel has so many cells that its products have room for few decimals: they are
    rounded one by one, and no longer add up as they are shown."""
    return part.kernel.shape[-1] > _READABLE


def _scales(part: Convolution, told: Written) -> tuple[Scale, Scale, Scale]:
    """How input, kernel and products are written; the products as their sums are, if there is
    room, so that they add up to what stands beside them."""
    decimals = 3 if rounded_cells(part) else 4
    read, weights = (
        scale([float(np.abs(one).max(initial=0))], decimals) for one in (part.patch, part.kernel)
    )
    return read, weights, told.by._replace(decimals=min(told.by.decimals, decimals))


def _triples(
    part: Convolution,
    channel: int,
    colours: Colours | None,
    scales: tuple[Scale, Scale, Scale],
    units: int | None,
) -> tuple[list[list[Cell]], list[list[Cell]], list[list[Cell]]]:
    """Input, kernel and products of one channel; `units` is the products' sum as it is shown."""
    kernel = part.kernel.shape[-1]
    products = _products(part, channel, scales[2], units)
    read: list[list[Cell]] = []
    weights: list[list[Cell]] = []
    made: list[list[Cell]] = []
    for row in range(kernel):
        read.append([])
        weights.append([])
        made.append([])
        for column in range(kernel):
            source = part.source(channel, row, column)
            value, weight = (float(one[channel, row, column]) for one in (part.patch, part.kernel))
            shown = scales[1].shown(weight, bare=True)
            weights[-1].append(Cell(weight, "", plain(weight, 6), shown=shown))
            if source is None:
                padding = label("origin_sum.padding")
                read[-1].append(Cell(None, "", padding))
                made[-1].append(Cell(None, "", padding))
                continue
            named = label(
                "origin_sum.term",
                place=spot(source),
                value=plain(value, 6),
                weight=plain(weight, 6),
                product=plain(value * weight, 6),
            )
            fill = colours[row][column] if colours else ""
            shown = scales[0].shown(value, bare=True)
            read[-1].append(Cell(value, source.text, named, fill, shown=shown))
            shown = products[row, column]
            made[-1].append(Cell(value * weight, source.text, named, shown=shown))
    return read, weights, made


def _products(
    part: Convolution, channel: int, by: Scale, units: int | None
) -> dict[tuple[int, int], str]:
    """Row and column of each cell of the window that lies on the map -> its product, written."""
    cells = [(int(row), int(column)) for row, column in np.argwhere(part.window.inside)]
    values = [float(part.products[channel][cell]) for cell in cells]
    if units is None or rounded_cells(part):
        return {cell: by.shown(value, bare=True) for cell, value in zip(cells, values, strict=True)}
    found = shared(values, units, by)
    return {cell: by.written(one, bare=True) for cell, one in zip(cells, found, strict=True)}


def _left_over(others: int, told: Written) -> list[tuple[str, str]]:
    """The lines below the channels drawn: those that are not, and the bias."""
    lines = [] if told.others is None else [(count(others, "other_channel"), told.others)]
    return lines if told.bias is None else [*lines, (label("origin_sum.bias"), told.bias)]


def _lines(lines: Sequence[tuple[str, str]], width: float, y: float) -> str:
    """What is left of a sum, and the sum itself below a line."""
    parts = []
    for index, (name, shown) in enumerate(lines):
        last = index == len(lines) - 1
        if last:
            parts.append(f'<path d="M0,{y + 4:.1f} H{width}" stroke="{BORDER}"/>')
            y += 6
        parts.append(text(width - _SUM, y + 18, name, anchor="end", bold=last))
        parts.append(text(width, y + 18, shown, anchor="end", bold=last))
        y += _LINE
    return "".join(parts)


def spot(place: Place) -> str:
    """Where a value is, in words: 'layer1.0.relu1, channel 3, row 0, column 2'."""
    if place.path in ("flatten", "fc"):
        return label("origin_sum.flat_place", path=place.path, channel=place.channel)
    return label("origin_sum.place", **place._asdict())


def classifier(part: Weighted, maps: Array, shown: int) -> str:
    """The features that decide a logit, each with its map: weight x mean = product.

    Args:
        part: the sum.
        maps: what the average pool reads, (C, H, W).
        shown: how many features are drawn.
    """
    told = written(part, shown)
    side, names, wide = 64, 112, 84
    lefts = [names + side + 16 + index * (wide + _GAP) for index in range(3)]
    width = lefts[2] + wide + 20
    heads = ("weight", "mean", "product")
    parts = [
        text(left + wide / 2, 16, label(f"origin_sum.{name}"), bold=True)
        for left, name in zip(lefts, heads, strict=True)
    ]
    parts.append(text(names + side / 2, 16, label("origin_sum.map"), bold=True))
    most = [float(np.abs(one).max()) for one in (part.weights, part.features, part.products)]
    y = 26.0
    for feature, product in zip(part.ranking[:shown], told.channels, strict=True):
        weight, mean = float(part.weights[feature]), float(part.features[feature])
        source = Place(part.op.inputs[0], feature)
        title = label(
            "origin_sum.term",
            place=spot(source),
            value=plain(mean, 6),
            weight=plain(weight, 6),
            product=plain(weight * mean, 6),
        )
        name = label("origin_sum.channel", n=feature)
        middle = y + side / 2
        values = maps[feature]
        low, high = float(values.min()), float(values.max())
        scaled = (values - low) / (high - low if high > low else 1.0)
        row = [
            text(names - 10, middle + 6, name, anchor="end"),
            svg.image(map_url(scaled, side), names, y, side, side),
        ]
        values_shown = (plain(weight), plain(mean), product)
        for left, value, shown_as, largest in zip(
            lefts, (weight, mean, weight * mean), values_shown, most, strict=True
        ):
            cell = Cell(value, shown=shown_as)
            row.append(draw(cell, left, middle - HIGH / 2, wide, largest))
        for left, sign in zip(lefts[1:], ("\u00d7", "="), strict=True):
            row.append(text(left - _GAP / 2, middle + 6, sign, size=20))
        parts.append(svg.node(source.text, title, *row))
        y += side + 6
    lines = _left_over(len(part.ranking) - shown, told)
    lines.append((label("origin_sum.logit"), told.total))
    return svg.document(width, y + _LINE * len(lines) + 10, [*parts, _lines(lines, width, y)])


def window(part: Largest | WindowMean) -> str:
    """The cells that a pooling reads; of a max pooling the winner is marked."""
    winner = part.winner if isinstance(part, Largest) else None
    size, wide = part.patch.shape[0], 92
    most = float(np.abs(part.patch[part.window.inside]).max(initial=0))
    rows: list[list[Cell]] = []
    for row in range(size):
        rows.append([])
        for column in range(size):
            source = part.source(row, column)
            if source is None:
                rows[-1].append(Cell(None, "", label("origin_sum.outside")))
                continue
            value = float(part.patch[row, column])
            title = label("named.like", name=spot(source), what=plain(value, 6))
            won = (row, column) == winner
            rows[-1].append(Cell(value, source.text, title, marked=won, shown=plain(value)))
    return svg.document(size * wide + 4, size * HIGH + 4, [table(rows, 2, 2, wide, most)])


_NOTHING: Final = (0.0, 0.0, 0.0, 0.0)
_NUMBERED: Final = 10
"""Rows of a map whose numbers can still be read."""


def mean(part: Mean) -> str:
    """The map that an average pooling reads, with its numbers where they have room."""
    height, width = part.map.shape
    rows: list[list[Cell]] = []
    most = float(np.abs(part.map).max())
    by = scale([most], 3)
    for row in range(height):
        rows.append([])
        for column in range(width):
            source = Place(part.op.inputs[0], part.place.channel, row, column)
            value = float(part.map[row, column])
            title = label("named.like", name=spot(source), what=plain(value, 6))
            shown = by.shown(value, bare=True)
            rows[-1].append(Cell(value, source.text, title, shown=shown))
    if width <= _NUMBERED:
        wide, below = 64, height * HIGH + 4
        drawn = [table(rows, 2, 2, wide, most)]
        if by.exponent:
            unit = label("origin_sum.each_times", power=ten_to(by.exponent))
            drawn.append(text(2, below + 18, unit, anchor="start"))
            below += _LINE
        return svg.document(max(width * wide + 4, 200), below, drawn)
    low = float(part.map.min())
    scaled = ((part.map - low) / (most - low if most > low else 1.0)).astype(np.float32)
    at = divmod(int(part.map.argmax()), width)
    title = label("origin_sum.channel", n=part.place.channel)
    picture = grid_map(
        scaled, f"{part.op.inputs[0]},{part.place.channel}", _NOTHING, title, best=at
    )
    return svg.document(244, 244, [picture])


class Term(NamedTuple):
    """A value, what it is multiplied by and what comes of it, at a place to go to."""

    place: Place
    value: float
    weight: float | None


def outputs(terms: Sequence[Term]) -> str:
    """Outputs that a value feeds, one a row: value x weight = what it adds there."""
    names, wide = 330, 96
    lefts = [names + index * (wide + _GAP) for index in range(3)]
    width = lefts[2] + wide + 4
    columns = 1 if all(term.weight is None for term in terms) else 3
    most_value = max(abs(term.value) for term in terms)
    most_weight = max(abs(term.weight or 0) for term in terms)
    parts = [
        text(left + wide / 2, 16, label(f"origin_sum.{name}"), bold=True)
        for left, name in zip(lefts, ("value", "weight", "product")[:columns], strict=False)
    ]
    y = 26.0
    for term in terms:
        row = [text(names - 10, y + 19, spot(term.place), anchor="end")]
        if term.weight is None:
            row.append(draw(_plainly(term.value), lefts[0], y, wide, most_value))
        else:
            product = term.value * term.weight
            cells = (
                (term.value, most_value),
                (term.weight, most_weight),
                (product, most_value * most_weight),
            )
            for left, (number, most) in zip(lefts, cells, strict=True):
                row.append(draw(_plainly(number), left, y, wide, most))
            for left, sign in zip(lefts[1:], ("\u00d7", "="), strict=True):
                row.append(text(left - _GAP / 2, y + 20, sign, size=20))
        parts.append(svg.node(term.place.text, in_words(term), *row))
        y += HIGH + 6
    return svg.document(width, y + 4, parts)


def _plainly(value: float) -> Cell:
    return Cell(value, shown=plain(value))


def in_words(term: Term) -> str:
    """An output with its value's part in it, 'fc, 3: 0.5 × 0.2 = 0.1'."""
    if term.weight is None:
        return label("named.like", name=spot(term.place), what=plain(term.value, 6))
    return label(
        "origin_sum.term",
        place=spot(term.place),
        value=plain(term.value, 6),
        weight=plain(term.weight, 6),
        product=plain(term.value * term.weight, 6),
    )


def grid_map(
    values: Array,
    path: str,
    frame: tuple[float, float, float, float],
    title: str,
    side: float = 240,
    at: tuple[float, float] = (0, 0),
    best: tuple[int, int] = (0, 0),
) -> str:
    """A map (H, W) of values from 0 to 1 of which any position can be chosen by one click.

    Args:
        values: the map.
        path: of its channel, `layer2.0.conv1,17`; the position chosen comes behind it.
        frame: left, top, right and bottom of what is marked, in positions.
        title: what the pointer reads.
        side: of the picture, in units of the drawing.
        at: its left top.
        best: the position that the keyboard chooses.
    """
    height, width = values.shape
    x, y = at
    parts = [svg.image(map_url(values, side), x, y, side, side, fit="none")]
    parts.append(
        f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="transparent" '
        f'stroke="{BORDER}"/>'
    )
    drawn = svg.grid(path, title, (height, width), best, *parts)
    left, top, right, bottom = frame
    if right <= left:
        return drawn
    across, down = side / width, side / height
    return drawn + marked(
        x + left * across, y + top * down, (right - left) * across, (bottom - top) * down
    )
