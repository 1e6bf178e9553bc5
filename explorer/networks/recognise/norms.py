"""Which normalisation belongs to which convolution: by their channels, in the file's order."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from explorer.networks.recognise.modules import Layer
from explorer.networks.recognise.structure import Structure

_SEPARATORS: Final = re.compile(r"[._/]")


Slot = tuple[int, str, int]
"""(block, or -1 for the stem and -2 for the end; what; channels)"""


@dataclass(frozen=True)
class Places:
    """A way in which a network has its normalisations: before or after the convolutions, and
    which of the others there are."""

    pre: bool
    stem: bool
    projection: bool
    final: bool


def place_norms(structure: Structure, norms: Sequence[Layer]) -> bool:
    """Give each normalisation its place; whether all found one, and every place is taken.

    Where several ways fit the channels, the one is taken in which norms stand with the blocks
    that their names say. Where names say nothing, `structure.twin` is the other way.
    """
    if not norms:
        return True
    sizes = Counter(norm.channels for norm in norms)
    found: list[tuple[int, Places, list[Slot], list[Layer]]] = []
    for ways in _ways():
        slots = _slots(structure, ways)
        if Counter(size for _, _, size in slots) != sizes:
            continue
        some = [_in_order(slots, norms), _by_name(structure, slots, norms)]
        for placed in some if structure.known_order else [_by_size(slots, norms)]:
            if placed is not None:
                found.append((_agreement(structure, slots, placed), ways, slots, placed))
    if not found:
        return False
    best, ways, slots, placed = max(found, key=lambda one: one[0])
    for agreement, other, its_slots, its_norms in found:
        if agreement == best and other.pre != ways.pre:
            structure.twin = structure.without_norms()
            _put(structure.twin, other, its_slots, its_norms)
            break
    _put(structure, ways, slots, placed)
    return True


def _agreement(structure: Structure, slots: Sequence[Slot], placed: Sequence[Layer]) -> int:
    """How many words the norms' names share with those of the block that they are given to."""
    blocks = structure.blocks
    total = 0
    for (index, what, _), norm in zip(slots, placed, strict=True):
        if index < 0:
            continue
        block = blocks[index]
        others = [*block.convolutions, *([block.projection] if block.projection else [])]
        if what == "projection" and block.projection is not None:
            others = [block.projection]
        total += max(_shared_words(norm, other) for other in others)
    return total


def _shared_words(one: Layer, other: Layer) -> int:
    count = 0
    for left, right in zip(_words(one.name), _words(other.name), strict=False):
        if left != right:
            break
        count += 1
    return count


def _words(name: str) -> list[str]:
    return _SEPARATORS.split(name)


def _ways() -> Iterator[Places]:
    for pre, (final, stem), projection in product(
        (False, True), ((False, True), (True, False), (True, True), (False, False)), (True, False)
    ):
        if pre or (not final and stem):
            yield Places(pre, stem, projection, final)


def _slots(structure: Structure, ways: Places) -> list[Slot]:
    """Where normalisations stand, in the order of the convolutions in the file."""
    slots: list[Slot] = []
    stem = structure.stem if ways.stem else structure.stem[:-1]
    slots += [(-1, "stem", layer.shape[0]) for layer in stem]
    for index, block in enumerate(structure.blocks):
        order = list(block.convolutions)
        if block.projection is not None:
            order.append(block.projection)
        for layer in sorted(order, key=lambda layer: layer.place):
            if layer is block.projection:
                if ways.projection:
                    slots.append((index, "projection", layer.shape[0]))
                continue
            size = block.inputs if ways.pre and layer is block.convolutions[0] else layer.shape[0]
            if ways.pre and layer is not block.convolutions[0]:
                size = block.convolutions[block.convolutions.index(layer) - 1].shape[0]
            slots.append((index, "main", size))
    if ways.final:
        slots.append((-2, "final", structure.out))
    return slots


def _in_order(slots: Sequence[Slot], norms: Sequence[Layer]) -> list[Layer] | None:
    """The norms as they come, if their channels come as the slots' do; the last may be first."""
    sizes = [size for _, _, size in slots]
    for order in (list(norms), [*norms[1:], norms[0]]):
        if [norm.channels for norm in order] == sizes:
            return order
    return None


def _by_size(slots: Sequence[Slot], norms: Sequence[Layer]) -> list[Layer]:
    """Any norm of the right channels: which one belongs where is not known."""
    free: dict[int, list[Layer]] = {}
    for norm in norms:
        free.setdefault(norm.channels, []).append(norm)
    return [free[size].pop(0) for _, _, size in slots]


def _by_name(
    structure: Structure, slots: Sequence[Slot], norms: Sequence[Layer]
) -> list[Layer] | None:
    """Each norm to the block whose layers' names it shares most of; there by size and order."""
    homes: dict[tuple[int, int], list[Layer]] = {}
    members = [(-1, layer) for layer in structure.stem]
    for index, block in enumerate(structure.blocks):
        members += [(index, layer) for layer in block.convolutions]
        if block.projection is not None:
            members.append((index, block.projection))
    free = list(norms)
    if slots and slots[-1][1] == "final":
        final = _final(structure, free)
        free.remove(final)
        homes[-2, final.channels] = [final]
    nearest = _Nearest([layer.name for _, layer in members])
    for norm in free:
        home = members[nearest.to(norm.name)][0]
        homes.setdefault((home, norm.channels), []).append(norm)
    placed: list[Layer] = []
    for index, what, size in slots:
        here = homes.get((index, size), [])
        if not here:
            return None
        shortcut = structure.blocks[index].projection if what == "projection" else None
        if shortcut is not None:
            chosen = max(here, key=lambda norm: _shared(norm, shortcut))
        elif index >= 0 and structure.blocks[index].projection is not None:
            chosen = min(here, key=lambda norm: _says_shortcut(norm, structure, index))
        else:
            chosen = here[0]
        here.remove(chosen)
        placed.append(chosen)
    return placed


class _Nearest:
    """Names in their alphabet's order: the one that begins most like another stands beside where
    that would stand, so that a thousand layers need not be held against a thousand."""

    def __init__(self, names: Sequence[str]) -> None:
        self._sorted = sorted((name, place) for place, name in enumerate(names))
        self._names = [name for name, _ in self._sorted]

    def to(self, name: str) -> int:
        """The place of the name that shares most letters with this one at its beginning; of those
        that share as many, the first."""
        here = bisect_left(self._names, name)
        length = max(_alike(name, other) for other in self._names[max(here - 1, 0) : here + 1])
        begin = end = bisect_left(self._names, name[:length])
        while end < len(self._names) and self._names[end].startswith(name[:length]):
            end += 1
        return min(place for _, place in self._sorted[begin:end])


def _says_shortcut(norm: Layer, structure: Structure, index: int) -> int:
    block = structure.blocks[index]
    assert block.projection is not None
    nearest = max(_shared(norm, layer) for layer in block.convolutions)
    return int(_shared(norm, block.projection) > nearest)


def _final(structure: Structure, norms: Sequence[Layer]) -> Layer:
    """The norm before the classifier: of the last channels, and in no block."""
    fitting = [norm for norm in norms if norm.channels == structure.out]
    last = structure.blocks[-1].convolutions
    return min(fitting, key=lambda norm: max(_shared(norm, layer) for layer in last))


def _shared(one: Layer, other: Layer) -> int:
    """How many letters two names have in common at their beginning."""
    return _alike(one.name, other.name)


def _alike(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _put(structure: Structure, ways: Places, slots: Sequence[Slot], norms: Sequence[Layer]) -> None:
    structure.pre = ways.pre
    for (index, what, _), norm in zip(slots, norms, strict=True):
        if what == "stem":
            structure.stem_norms.append(norm)
        elif what == "final":
            structure.final_norm = norm
        elif what == "projection":
            structure.blocks[index].projection_norm = norm
        else:
            structure.blocks[index].norms.append(norm)
