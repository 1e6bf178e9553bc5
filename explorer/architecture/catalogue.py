"""Every preset's and every published figure's cost: the points of the comparing charts."""

from functools import cache
from typing import Final, NamedTuple

from explorer.architecture.blueprint import blueprint
from explorer.architecture.presets import PRESETS, Preset
from explorer.architecture.protocols import PROTOCOLS
from explorer.architecture.published import FIGURES, Figure

IMAGENET_SIZE: Final = 224


class Entry(NamedTuple):
    """A preset at its usual image size."""

    preset: Preset
    params: int
    macs: int


class Result(NamedTuple):
    """A published figure beside the exact cost of the network that it was measured on.

    `macs` are those of one forward pass at `image_size`, however many crops were averaged.
    """

    figure: Figure
    params: int
    macs: int
    image_size: int


@cache
def entries() -> tuple[Entry, ...]:
    """All presets."""
    return tuple(Entry(preset, *_cost(preset, preset.image_size)) for preset in PRESETS.values())


def near(name: str) -> tuple[Entry, ...]:
    """This preset and those whose marks lie on its own: within 3 percent on both axes.

    Raises:
        KeyError: no such preset.
    """
    centre = {entry.preset.name: entry for entry in entries()}[name]
    return tuple(
        entry
        for entry in entries()
        if abs(entry.params / centre.params - 1) < 0.03 and abs(entry.macs / centre.macs - 1) < 0.03
    )


@cache
def results() -> tuple[Result, ...]:
    """All published figures."""
    found = []
    for figure in FIGURES:
        size = PROTOCOLS[figure.protocol].image_size or PRESETS[figure.preset].image_size
        bp = blueprint(figure.spec, size)
        found.append(Result(figure, bp.params, bp.macs, size))
    return tuple(found)


@cache
def protocols() -> tuple[str, ...]:
    """The protocols of all published figures, in the order of the list."""
    return tuple(dict.fromkeys(figure.protocol for figure in FIGURES))


def _cost(preset: Preset, size: int) -> tuple[int, int]:
    bp = blueprint(preset.spec, size)
    return bp.params, bp.macs
