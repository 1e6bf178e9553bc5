"""One batch norm layer of a network at work: its input, its four steps, its statistics."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from explorer.architecture import Op
from explorer.experiments.batch_norm.claims import Histogram
from explorer.experiments.batch_norm.twins import norms
from explorer.networks import ResNet

Floats = NDArray[np.floating]
STEPS = ("input", "centred", "normalised", "scaled")
_BINS = 60


@dataclass(frozen=True, eq=False)
class Statistics:
    """One value per channel, (C,): of the layer's input, of its output, and its parameters."""

    mean: Floats
    variance: Floats
    smallest: Floats
    largest: Floats
    mean_after: Floats
    variance_after: Floats
    gamma: Floats
    beta: Floats


@dataclass(frozen=True, eq=False)
class LayerAtWork:
    """What a layer read, (N, C, H, W) on the CPU, and what it made of it.

    `difference` is the largest one between the layer's output and the closed form, over all
    values of all channels.
    """

    path: str
    x: Tensor
    eps: float
    statistics: Statistics
    difference: float

    @property
    def finite(self) -> bool:
        """False if the network overflowed before this layer."""
        return bool(np.isfinite(self.statistics.variance).all())


@dataclass(frozen=True, eq=False)
class ChannelSteps:
    """The steps of one channel as histograms.

    `difference` is the largest one between the last step and torch's batch norm.
    """

    histograms: tuple[Histogram, ...]
    gamma: float
    beta: float
    difference: float


def layer_at_work(network: ResNet, x: Tensor, op: Op) -> LayerAtWork:
    """Run x, (N, C, H, W), up to the batch norm `op` of the network's blueprint.

    Args:
        network: on batch statistics, see twins.

    Raises:
        ValueError: the network has no such batch norm.
    """
    module = norms(network).get(op.path)
    if module is None:
        raise ValueError(f"path={op.path!r} is not a batch norm of this network")
    given = made = x
    with torch.inference_mode():
        for path, out in network.walk(x):
            if path == op.inputs[0]:
                given = out
            if path == op.path:
                made = out
                break
        every = (1, -1, 1, 1)
        variance, mean = torch.var_mean(given, (0, 2, 3), correction=0)
        variance_after, mean_after = torch.var_mean(made, (0, 2, 3), correction=0)
        closed = (given - mean.view(every)) / torch.sqrt(variance.view(every) + module.eps)
        closed = closed * module.weight.view(every) + module.bias.view(every)
        columns = (
            mean,
            variance,
            given.amin((0, 2, 3)),
            given.amax((0, 2, 3)),
            mean_after,
            variance_after,
            module.weight,
            module.bias,
        )
        statistics = Statistics(*(column.float().cpu().numpy() for column in columns))
        difference = float((closed - made).abs().max())
    return LayerAtWork(op.path, given.float().cpu(), module.eps, statistics, difference)


def channel_steps(
    layer: LayerAtWork, channel: int, gamma: float | None = None, beta: float | None = None
) -> ChannelSteps:
    """The four steps on one channel, with the layer's own gamma and beta where none are given."""
    gamma = float(layer.statistics.gamma[channel]) if gamma is None else gamma
    beta = float(layer.statistics.beta[channel]) if beta is None else beta
    values = layer.x[:, channel].double().flatten()  # (N * H * W,)
    centred = values - values.mean()
    normalised = centred / torch.sqrt(values.var(correction=0) + layer.eps)
    scaled = gamma * normalised + beta
    expected = functional.batch_norm(
        layer.x[:, channel : channel + 1],
        None,
        None,
        torch.tensor([gamma]),
        torch.tensor([beta]),
        training=True,
        eps=layer.eps,
    )
    columns = (values, centred, normalised, scaled)
    histograms = tuple(
        _histogram(name, column) for name, column in zip(STEPS, columns, strict=True)
    )
    difference = float((expected.flatten() - scaled).abs().max())
    return ChannelSteps(histograms, gamma, beta, difference)


def _histogram(name: str, values: Tensor) -> Histogram:
    low, high = float(values.min()), float(values.max())
    if low == high:  # a channel without any spread still needs bins of some width
        low, high = low - 0.5, high + 0.5
    counts = torch.histc(values, _BINS, low, high).long().numpy()
    variance, mean = torch.var_mean(values, correction=0)
    edges = np.linspace(low, high, _BINS + 1)
    return Histogram(name, edges, counts, float(mean), float(variance))
