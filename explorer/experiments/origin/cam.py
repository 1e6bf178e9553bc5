"""CAM: the classifier's weighted sum of the last feature maps, held against Grad-CAM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.experiments.origin.parts import Array
from explorer.networks import ResNet


@dataclass(frozen=True, eq=False)
class Cam:
    """Of one class. `cam` is (H, W): the sum over channels of weight * map (Zhou et al. 2016),
    whose mean plus the bias is the logit; `grad_cam` is ReLU of the maps weighted by their mean
    gradients (Selvaraju et al. 2017), at the maps that the pooling reads.
    """

    cam: Array
    grad_cam: Array
    bias: float

    @property
    def logit(self) -> float:
        """The class's logit, computed from the map."""
        return float(self.cam.mean()) + self.bias

    @property
    def difference(self) -> float:
        """Largest difference of ReLU(CAM) / (H * W) from Grad-CAM: they are the same map."""
        positions = self.cam.size
        return float(np.abs(np.maximum(self.cam, 0) / positions - self.grad_cam).max())


def cam_of(network: ResNet, maps: Array, target: int) -> Cam:
    """Both maps of one class: CAM from the classifier's weights, Grad-CAM by autograd.

    Args:
        network: its head is run.
        maps: what the average pool reads, (C, H, W).
        target: index of the class.
    """
    weights = network.fc.weight[target].detach().double().cpu().numpy()
    cam = np.tensordot(weights, maps.astype(np.float64), axes=1)
    with torch.enable_grad():
        source: Tensor = torch.from_numpy(maps)[None].to(network.fc.weight).requires_grad_()
        logit = network.fc(network.flatten(network.avgpool(source)))[0, target]
        (slope,) = torch.autograd.grad(logit, source)
    weighted = (slope.double().mean((2, 3), keepdim=True) * source.double()).sum(1).relu()
    return Cam(cam, weighted[0].detach().cpu().numpy(), float(network.fc.bias[target].detach()))
