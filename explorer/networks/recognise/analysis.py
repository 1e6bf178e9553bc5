"""One network's tensors -> its structure, and what of them is no part of it."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from explorer.networks.reading.collect import Found
from explorer.networks.reading.tensors import View
from explorer.networks.recognise.chain import Chain, chains
from explorer.networks.recognise.counting import by_counting
from explorer.networks.recognise.modules import Layer, is_counter, layers
from explorer.networks.recognise.norms import place_norms
from explorer.networks.recognise.order import as_number, orders
from explorer.networks.recognise.structure import Block, Kind, Structure

_FILTER: Final = re.compile(r"filt|blur|kernel")
_HARMLESS: Final = re.compile(
    r"mask|observer|fake_quant|post_process|zero_point|num_batches", re.IGNORECASE
)
"""What pruning and quantisation in training leave beside layers."""
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
        roots = _roots(self.structure)
        lost = [self.lost] if self.lost is not None and self.lost.channels == 1 else []
        free = [*self.rest, *(part for layer in lost for part in layer.parts.values())]
        return [one for one in free if _counts_within(one) and _is_below(one.path, roots)]

    @property
    def blocks(self) -> int:
        return len(self.structure.blocks) if self.structure else 0


def _roots(structure: Structure) -> set[tuple[str, ...]]:
    """The names that each block's layers have in common, where they are more than the network's;
    as many steps for all, so that what stands beside a branch is in its block."""
    found = []
    for block in structure.blocks:
        layers_ = [*block.convolutions, *([block.projection] if block.projection else [])]
        found.append(layers_[0].path[: _shared_steps(layers_)])
    depth = min(map(len, found))
    roots = {one[:depth] for one in found}
    return roots if len(roots) == len(found) else set()


def _is_below(path: tuple[str, ...], roots: set[tuple[str, ...]]) -> bool:
    return any(path[: len(root)] == root for root in roots)


def _counts_within(found: Found) -> bool:
    """Whether a tensor may take part in what a block computes."""
    real = isinstance(found.value, View) and found.value.dtype.is_floating_point
    return real and not _HARMLESS.search(found.name)


def analyse(tensors: Sequence[Found]) -> Analysis:
    """The best reading of these tensors as one residual network."""
    found = layers(tensors)
    blurs = [
        Layer(tensor.name, "conv", tensor.place, {"weight": tensor})
        for tensor in tensors
        if _is_blur(tensor)
    ]
    fixed = {blur.place for blur in blurs}
    usable = [layer for layer in found.found if layer.place not in fixed]
    rest = [one for one in found.left if not is_counter(one) and one.place not in fixed]
    inputs = [tensor for tensor in rest if _is_input(tensor)]
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


def _is_blur(tensor: Found) -> bool:
    """A fixed filter over each channel, as anti-aliased networks have before a stride."""
    shape = tensor.shape
    single = len(shape) == 4 and shape[1] == 1 and shape[0] > 4 and shape[2] == shape[3] > 1
    return single and bool(_FILTER.search(tensor.path[-1].lower()))


def _is_input(tensor: Found) -> bool:
    shape = tensor.shape
    return len(shape) == 4 and shape[0] == shape[2] == shape[3] == 1 and shape[1] <= 4


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
    structure.head = _head(order, structure, used)
    in_head = {id(layer) for layer in structure.head}
    over = [layer for layer in over if id(layer) not in in_head]
    apart = [layer for layer in over if _is_apart(layer, row[: chain.used])]
    unfit = next((layer for layer in over if layer not in apart), None)
    norms = [layer for layer in order if layer.kind == "norm"]
    channels = structure.stem[0].shape[1]
    inputs = [norm for norm in norms if norm.channels == channels and channels <= 4]
    norms = [norm for norm in norms if norm not in inputs]
    # What else there is has perhaps norms of its own.
    others = [*apart, *(one for one in order if one.kind == "linear" and id(one) not in used)]
    near = [norm for norm in norms if not _is_with(norm, others, row[: chain.used])]
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


def pools_down(structure: Structure, order: Sequence[Layer]) -> bool:
    """Whether numbers in the names leave a place free before a projection, as by an average pool,
    which has no tensors: `downsample.1` where nothing is called `downsample.0`."""
    return any(
        _leaves_a_place(block.projection, block.convolutions[0], order)
        for block in structure.blocks
        if block.projection is not None
    )


def names_place(structure: Structure) -> bool:
    """Whether projections are named as parts of their blocks, so that names may say what stands
    before them. Behind a stem of three, where a pool is usual, only numbers say it."""
    projects = [block for block in structure.blocks if block.projection is not None]
    return all(
        block.projection.path[:1] == block.convolutions[0].path[:1]
        and (len(structure.stem) == 1 or _is_numbered(block.projection, block.convolutions[0]))
        for block in projects
        if block.projection is not None
    )


def _is_numbered(layer: Layer, beside: Layer) -> bool:
    """Whether its name has a number where it is no longer that of the layer beside it."""
    pairs = zip_longest(layer.path, beside.path)
    return any(mine != other and as_number(mine or "") is not None for mine, other in pairs)


def _begin_alike(path: Sequence[str], other: Sequence[str]) -> int:
    """How many steps two names have in common from their beginning."""
    pairs = zip(path, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _leaves_a_place(layer: Layer, beside: Layer, order: Sequence[Layer]) -> bool:
    path, common = layer.path, _begin_alike(layer.path, beside.path)
    for depth in range(common, len(path)):
        mine = as_number(path[depth])
        if mine is not None and mine > 0:
            before = (one.path for one in order if one.path[:depth] == path[:depth])
            found = (as_number(one[depth]) for one in before if len(one) > depth)
            if depth > common and min(one for one in found if one is not None) == mine:
                return True
    return False


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


def _head(order: Sequence[Layer], structure: Structure, used: set[int]) -> list[Layer]:
    """Linear layers from the last channels to the classes; a 1x1 convolution too."""
    free = [
        layer
        for layer in order
        if id(layer) not in used
        and (layer.kind == "linear" or _may_classify(layer, order, used))
        and "weight" in layer.parts
    ]
    return classifier(free, structure.out)


def _may_classify(layer: Layer, order: Sequence[Layer], used: set[int]) -> bool:
    """Whether a convolution may be a classifier: a 1x1, and no part of a decoder, which has larger
    ones beside it."""
    if layer.kind != "conv" or layer.shape[2:] != (1, 1):
        return False
    body = next(one.path for one in order if id(one) in used)
    shared = _begin_alike(layer.path, body)
    return not any(
        one.kind == "conv" and one.shape[2] > 1 and id(one) not in used
        for one in order
        if one.path[:shared] == layer.path[:shared]
    )


def classifier(free: Sequence[Layer], channels: int) -> list[Layer]:
    """The linear layers that lead from so many channels to the classes."""
    first = next((layer for layer in free if _inputs(layer) == channels), None)
    if first is None:
        first = next((layer for layer in free if _is_turned(layer, channels)), None)
        if first is None:
            return []
        # Paddle's are (in, out), though its convolutions are as torch's.
        first.by_column = not first.by_column
    found = [first]
    while True:
        rest = [
            layer for layer in free if layer not in found and layer.path[:-1] == first.path[:-1]
        ]
        reading = (layer for layer in rest if _inputs(layer) == found[-1].shape[0])
        following = next(reading, None)
        if following is None:
            return found
        found.append(following)


def _is_turned(layer: Layer, channels: int) -> bool:
    """Whether a linear layer's weight is laid out the other way round: its bias tells."""
    if layer.kind != "linear" or layer.shape[0] != channels:
        return False
    bias = layer.parts.get("bias")
    return layer.by_column or (bias is not None and bias.shape == layer.shape[1:])


def _inputs(layer: Layer) -> int:
    return layer.shape[1]


def _shared_steps(used: Sequence[Layer]) -> int:
    """How many steps all names have in common; the last one of each stays its own."""
    common = 0
    paths = [one.path for one in used]
    while all(len(p) > common + 1 and p[common] == paths[0][common] for p in paths):
        common += 1
    return common


def _is_apart(layer: Layer, used: Sequence[Layer]) -> bool:
    """Whether a layer's name goes its own way from the first word that differs."""
    common, first = _shared_steps(used), used[0].path
    if layer.path[:common] != first[:common]:
        return True
    own = {one.path[common] for one in used}
    return len(layer.path) > common and len(own) > 1 and layer.path[common] not in own


def _is_with(norm: Layer, others: Sequence[Layer], used: Sequence[Layer]) -> bool:
    """Whether a norm stands apart from the network, with other layers or alone."""
    if not _is_apart(norm, used):
        return False
    step = _shared_steps(used) + 1
    return any(norm.path[:step] == other.path[:step] for other in others) or (
        len(norm.path) > 1 and not any(norm.path[:1] == layer.path[:1] for layer in used)
    )
