"""Which outputs a value feeds: the way forward, by arithmetic on the windows that read it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from torch import Tensor

from explorer.architecture import Blueprint, Op
from explorer.experiments.origin.parts import Array
from explorer.experiments.origin.places import Place
from explorer.networks import ResNet


@dataclass(frozen=True, eq=False)
class Reader:
    """An op that reads a value, and where: at `rows` x `columns` of `channels` of its output.

    `weights` is (channels, rows, columns): what the value is multiplied by on its way into each
    of these outputs; None where the op does not multiply.
    """

    op: Op
    channels: range
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    weights: Array | None = None

    @property
    def outputs(self) -> int:
        """How many values read it."""
        return len(self.channels) * len(self.rows) * len(self.columns)

    def strongest(self, count: int) -> list[tuple[Place, float | None]]:
        """Outputs with the weights largest in size, or the first ones where there are none."""
        shape = (len(self.channels), len(self.rows), len(self.columns))
        order = range(min(count, self.outputs))
        if self.weights is not None:
            order = np.argsort(-np.abs(self.weights).ravel(), kind="stable")[:count].tolist()
        found = []
        for index in order:
            channel, row, column = (int(one) for one in np.unravel_index(index, shape))
            place = Place(
                self.op.path, self.channels[channel], self.rows[row], self.columns[column]
            )
            weight = None if self.weights is None else float(self.weights[channel, row, column])
            found.append((place, weight))
        return found


def readers(bp: Blueprint, path: str) -> tuple[Op, ...]:
    """The ops that read what the op of this path writes."""
    return tuple(op for op in bp.ops if path in op.inputs)


def reached(op: Op, place: Place, kernels: Array | None = None) -> Reader | None:
    """Where `op` reads the value at `place`; None if its window steps over it.

    A group norm's statistics, which depend on the whole group, are left out.

    Args:
        op: one of the value's readers.
        place: of the value.
        kernels: the weights of a convolution, (C_out, C_in / groups, k, k), or of a fully
            connected layer, (K, C).
    """
    if op.kind in ("linear", "gate_linear"):
        assert kernels is not None
        weights = kernels[:, place.channel].reshape(-1, 1, 1)
        return Reader(op, range(op.out_shape[0]), (0,), (0,), weights)
    if op.kind == "flatten":
        return Reader(op, range(place.channel, place.channel + 1), (0,), (0,))
    one = range(place.channel, place.channel + 1)
    if op.kind == "avg_pool":
        weight = np.full((1, 1, 1), 1 / prod(op.in_shape[1:]))
        return Reader(op, one, (0,), (0,), weight)
    if op.kind == "pad":
        rows, columns = place.row / op.stride, place.column / op.stride
        if rows != int(rows) or columns != int(columns):
            return None
        channel = place.channel + op.zeros_before
        return Reader(op, range(channel, channel + 1), (int(rows),), (int(columns),))
    if op.kind == "scale" and place.path == op.inputs[1]:
        return Reader(op, one, tuple(range(op.out_shape[1])), tuple(range(op.out_shape[2])))
    if op.kind not in ("conv", "max_pool", "local_avg_pool"):
        return Reader(op, one, (place.row,), (place.column,))
    rows_hit = _hit(op, place.row, op.out_shape[1])
    columns_hit = _hit(op, place.column, op.out_shape[2])
    if not rows_hit or not columns_hit:
        return None
    found_rows, found_columns = tuple(rows_hit), tuple(columns_hit)
    if op.kind != "conv":
        return Reader(op, one, found_rows, found_columns)
    assert kernels is not None
    per_group, out = op.in_shape[0] // op.groups, op.out_shape[0] // op.groups
    group = place.channel // per_group
    channels = range(group * out, (group + 1) * out)
    own = kernels[channels.start : channels.stop, place.channel % per_group]
    weights = own[:, list(rows_hit.values())][:, :, list(columns_hit.values())]
    return Reader(op, channels, found_rows, found_columns, weights)


def _hit(op: Op, at: int, size: int) -> dict[int, int]:
    """Output row -> row of the kernel that lies on input row `at`."""
    found = {}
    for tap in range(op.kernel):
        start = at + op.padding - tap * op.dilation
        if start % op.stride == 0 and 0 <= start // op.stride < size:
            found[start // op.stride] = tap
    return dict(sorted(found.items()))


def kernels_of(network: ResNet, op: Op) -> Array | None:
    """The weights that `reached` asks for, where this op multiplies."""
    if op.kind not in ("conv", "linear", "gate_linear"):
        return None
    module = network.get_submodule(op.path)
    assert isinstance(module.weight, Tensor)
    found: Array = module.weight.detach().cpu().numpy()
    return found
