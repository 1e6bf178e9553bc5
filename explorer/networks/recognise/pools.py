"""An average pool before projections has no tensors: what names say of it, and whether they can."""

from collections.abc import Sequence
from itertools import zip_longest

from explorer.networks.recognise.modules import Layer
from explorer.networks.recognise.order import as_number
from explorer.networks.recognise.paths import begin_alike
from explorer.networks.recognise.structure import Structure


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


def _leaves_a_place(layer: Layer, beside: Layer, order: Sequence[Layer]) -> bool:
    path, common = layer.path, begin_alike(layer.path, beside.path)
    for depth in range(common, len(path)):
        mine = as_number(path[depth])
        if mine is not None and mine > 0:
            before = (one.path for one in order if one.path[:depth] == path[:depth])
            found = (as_number(one[depth]) for one in before if len(one) > depth)
            if depth > common and min(one for one in found if one is not None) == mine:
                return True
    return False
