"""One composed block as the project's own module, also where its addition must fail."""

import torch

from explorer.architecture.unit import UnitSpec
from explorer.networks.blocks import ResidualBlock, convolution, initialise, norm


def build_unit(spec: UnitSpec, device: str = "cpu", seed: int = 0) -> ResidualBlock:
    """The block in eval mode; on "meta" it has shapes but no values.

    An identity shortcut adds x as it is. Where x does not fit, running the block raises torch's
    own RuntimeError at the addition.
    """
    network = spec.network
    changes = spec.changes_shape
    with torch.device("meta"):
        dilations = (spec.dilation, spec.dilation)
        block = ResidualBlock(network, spec.in_channels, spec.width, spec.stride, False, dilations)
        if spec.middle_channels is not None:
            _set_middle(block, spec)
        if spec.shortcut == "identity" and changes:
            # A network would project here; this block is asked to add x as it is.
            del block.downsample
            block.shared = None
        if spec.shortcut == "padding" and changes:
            channels = max(spec.in_channels, spec.out_channels)
            block.add_padding(network, spec.in_channels, channels, spec.stride)
    if device != "meta":
        block.to_empty(device=device)
        initialise(block, seed)
    return block.eval()


def _set_middle(block: ResidualBlock, spec: UnitSpec) -> None:
    channels = spec.in_channels
    for index, (name, planned) in enumerate(spec.convolutions.items(), start=1):
        setattr(block, name, convolution(spec.network, channels, planned))
        norms = planned.channels if spec.activation_order == "post" else channels
        if spec.norm != "none":
            setattr(block, f"bn{index}", norm(spec.network, norms))
        channels = planned.channels
