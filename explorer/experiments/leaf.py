"""Where a backward pass over a picture ends."""

from torch import Tensor

from explorer.networks import ResNet


def leaf(network: ResNet, x: Tensor) -> Tensor:
    """A copy of `x` on the network's device, of which gradients can be asked.

    A copy, since what was made in inference mode can never take part in a backward pass.
    """
    return x.to(network.fc.weight.device).detach().clone().requires_grad_()
