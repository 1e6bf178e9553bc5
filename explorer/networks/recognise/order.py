"""Orders in which a file's layers may have been meant."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from explorer.networks.recognise.modules import Layer

_DIGITS: Final = re.compile("([0-9]{1,15})")
"""A number in a name: not every digit of the world's scripts, and not as long as it likes."""
_MOST_STEMS: Final = 3


def orders(found: Sequence[Layer]) -> Iterator[list[Layer]]:
    """As they come; then with their names sorted as people count (2 before 10), since some
    programs sort letter by letter; each also with the layers that read the picture at the front.

    A layer's `place` is its place in the order that is yielded.
    """
    tried: list[list[Layer]] = []
    bases = [list(found), sorted(found, key=_counted)]
    # A program that defines its layers numbers them upwards.
    for base in bases if _ascends(found) else reversed(bases):
        for order in (base, *_stem_first(base)):
            if order in tried:
                continue
            tried.append(order)
            for place, layer in enumerate(order):
                layer.place = place
            yield order


def _ascends(found: Sequence[Layer]) -> bool:
    """Whether the numbers behind equal beginnings of names never fall."""
    last: dict[str, int] = {}
    for layer in found:
        for match in _DIGITS.finditer(layer.name):
            before, number = layer.name[: match.start()], int(match[0])
            if last.get(before, 0) > number:
                return False
            last[before] = number
    return True


def _counted(layer: Layer) -> list[tuple[bool, int, str]]:
    parts = _DIGITS.split(layer.name)
    # Every second part is a number.
    return [(at % 2 == 1, int(part) if at % 2 else 0, part) for at, part in enumerate(parts)]


def as_number(part: str) -> int | None:
    """A step of a tensor's name as a number; None where it is none."""
    return int(part) if _DIGITS.fullmatch(part) else None


def _stem_first(order: list[Layer]) -> Iterator[list[Layer]]:
    """With the convolution at the front that takes the fewest channels, as a picture has."""
    wide = [layer for layer in order if layer.kind == "conv" and layer.shape[2] > 1]
    tried: set[tuple[int, ...]] = set()
    for first in sorted(wide, key=lambda layer: layer.shape[1]):
        if first.shape in tried:
            continue
        if len(tried) == _MOST_STEMS:
            return
        tried.add(first.shape)
        shared = _together(first, order)
        yield [layer for layer in order if layer in shared] + [
            layer for layer in order if layer not in shared
        ]


def _together(first: Layer, order: Sequence[Layer]) -> list[Layer]:
    """The layers whose names begin as the stem's first does, if they are few."""
    common = 0
    paths = [layer.path for layer in order]
    while all(len(path) > common and path[common] == first.path[common] for path in paths):
        common += 1
    mine = [layer for layer in order if layer.path[: common + 1] == first.path[: common + 1]]
    return mine if sum(layer.kind == "conv" for layer in mine) <= 3 else [first]
