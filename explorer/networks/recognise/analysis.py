"""One network's tensors -> its structure, and what of them is no part of it."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from explorer.networks.reading.collect import Found
from explorer.networks.recognise.beside import (
    Body,
    counts_within,
    is_below,
    is_blur,
    is_input,
    roots,
)
from explorer.networks.recognise.chain import Chain, chains
from explorer.networks.recognise.counting import by_counting
from explorer.networks.recognise.head import head_of
from explorer.networks.recognise.modules import Layer, is_counter, layers
from explorer.networks.recognise.norms import place_norms
from explorer.networks.recognise.order import orders
from explorer.networks.recognise.pools import pools_down
from explorer.networks.recognise.structure import Block, Kind, Structure

KINDS: Final[tuple[Kind, ...]] = ("basic", "bottleneck")


@dataclass(eq=False)
class Analysis:
    """What was made of some tensors.

    `structure` is None where nothing like a residual network was found; `unfit` is the first
    layer that has no place in it, `lost` a normalisation that has none; `blurs` are fixed filters
    before strides; `inputs` normalise the picture; `rest` belongs to none of these.
    """

    structure: Structure | None
    layers: list[Layer]
    rest: list[Found] = field(default_factory=list)
    unfit: Layer | None = None
    lost: Layer | None = None
    blurs: list[Layer] = field(default_factory=list)
    inputs: list[Found] = field(default_factory=list)
    extra: list[Layer] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all convolutions and normalisations have their places."""
        return (
            self.structure is not None
            and self.unfit is None
            and self.lost is None
            and not self.blurs
        )

    @property
    def within(self) -> list[Found]:
        """Tensors that stand among a block's layers and belong to none of them, such as a PReLU's
        slopes; those that change nothing are not counted."""
        if self.structure is None:
            return []
        blocks = roots(self.structure)
        lost = [self.lost] if self.lost is not None and self.lost.channels == 1 else []
        free = [*self.rest, *(part for layer in lost for part in layer.parts.values())]
        return [one for one in free if counts_within(one) and is_below(one.path, blocks)]

    @property
    def blocks(self) -> int:
        return len(self.structure.blocks) if self.structure else 0


def analyse(tensors: Sequence[Found]) -> Analysis:
    """The best reading of these tensors as one residual network."""
    found = layers(tensors)
    blurs = [
        Layer(tensor.name, "conv", tensor.place, {"weight": tensor})
        for tensor in tensors
        if is_blur(tensor)
    ]
    fixed = {blur.place for blur in blurs}
    usable = [layer for layer in found.found if layer.place not in fixed]
    rest = [one for one in found.left if not is_counter(one) and one.place not in fixed]
    inputs = [tensor for tensor in rest if is_input(tensor)]
    rest = [tensor for tensor in rest if tensor not in inputs]
    best = Analysis(None, found.found, rest, blurs=blurs, inputs=inputs)
    for order in orders(usable):
        for made in _readings(order):
            made.rest, made.blurs, made.inputs = rest, blurs, [*made.inputs, *inputs]
            if made.complete and not made.extra:
                return made
            if _better(made, best):
                best = made
    if not best.complete:
        for made in _counted(usable):
            if made.complete and not made.extra:
                made.rest, made.blurs, made.inputs = rest, blurs, [*made.inputs, *inputs]
                return made
    return best


def _counted(usable: Sequence[Layer]) -> Iterator[Analysis]:
    """Readings of layers in no order: what their shapes allow."""
    convolutions = [layer for layer in usable if layer.kind == "conv"]
    for kind in KINDS:
        row = by_counting(convolutions, kind)
        if row is None:
            continue
        others = [layer for layer in usable if layer.kind != "conv"]
        for place, layer in enumerate([*row, *others]):
            layer.place = place
        for chain in chains(row, kind):
            if chain.used == len(row):
                yield _reading([*row, *others], row, chain, kind, known_order=False)


def _better(one: Analysis, other: Analysis) -> bool:
    def rank(a: Analysis) -> tuple[int, bool, bool]:
        return a.blocks, a.lost is None, a.unfit is None

    return rank(one) > rank(other)


def _readings(order: Sequence[Layer]) -> Iterator[Analysis]:
    row = _row(order)
    for kind in KINDS:
        for chain in chains(row, kind):
            # Each attempt begins with blocks without norms.
            for block in chain.blocks:
                block.norms, block.projection_norm = [], None
            yield _reading(order, row, chain, kind)


def _row(order: Sequence[Layer]) -> list[Layer]:
    """Convolutions, and the pairs of linear layers that may be gates."""
    row: list[Layer] = []
    linears = [layer for layer in order if layer.kind == "linear"]
    pairs = {
        id(layer)
        for one, two in itertools.pairwise(linears)
        if one.shape == two.shape[::-1] and one.shape[0] < one.shape[1]
        for layer in (one, two)
    }
    for layer in order:
        if layer.kind == "conv" or id(layer) in pairs:
            row.append(layer)
    return row


def _reading(
    order: Sequence[Layer],
    row: Sequence[Layer],
    chain: Chain,
    kind: Kind,
    known_order: bool = True,
) -> Analysis:
    structure = Structure(kind, chain.stem, _stages(chain.blocks), known_order=known_order)
    used = {id(layer) for layer in row[: chain.used]}
    over = [layer for layer in row[chain.used :] if layer.kind == "conv"]
    structure.head = head_of(order, structure, used)
    in_head = {id(layer) for layer in structure.head}
    over = [layer for layer in over if id(layer) not in in_head]
    body = Body(row[: chain.used])
    apart = [layer for layer in over if body.is_apart(layer)]
    unfit = next((layer for layer in over if layer not in apart), None)
    norms = [layer for layer in order if layer.kind == "norm"]
    channels = structure.stem[0].shape[1]
    inputs = [norm for norm in norms if norm.channels == channels and channels <= 4]
    norms = [norm for norm in norms if norm not in inputs]
    # What else there is has perhaps norms of its own.
    others = [*apart, *(one for one in order if one.kind == "linear" and id(one) not in used)]
    near = [norm for norm in norms if not body.is_with(norm, others)]
    lost = None
    for some in (norms, near):
        if place_norms(structure, some):
            extra = [*apart, *(norm for norm in norms if norm not in some)]
            break
    else:
        lost, extra = (near or norms)[-1], apart
    structure.pooled = pools_down(structure, order)
    made = Analysis(structure, list(order), unfit=unfit, lost=lost, extra=extra)
    made.inputs = [part for norm in inputs for part in norm.parts.values()]
    return made


def _stages(blocks: Sequence[Block]) -> list[list[Block]]:
    """A stage begins where the channels change, or where a shortcut projects without need."""
    everywhere = all(block.projection is not None for block in blocks)
    stages: list[list[Block]] = []
    for block in blocks:
        changes = not stages or block.out != stages[-1][-1].out
        changes = changes or block.inner != stages[-1][-1].inner
        projects = block.projection is not None and not everywhere
        if changes or projects:
            stages.append([])
        stages[-1].append(block)
    return stages
