"""A file of weights, weighed: which of its readings is right, and what was done to its pixels.

The pictures, the candidates and the rule by which one is taken; explorer.experiments.readings has
the method. Nothing here draws, so that it can be held against networks whose answer is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import torch
from torch import nn

from explorer.architecture import NetworkSpec, blueprint, smallest_image_size
from explorer.architecture.alignment import differing_fields
from explorer.experiments import framing, layer_by_layer, other_programs, pixel_memory, readings
from explorer.experiments.batch_norm.plan import images_that_fit
from explorer.experiments.preprocess import IMAGENET, Preprocessing
from explorer.experiments.readings import Values, Weighed

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from explorer.networks import ResNet
    from explorer.networks.recognise import Reading, Recognised

    Network = Callable[[Reading], ResNet]
    Say = Callable[[float], None]

OWN: Final = "own"
"""The values that the file itself holds."""
_NEAR: Final = 0.01
_MOST_PICTURES: Final = 12
_LOADED: Final = 0.1
_VALUES_TOLD: Final = 0.3
_FIRST_ROUND: Final = 0.8
"""Shares of the weighing that are done then, for the bar."""
_IMAGENET: Final = 1_000
_SMALL_SIDES: Final = (32, 64)
_CLEAR_SIDE: Final = 0.7
"""A size is told from the stem's where its distance is at most this part of that one's."""
_FEW: Final = 4
_STEM: Final = {"stem", "stem_norm"}
"""A pre-activation network's file tells whether its stem has a norm; what is usual, its stem."""


@dataclass(frozen=True)
class Verdict:
    """The readings and the ways to prepare pixels, nearest first; empty where nothing tells.

    `exact`: the pixels are CIFAR's, and the first layer tells what was done to them; else
    photographs tell a little. `others`: the reading that is taken, as it is and as other programs
    would compute it. `side`: the image size, in pixels, at which the network learnt, where
    that is told and is not its stem's. `closer`: the readings between which the first figures do
    not decide, weighed layer by layer. `sides`: sizes, nearest first, where there are several.
    """

    readings: tuple[Weighed, ...] = ()
    values: tuple[Weighed, ...] = ()
    exact: bool = False
    others: tuple[Weighed, ...] = ()
    side: int | None = None
    closer: tuple[Weighed, ...] = ()
    sides: tuple[Weighed, ...] = ()
    otherwise: tuple[tuple[str, int], ...] = ()
    pictures: int = 0


def side_for(spec: NetworkSpec, verdict: Verdict) -> int:
    """The image size of a file's network: its stem's, unless batch norm remembers another."""
    return max(verdict.side or framing.side_of(spec), smallest_image_size(spec))


def usual_values(spec: NetworkSpec) -> str:
    """What is subtracted and divided by where nothing is known."""
    return "cifar10" if spec.stem_stride == 1 else "imagenet"


def candidates(found: Recognised) -> dict[str, Values]:
    """The ways to prepare pixels that come into question, the file's own first."""
    own = {} if found.recipe is None else {OWN: (*found.recipe, _is_blue_first(found.recipe[0]))}
    return own | readings.VALUES | readings.RARE


def _usual(ways: Mapping[str, Values]) -> dict[str, Values]:
    """Those that photographs are asked about."""
    return {name: values for name, values in ways.items() if name not in readings.RARE}


def _is_blue_first(mean: Sequence[float]) -> bool:
    """Whether a file's mean is ImageNet's with blue first, as in Caffe's and detectron2's; it
    nowhere says so."""
    back = IMAGENET.mean[::-1]
    return len(mean) == len(back) and all(
        abs(one - other) < _NEAR for one, other in zip(mean, back, strict=True)
    )


def usual_of(found: Recognised) -> str:
    """The way that is taken where nothing tells."""
    return usual_values(found.spec) if found.recipe is None else OWN


def pictures_for(spec: NetworkSpec) -> int:
    """How many photographs are weighed with."""
    bp = blueprint(spec, framing.side_of(spec))
    return _MOST_PICTURES if bp.macs < 10**9 else min(4, images_that_fit(bp))


def weigh(
    found: Recognised, network: Network, pictures: Sequence[Image], say: Say = lambda share: None
) -> Verdict:
    """How near each reading's statistics are to those stored.

    Args:
        found: a file of weights of a network that takes pictures.
        network: a reading's network with the file's weights.
        pictures: photographs of any size.
        say: called with the share that is done.
    """
    first = network(found.readings[0])
    spec = found.spec
    some = pictures[: pictures_for(spec)]
    ways = candidates(found)
    if not readings.has_memory(first):
        return _answered_otherwise(found, first, some, _usual(ways))
    sides = _sides(found, first, some, ways[usual_of(found)])
    side = _other_side(spec, sides)
    batch = readings.raw(some, framing.usual(spec, side), spec.in_channels)
    say(_LOADED)
    exact = pixel_memory.weigh_values(first, ways)
    values = exact or readings.weigh_values(first, batch, _usual(ways))
    told = Verdict((), values, bool(exact), side=side, sides=sides)
    del first  # each network is held only while it runs
    say(_VALUES_TOLD)
    prepared = readings.normalised(batch, ways[best_values(found, told)])
    told = replace(told, readings=_in_rounds(found, network, prepared, say))
    # Where few pictures were all that is cheap, two are enough for what is found at every layer.
    few = prepared if len(prepared) > _FEW else prepared[:2]
    networks = {str(at): partial(network, one) for at, one in enumerate(found.readings)}
    told = replace(told, closer=layer_by_layer.closer(networks, told.readings, prepared))
    taken = network(best_reading(found, told))
    return replace(told, others=other_programs.weigh(taken, few))


def _answered_otherwise(
    found: Recognised, network: ResNet, pictures: Sequence[Image], ways: Mapping[str, Values]
) -> Verdict:
    """What depends on how pixels became numbers, where no norm remembers it. How sure the answers
    are would not tell it: a network with group norm that learnt from -1 to 1 was surer by
    ImageNet's values (0.54 against 0.46), as were two of three others by wrong ones."""
    if found.head != "classes" or not _learnt(network):
        return Verdict()
    usual = usual_of(found)
    batch = readings.raw(pictures, framing.usual(found.spec), found.spec.in_channels)
    device = network.fc.weight.device
    with torch.inference_mode():
        answers = {
            way: network(readings.normalised(batch, values).to(device)).argmax(1)
            for way, values in ways.items()
        }
    return Verdict(
        otherwise=tuple(
            (way, int((said != answers[usual]).sum()))
            for way, said in answers.items()
            if way != usual
        ),
        pictures=len(batch),
    )


def _learnt(network: ResNet) -> bool:
    """Whether batch norms, if there are any, are not as before training."""
    norms = [one for one in network.modules() if isinstance(one, nn.BatchNorm2d)]
    return not norms or any(bool((one.weight != one.weight[0]).any()) for one in norms)


def _sides(
    found: Recognised, network: ResNet, pictures: Sequence[Image], values: Values
) -> tuple[Weighed, ...]:
    """The sizes that pictures may have had in training, nearest first: networks made for 224
    pixels were often taught CIFAR's 32 or Tiny ImageNet's 64 as they are."""
    spec = found.spec
    if framing.is_small(spec) or spec.num_classes == _IMAGENET:
        return ()
    batches = {
        str(side): readings.normalised(
            readings.raw(pictures, framing.usual(spec, side), spec.in_channels), values
        )
        for side in (framing.side_of(spec), *_SMALL_SIDES)
        if side >= smallest_image_size(spec)
    }
    # Where windows stand at strides shows the more, the smaller the pictures.
    programs = (network, other_programs.with_same(network))
    return layer_by_layer.weigh_sides(batches, programs)


def _other_side(spec: NetworkSpec, ranked: Sequence[Weighed]) -> int | None:
    """The nearest size, where that is clearly nearer than the stem's."""
    usual = next((one.distance for one in ranked if one.name == str(framing.side_of(spec))), 0.0)
    if not ranked or ranked[0].distance > _CLEAR_SIDE * usual:
        return None
    return int(ranked[0].name)


def _in_rounds(found: Recognised, network: Network, batch: Tensor, say: Say) -> tuple[Weighed, ...]:
    """All readings of the likeliest stem, then the other stems of the nearest of them."""
    numbered = list(enumerate(found.readings))

    def weigh(some: Sequence[tuple[int, Reading]], begin: float, end: float) -> tuple[Weighed, ...]:
        networks = {str(index): (lambda one=one: network(one)) for index, one in some}
        return readings.weigh_readings(
            networks, batch, lambda done, todo: say(begin + (end - begin) * done / todo)
        )

    stem = found.spec.stem
    first = weigh(
        [(index, one) for index, one in numbered if one.spec.stem == stem],
        _VALUES_TOLD,
        _FIRST_ROUND,
    )
    near = [found.readings[int(name)].spec for name in readings.undecided(first)]
    others = [
        (index, one)
        for index, one in numbered
        if one.spec.stem != stem
        and any({*differing_fields(one.spec, other)} <= _STEM for other in near)
    ]
    return readings.by_distance([*first, *weigh(others, _FIRST_ROUND, 1.0)])


def best_values(found: Recognised, verdict: Verdict) -> str:
    """The nearest; the usual ones where others are as near, and red first where blue first is."""
    ways = candidates(found)
    names = sorted((one.name for one in verdict.values), key=lambda name: ways[name][2])
    return readings.best(verdict.values, [usual_of(found), *names], _clear(verdict))


def near_values(verdict: Verdict) -> tuple[str, ...]:
    """The ways to prepare pixels that nothing tells from the nearest, nearest first."""
    return readings.undecided(verdict.values, _clear(verdict))


def _clear(verdict: Verdict) -> float:
    return pixel_memory.CLEAR if verdict.exact else readings.CLEAR_VALUES


def best_reading(found: Recognised, verdict: Verdict) -> Reading:
    """The nearest; the likeliest where others are as near."""
    order = [str(index) for index in range(len(found.readings))]
    near = near_readings(verdict)
    return found.readings[int(next((name for name in order if name in near), order[0]))]


def near_readings(verdict: Verdict) -> tuple[str, ...]:
    """The readings that nothing tells from the nearest, by their places in the file's."""
    return layer_by_layer.near(verdict.readings, verdict.closer)


def is_near(found: Recognised, verdict: Verdict, now: Reading | None) -> bool:
    """Whether the figures speak for a reading, or at least not against it."""
    near = near_readings(verdict)
    return not near or any(found.readings[int(name)] == now for name in near)


def prepared_by(found: Recognised, spec: NetworkSpec, way: str) -> Preprocessing:
    """The recipe of a file's network: framing by its stem, numbers by this name."""
    ways = candidates(found)
    return readings.with_values(framing.usual(spec), ways.get(way, ways[usual_of(found)]))
