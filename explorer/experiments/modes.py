"""train() or eval(): what forgetting eval() does to one picture."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explorer.experiments.inference import Prediction
from explorer.networks import ResNet
from explorer.words import WordedError


@dataclass(frozen=True)
class ModeComparison:
    """The same picture and weights four times.

    `evaluated`: eval mode. `trained`: train mode, where batch norm takes mean and variance from
    this one picture. `in_company`: train mode, in a batch with three mirrored, darker or brighter
    copies; the answer is for the first. `afterwards`: back in eval mode after `passes` passes in
    train mode, which have moved the running statistics.
    """

    evaluated: Prediction
    trained: Prediction
    in_company: Prediction
    afterwards: Prediction
    passes: int
    moved: int
    buffers: int


def compare_modes(
    network: ResNet, x: Tensor, classes: tuple[str, ...], passes: int = 10
) -> ModeComparison:
    """Run x, (1, C, H, H), in both modes on a copy: the shared network stays as it is.

    Raises:
        ValueError: a batch norm sees one value per channel, so that train mode is impossible.
    """
    clone = copy.deepcopy(network)
    x = x.to(clone.fc.weight.device)
    company = torch.cat([x, x.flip(3), x * 0.5, x * 1.5])
    norms = [layer for layer in clone.modules() if isinstance(layer, nn.BatchNorm2d)]
    saved = [buffer.clone() for buffer in clone.buffers()]
    before = [layer.running_mean.clone() for layer in norms if layer.running_mean is not None]
    with torch.no_grad():
        evaluated = _answer(clone.eval(), x, classes)
        clone.train()
        try:
            in_company = _answer(clone, company, classes)
            for buffer, old in zip(clone.buffers(), saved, strict=True):
                buffer.copy_(old)
            trained = _answer(clone, x, classes)
            for _ in range(passes - 1):
                clone(x)
        except ValueError as error:
            raise WordedError("inference", "maps of one value") from error
        afterwards = _answer(clone.eval(), x, classes)
    moved = sum(
        int(not torch.equal(old, layer.running_mean))
        for old, layer in zip(before, norms, strict=True)
        if layer.running_mean is not None
    )
    return ModeComparison(evaluated, trained, in_company, afterwards, passes, moved, len(norms))


def _answer(network: ResNet, x: Tensor, classes: tuple[str, ...]) -> Prediction:
    return Prediction(network(x)[0].float().cpu(), classes, 0.0)
