"""What batch norm remembers, each layer by itself: what no layer before it can have carried away.

In eval mode an error at one layer goes on to all that follow, and so do the photographs' own means,
which are not quite those of the training pictures: both grow with depth, and the second hides the
first. Here each batch norm normalises with the statistics of the batch, as in training, so what
reaches the next one is as it was in training but for what is between the two. The figures are a
third of those in eval mode, and what is left of them is the network's own doing: of bottlenecks
trained on CIFAR-10, the wrong place of the stride came out nearer in eval mode, and further in
every one of forty draws of four pictures here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from itertools import chain
from math import hypot
from typing import TYPE_CHECKING, Final, TypeVar

import torch
from torch import Tensor, nn

from explorer.experiments.readings import Remembered, Weighed, by_distance, distance, undecided

if TYPE_CHECKING:
    from explorer.networks import ResNet

_Any = TypeVar("_Any")
CLEAR: Final = 0.95
"""A reading is told where its distance is at most this part of every other's. Right ones had 0.68
to 0.93, of four to twelve photographs, the wrong size of the pictures among them."""
_SAME: Final = 1e-4
"""Layers at which readings differ by less are alike in both."""
_FEWEST: Final = 100
"""Values of a channel from which a mean is taken: fewer tell nothing of the pictures."""


class _Witness(nn.Module):
    """A batch norm in training that changes nothing of itself, and notes what it is given."""

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        super().__init__()
        self.norm = norm
        self.seen: tuple[float, float, int] | None = None

    def forward(self, x: Tensor) -> Tensor:
        norm = self.norm
        assert norm.running_mean is not None and norm.running_var is not None
        out, mean, inverse = torch.native_batch_norm(
            x, norm.weight, norm.bias, None, None, True, 0.0, norm.eps
        )
        stored = (norm.running_var + norm.eps).sqrt()  # (C,), eps included, as in 1 / inverse
        far, wide = distance(mean, 1 / inverse, norm.running_mean, stored, norm.weight)
        self.seen = far, wide, x.numel() // x.shape[1]
        return out  # (N, C, H, W)


def sharing(network: ResNet) -> ResNet:
    """A copy of a network whose tensors are the network's own."""
    shared = {id(one): one for one in chain(network.parameters(), network.buffers())}
    return deepcopy(network, shared)


def remembered(network: ResNet, images: Tensor, layers: int | None = None) -> Remembered:
    """Send pictures through a network whose batch norms normalise by them, and compare.

    Args:
        network: with batch norms; nothing of it is changed.
        images: (N, C, H, W), preprocessed; several, or a map of one pixel has no deviation.
        layers: stop after so many batch norms; all if None.
    """
    other = sharing(network)
    witnesses: dict[str, _Witness] = {}
    for path, module in list(other.named_modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                full = f"{path}.{name}" if path else name
                witnesses[full] = _Witness(child)
                setattr(module, name, witnesses[full])
    with torch.inference_mode():
        for _ in other.walk(images.to(network.fc.weight.device)):
            if sum(one.seen is not None for one in witnesses.values()) == layers:
                break
    found = [(path, *one.seen) for path, one in witnesses.items() if one.seen is not None]
    return Remembered(
        tuple(path for path, *_ in found),
        tuple(far for _, far, _, _ in found),
        tuple(wide for *_, wide, _ in found),
        tuple(values for *_, values in found),
    )


def weigh(networks: Mapping[str, Callable[[], ResNet]], batch: Tensor) -> tuple[Weighed, ...]:
    """Networks that the same file fits, nearest first: means and deviations together, at the
    layers where they differ.

    Args:
        networks: name -> makes the network; each is held only while it runs.
        batch: (N, C, H, W), preprocessed.
    """
    found = {name: remembered(make(), batch) for name, make in networks.items()}
    # Readings of one file have the same batch norms, though a projection may count one further.
    rows = list(zip(*(_together(one) for one in found.values()), strict=True))
    differ = [index for index, row in enumerate(rows) if max(row) - min(row) > _SAME]
    return by_distance(
        Weighed(name, Remembered(_some(one.paths, differ), _some(_together(one), differ)))
        for name, one in found.items()
    )


def closer(
    networks: Mapping[str, Callable[[], ResNet]], ranked: Sequence[Weighed], batch: Tensor
) -> tuple[Weighed, ...]:
    """Those that the figures of whole networks do not tell apart, layer by layer; none where they
    do. See `weigh`."""
    near = undecided(ranked)
    return weigh({name: networks[name] for name in near}, batch) if len(near) > 1 else ()


def near(ranked: Sequence[Weighed], closer: Sequence[Weighed]) -> tuple[str, ...]:
    """The names that nothing tells from the nearest, by both kinds of figures."""
    return undecided(closer, CLEAR) or undecided(ranked)


def weigh_sides(batches: Mapping[str, Tensor], networks: Sequence[ResNet]) -> tuple[Weighed, ...]:
    """Sizes of the pictures, nearest first: by the means, at layers that have enough of them at
    every size, where it is nearest of these programs.

    Args:
        batches: size -> pictures of it, (N, C, size, size), preprocessed.
        networks: one network as several programs would compute it.
    """
    found = {size: [remembered(one, batch) for one in networks] for size, batch in batches.items()}
    each = [one for some in found.values() for one in some]
    enough = [
        index
        for index, values in enumerate(zip(*(one.values for one in each), strict=True))
        if min(values) >= _FEWEST
    ]
    return by_distance(
        by_distance(
            Weighed(size, Remembered(_some(one.paths, enough), _some(one.distances, enough)))
            for one in some
        )[0]
        for size, some in found.items()
    )


def _together(one: Remembered) -> tuple[float, ...]:
    return tuple(map(hypot, one.distances, one.spreads))


def _some(all_: Sequence[_Any], indices: Sequence[int]) -> tuple[_Any, ...]:
    return tuple(all_[index] for index in indices)
