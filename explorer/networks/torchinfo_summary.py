"""torchinfo's own summary of a network, and why its multiply-adds differ from our MACs."""

from dataclasses import dataclass
from math import prod

import torch
import torchinfo

from explorer.architecture import Blueprint
from explorer.networks.resnet import ResNet


@dataclass(frozen=True, slots=True)
class Summary:
    """What torchinfo prints and counts, for one image.

    torchinfo takes every parameter of a module as one multiply-add per position it is used at:
    the weights, as we do, and also `batch_norm` (gamma and beta, counted once), `conv_biases`
    (one per output value) and the classifier's `fc_biases`.
    """

    text: str
    params: int
    mult_adds: int
    macs: int
    batch_norm: int
    conv_biases: int
    fc_biases: int

    @property
    def explained(self) -> bool:
        """Whether our MACs and the three extra terms give torchinfo's figure exactly."""
        extra = self.batch_norm + self.conv_biases + self.fc_biases
        return self.mult_adds == self.macs + extra


def summary(bp: Blueprint) -> Summary:
    """Let torchinfo walk a copy of the network that has shapes and no values.

    It registers hooks, so it gets a network of its own.
    """
    with torch.device("meta"):
        network = ResNet(bp.spec).eval()
    found = torchinfo.summary(
        network,
        input_size=(1, *bp.in_shape),
        device="meta",
        depth=3,
        col_names=("input_size", "output_size", "num_params", "mult_adds"),
        row_settings=("var_names",),
        col_width=18,
        verbose=0,
    )
    biased = [op for op in bp.ops if op.kind in ("conv", "gate_linear") and op.bias]
    return Summary(
        text=str(found),
        params=found.total_params,
        mult_adds=found.total_mult_adds,
        macs=bp.macs,
        batch_norm=sum(op.params for op in bp.ops if op.normalises),
        conv_biases=sum(prod(op.out_shape) for op in biased),
        fc_biases=bp.spec.num_classes,
    )
