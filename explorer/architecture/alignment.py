"""Two networks side by side: which block stands beside which, which op, and what differs.

Stem stands beside stem, stage i beside stage i, head beside head. Inside a stage blocks are put
together by edit distance over what differs between them, and the ops of two blocks by edit
distance over kernel, stride, width, groups, bias and size: only ops of one kind and one branch
can stand together. Differences are right minus left, so that swapping the sides swaps signs.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Final, NamedTuple

from explorer.architecture.block_pairs import Aspect, Place, compared, ordered
from explorer.architecture.blueprint import blueprint, smallest_image_size
from explorer.architecture.costs import Measure, amount
from explorer.architecture.edit_distance import align
from explorer.architecture.ops import Op
from explorer.architecture.spec import NetworkSpec
from explorer.architecture.structure import Block, Blueprint
from explorer.words import FieldError

_BLOCK_ALONE: Final = 10.0
"""Of a block; two that differ in everything stand together before both stand alone."""
_FIRST_ALONE: Final = 15.0
"""Of a stage's first block, which changes the shape: it is not passed over for a closer match."""


class OpPair(NamedTuple):
    """Two ops side by side, or one that has no counterpart."""

    left: Op | None
    right: Op | None
    differs: tuple[Aspect, ...]

    @property
    def one(self) -> Op:
        """The left op, or the right one where it is alone."""
        found = self.left or self.right
        assert found is not None
        return found

    def difference(self, measure: Measure) -> int:
        """Right minus left."""
        return _difference(self.left, self.right, measure)


@dataclass(frozen=True)
class BlockPair:
    """Two blocks side by side, or one that has no counterpart.

    `differs` holds the aspects in which they differ, in the order of ASPECTS; none for blocks
    that are equal but for their place in the network. `places` are those of the ops by index.
    """

    left: Block | None
    right: Block | None
    differs: tuple[Aspect, ...]
    places: tuple[Place, ...] | None

    @property
    def name(self) -> str:
        """Unique in an alignment: the left block's path, or the right one's where it is alone."""
        return self.one.path if self.left is not None else f"right-{self.one.path}"

    @property
    def swapped_name(self) -> str:
        """What this pair is called once the sides are swapped."""
        return self.right.path if self.right is not None else f"right-{self.one.path}"

    @property
    def one(self) -> Block:
        """The left block, or the right one where it is alone."""
        found = self.left or self.right
        assert found is not None
        return found

    @cached_property
    def ops(self) -> tuple[OpPair, ...]:
        """Every op of both, side by side."""
        left = self.left.ops if self.left else ()
        right = self.right.ops if self.right else ()
        if self.places is None:
            return (
                *(OpPair(op, None, self.differs) for op in left),
                *(OpPair(None, op, self.differs) for op in right),
            )
        return tuple(
            OpPair(None if i is None else left[i], None if j is None else right[j], differs)
            for i, j, differs in self.places
        )

    @property
    def likeness(self) -> Hashable:
        """Equal for pairs that show the same."""
        return (
            None if self.left is None else self.left.likeness,
            None if self.right is None else self.right.likeness,
        )

    def difference(self, measure: Measure) -> int:
        """Right minus left."""
        return _difference(self.left, self.right, measure)


class Part(NamedTuple):
    """The stem, a stage or the head of both networks. `path` is torchvision's: `layer1`."""

    path: str
    title: str
    pairs: tuple[BlockPair, ...]


@dataclass(frozen=True)
class Alignment:
    """Two blueprints side by side, part by part."""

    left: Blueprint
    right: Blueprint
    parts: tuple[Part, ...]

    @cached_property
    def pairs(self) -> tuple[BlockPair, ...]:
        """Every block of both, side by side, from stem to head."""
        return tuple(pair for part in self.parts for pair in part.pairs)

    @cached_property
    def differs(self) -> tuple[Aspect, ...]:
        """All aspects in which some blocks differ."""
        return ordered(aspect for pair in self.pairs for aspect in pair.differs)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields of NetworkSpec in which the two networks differ."""
        return differing_fields(self.left.spec, self.right.spec)

    def difference(self, measure: Measure) -> int:
        """Right minus left."""
        return _difference(self.left, self.right, measure)

    def pair(self, name: str) -> BlockPair:
        """The pair of this name.

        Raises:
            KeyError: there is none.
        """
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, BlockPair]:
        return {pair.name: pair for pair in self.pairs}


def differing_fields(left: NetworkSpec, right: NetworkSpec) -> tuple[str, ...]:
    """Names of the choices that differ, in the order of NetworkSpec."""
    names = (field.name for field in fields(NetworkSpec))
    return tuple(name for name in names if getattr(left, name) != getattr(right, name))


def matters(field: str, left: NetworkSpec, right: NetworkSpec) -> bool:
    """Whether a choice that differs decides anything in both networks.

    Where the stride of a bottleneck sits says nothing about basic blocks.
    """
    if field in ("depths", "widths"):
        return True
    values = (getattr(right, field), getattr(left, field))
    return all(map(_decides, (left, right), (field, field), values))


def _decides(spec: NetworkSpec, field: str, value: object) -> bool:
    """Whether this value instead of its own changes an op of the network, two blocks a stage."""
    few = replace(spec, depths=(2,) * len(spec.depths))
    try:
        other = replace(few, **{field: value})  # type: ignore[arg-type]
        size = max(smallest_image_size(few), smallest_image_size(other))
        return blueprint(few, size).ops != blueprint(other, size).ops
    except FieldError:
        return True


def aligned(left: Blueprint, right: Blueprint) -> Alignment:
    """Both networks, block beside block."""
    count = max(len(left.stages), len(right.stages))
    stages = []
    for index in range(count):
        of_left, of_right = left.stages[index : index + 1], right.stages[index : index + 1]
        stage = (of_left or of_right)[0]
        blocks = [side[0].blocks if side else () for side in (of_left, of_right)]
        stages.append(Part(stage.path, stage.title, _paired(*blocks)))
    ends = [
        Part(one.path, one.title, _paired((one,), (other,)))
        for one, other in ((left.stem, right.stem), (left.head, right.head))
    ]
    return Alignment(left, right, (ends[0], *stages, ends[1]))


def runs(pairs: Iterable[BlockPair]) -> list[tuple[BlockPair, ...]]:
    """Pairs that follow each other and show the same, together."""
    found: list[list[BlockPair]] = []
    for pair in pairs:
        if found and _alike(found[-1][-1], pair):
            found[-1].append(pair)
        else:
            found.append([pair])
    return [tuple(run) for run in found]


def _alike(one: BlockPair, other: BlockPair) -> bool:
    return one.differs == other.differs and one.likeness == other.likeness


def _paired(left: Sequence[Block], right: Sequence[Block]) -> tuple[BlockPair, ...]:
    numbers: dict[Hashable, int] = {}
    different: list[Block] = []
    of_left, of_right = (_numbered(blocks, numbers, different) for blocks in (left, right))
    found_to_differ = {
        (one, other): compared(different[one], different[other])
        for one in set(of_left)
        for other in set(of_right)
    }
    rows = {
        one: [float(len(found_to_differ[one, other].differs)) for other in of_right]
        for one in set(of_left)
    }
    places = align([rows[one] for one in of_left], _alone_costs(left), _alone_costs(right))
    found = []
    for i, j in places:
        if i is None or j is None:
            sides = (None if i is None else left[i], None if j is None else right[j])
            found.append(BlockPair(*sides, ("missing",), None))
        else:
            found.append(BlockPair(left[i], right[j], *found_to_differ[of_left[i], of_right[j]]))
    return tuple(found)


def _numbered(
    blocks: Sequence[Block], numbers: dict[Hashable, int], different: list[Block]
) -> list[int]:
    """A number for each block, the same for those that are alike; `different` has one of each."""
    found = []
    for block in blocks:
        number = numbers.setdefault(block.likeness, len(different))
        if number == len(different):
            different.append(block)
        found.append(number)
    return found


def _alone_costs(blocks: Sequence[Block]) -> list[float]:
    return [_BLOCK_ALONE if index else _FIRST_ALONE for index in range(len(blocks))]


def _difference(
    left: Op | Block | Blueprint | None, right: Op | Block | Blueprint | None, measure: Measure
) -> int:
    before = 0 if left is None else amount(left, measure)
    return (0 if right is None else amount(right, measure)) - before
