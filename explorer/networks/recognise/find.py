"""Where in a file the network is: under any names, beside any others, in the best of its copies."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from explorer.networks.reading.collect import Found
from explorer.networks.recognise.analysis import Analysis, analyse
from explorer.networks.recognise.head import classifier
from explorer.networks.recognise.modules import Layer, layers

Kind = Literal[
    "copy", "network", "criterion", "metrics", "queue", "projection_head", "normaliser",
    "attacker", "decoder", "settings", "other",
]  # fmt: skip
_KINDS: Final[tuple[tuple[Kind, str], ...]] = (
    ("queue", r"queue"),
    ("criterion", r"criterion|loss|class_weight"),
    ("attacker", r"attack|adversar"),
    ("normaliser", r"normali[sz]|(^|\.)(mean|std)$|pixel_(mean|std)|preprocess"),
    ("metrics", r"metric|accuracy|(^|[._])acc|auroc|confusion|f1(_|$)"),
    ("projection_head", r"project|predictor|(^|\.)(proj|mlp|contrast)"),
    ("decoder", r"decod|fpn|rpn|roi|upsample|aspp|seg"),
)
_BETTER: Final = re.compile(r"ema|teacher|averag|swa|best|encoder_q|online|(^|\.)model($|\.)")
_WORSE: Final = re.compile(r"encoder_k|target|momentum|key_enc|student|discriminator")
_CONTRASTIVE: Final = re.compile(r"encoder_q|queue|(^|\.)online|contrast|projector")
_FEWEST: Final = 3
_MOST_TRIED: Final = 40


@dataclass(frozen=True)
class Aside:
    """Tensors that are no part of the network: what they are, under which name, how many."""

    kind: Kind
    name: str
    count: int


@dataclass(eq=False)
class Place:
    """A network in a file: the names before its own, and what was made of it."""

    prefix: tuple[str, ...]
    tensors: Sequence[Found]
    analysis: Analysis

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        name = ".".join(self.prefix).lower()
        hint = bool(_BETTER.search(name)) - bool(_WORSE.search(name))
        head = bool(self.analysis.structure and self.analysis.structure.head)
        return self.analysis.complete, self.analysis.blocks, head, hint


@dataclass(eq=False)
class Network:
    """The network that was taken, the others, and all else in the file."""

    taken: Place
    others: list[Place]
    aside: list[Aside]
    contrastive: bool = False

    @property
    def prefix(self) -> tuple[str, ...]:
        """The names in front of all that was taken: numbers beside it, such as an accuracy, do
        not make the network begin where they stand."""
        paths = [part.path for layer in _used(self.taken.analysis) for part in layer.parts.values()]
        shared = self.taken.prefix
        while paths and all(
            len(path) > len(shared) + 1 and path[: len(shared) + 1] == paths[0][: len(shared) + 1]
            for path in paths
        ):
            shared = paths[0][: len(shared) + 1]
        return shared


def find(tensors: Sequence[Found]) -> Network:
    """The best network among these tensors; its analysis says how far it goes."""
    places = [place for place in _places(tensors) if place.analysis.blocks]
    whole = Place((), tensors, analyse(tensors)) if not places else places[0]
    taken = max(places, key=lambda place: place.rank, default=whole)
    others = [
        place for place in places
        if place is not taken and place.analysis.complete and not _within(place, taken)
    ]  # fmt: skip
    contrastive = bool(_CONTRASTIVE.search(" ".join({".".join(t.path[:3]) for t in tensors})))
    network = Network(taken, others, [], contrastive)
    _look_for_a_head(network, tensors)
    network.aside = _aside(network, tensors)
    return network


def _places(tensors: Sequence[Found]) -> Iterator[Place]:
    """Networks in the file, from the whole inwards; below a complete one none is looked for."""
    todo: list[tuple[tuple[str, ...], Sequence[Found]]] = [((), tensors)]
    for _ in range(_MOST_TRIED):
        if not todo:
            return
        prefix, some = todo.pop(0)
        if sum(len(found.shape) == 4 for found in some) < _FEWEST:
            continue
        children = _children(prefix, some)
        if len(children) == 1 and next(iter(children.values())) is not None:
            (name,) = children
            todo.insert(0, ((*prefix, name), some))
            continue
        made = Place(prefix, some, analyse(some))
        if made.analysis.blocks:
            yield made
        if not (made.analysis.complete and not made.analysis.extra):
            todo += [((*prefix, name), inner) for name, inner in children.items()]


def _children(prefix: tuple[str, ...], tensors: Sequence[Found]) -> dict[str, list[Found]]:
    depth = len(prefix)
    found: dict[str, list[Found]] = {}
    for tensor in tensors:
        if len(tensor.path) > depth + 1:
            found.setdefault(tensor.path[depth], []).append(tensor)
        else:
            found.setdefault("", []).append(tensor)
    if len(found) == 1 and "" in found:
        return {}
    return found


def _within(one: Place, other: Place) -> bool:
    """Whether two places share tensors."""
    mine = {found.place for found in one.tensors}
    return any(found.place in mine for found in other.tensors)


def _look_for_a_head(network: Network, tensors: Sequence[Found]) -> None:
    """A classifier may stand outside of the body's own names: in Hugging Face's and Lightning's."""
    structure = network.taken.analysis.structure
    if structure is None or structure.head:
        return
    mine = {found.place for place in (network.taken, *network.others) for found in place.tensors}
    outside = [found for found in tensors if found.place not in mine]
    free = [layer for layer in layers(outside).found if layer.kind == "linear"] if outside else []
    structure.head = classifier(free, structure.out)


def _aside(network: Network, tensors: Sequence[Found]) -> list[Aside]:
    used = {part.place for layer in _used(network.taken.analysis) for part in layer.parts.values()}
    of_others = {
        found.place: ".".join(place.prefix) for place in network.others for found in place.tensors
    }
    alike = {
        ".".join(place.prefix): _alike(place.analysis, network.taken.analysis)
        for place in network.others
    }
    inputs = {found.place for found in network.taken.analysis.inputs}
    counted: dict[tuple[Kind, str], int] = {}
    depth = len(network.taken.prefix)
    for found in tensors:
        if found.place in used or _counts(found):
            continue
        other = of_others.get(found.place)
        if other is not None:
            key: tuple[Kind, str] = ("copy" if alike[other] else "network", other)
        elif found.place in inputs:
            key = ("normaliser", found.name)
        else:
            inside = found.path[:depth] == network.taken.prefix
            name = ".".join(found.path[: depth + 1] if inside else found.path[:2])
            key = (_kind(found.name, network.contrastive), name)
        counted[key] = counted.get(key, 0) + 1
    return [Aside(kind, name, count) for (kind, name), count in counted.items()]


def _counts(found: Found) -> bool:
    return found.path[-1] == "num_batches_tracked" or not found.shape


def _used(analysis: Analysis) -> list[Layer]:
    structure = analysis.structure
    if structure is None:
        return []
    gates = [block.gate for block in structure.blocks if block.gate is not None]
    gated = [layer for gate in gates for layer in (gate.squeeze, gate.excite)]
    return [*structure.convolutions, *structure.norms, *structure.head, *gated]


def _alike(one: Analysis, other: Analysis) -> bool:
    def shape(analysis: Analysis) -> list[tuple[int, ...]]:
        return (
            [layer.shape for layer in analysis.structure.convolutions] if analysis.structure else []
        )

    return shape(one) == shape(other)


def _kind(name: str, contrastive: bool) -> Kind:
    for kind, words in _KINDS:
        if re.search(words, name.lower()):
            return kind
    return "projection_head" if contrastive and re.search(r"fc|mlp|head", name.lower()) else "other"
