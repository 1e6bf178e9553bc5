"""How near readings of a visitor's file are to what its batch norms remember: for every page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from explorer.architecture import NetworkSpec, blueprint
from explorer.experiments import work
from explorer.experiments.batch_norm.plan import takes_pictures
from explorer.ui import cache, gate, own_weights
from explorer.ui.budget import kept
from explorer.ui.own_weights import Mine

if TYPE_CHECKING:
    from explorer.experiments.weighing import Verdict
    from explorer.networks import ResNet
    from explorer.networks.recognise import Reading


def weighed(mine: Mine, device: str, say: Callable[[float], None] = lambda share: None) -> Verdict:
    """How near each reading's statistics are to those stored; where no batch norm learnt, what
    depends on the values of pixels.

    Empty where the network takes no pictures, or this server may not run it.
    """
    from explorer.experiments.weighing import Verdict

    spec = mine.found.spec
    if not mine.found.placed or not takes_pictures(spec):
        return Verdict()
    try:
        return _weighed(spec, mine.key, device, mine, say)
    except work.TooMuch:
        return Verdict()


def _to_weigh(spec: NetworkSpec, *_: object) -> AbstractContextManager[None]:
    from explorer.experiments import framing, weighing

    bp = blueprint(spec, framing.side_of(spec))
    return gate.place(work.forward(bp, images=weighing.pictures_for(spec), passes=12))


@kept(place=_to_weigh)
def _weighed(
    spec: NetworkSpec, key: str, device: str, _mine: Mine, _say: Callable[[float], None]
) -> Verdict:
    from explorer.experiments import weighing
    from explorer.experiments.samples import samples

    some = list(samples().values())[: weighing.pictures_for(spec)]
    pictures = [cache.decoded(one.name, one.name, one.data).image for one in some]

    def network(reading: Reading) -> ResNet:
        return own_weights.network(_mine, reading.spec, device)

    return weighing.weigh(_mine.found, network, pictures, _say)
