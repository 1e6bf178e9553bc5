"""Weight standardisation: told from the kernels alone, and folded into them."""

import io

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.experiments.gratings import gratings
from explorer.networks.recognise import recognise
from explorer.networks.recognise.standardised import STANDARDISED, far_from_chance, folded
from explorer.networks.weights import load
from tests.networks.authors import layered, plain_names
from tests.networks.authors_preact import Classes, timm_resnetv2


class Standardised(nn.Conv2d):
    """As BiT's StdConv2d computes it."""

    def forward(self, input: Tensor) -> Tensor:
        w = self.weight
        v, m = torch.var_mean(w, dim=[1, 2, 3], keepdim=True, unbiased=False)
        w = (w - m) / torch.sqrt(v + 1e-10)
        return F.conv2d(input, w, self.bias, self.stride, self.padding, self.dilation, self.groups)


def grouped(network: nn.Module, standard: bool) -> nn.Module:
    """Group norm in place of batch norm, and standardised convolutions but for the classifier."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                groups = next(n for n in (32, 16, 8) if child.num_features % n == 0)
                setattr(module, name, nn.GroupNorm(groups, child.num_features))
            elif isinstance(child, nn.Conv2d) and standard and not isinstance(module, Classes):
                child.__class__ = Standardised
    return network


def saved(network: nn.Module) -> bytes:
    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def trained() -> dict[bool, nn.Module]:
    """Small networks that learnt for some seconds, without and with standardisation."""
    found = {}
    for standard in (False, True):
        torch.manual_seed(5)
        network = grouped(layered(plain_names("shortcut"), (16, 32), (1, 1)), standard)
        optimiser = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9, weight_decay=5e-3)
        for step in range(150):
            some = gratings(64, step)
            loss = F.cross_entropy(network(some.images.expand(-1, 3, -1, -1) + 1), some.labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        found[standard] = network.eval()
    return found


@pytest.mark.parametrize("standard", [False, True])
def test_it_is_told_from_kernels_that_learnt(trained, standard: bool) -> None:
    network = trained[standard]
    found = recognise(saved(network), "file.pth")
    assert found.structure is not None
    far = far_from_chance(found.structure.convolutions)
    assert (far < STANDARDISED) == standard
    assert ("standardised" in [title for title, _ in found.notes]) == standard
    x = torch.randn(4, 3, 32, 32)
    with torch.inference_mode():
        ours = load(found.spec, found.tensors)(x)
        assert torch.allclose(ours, network(x), atol=1e-4)


def test_training_cannot_move_the_mean_of_a_standardised_kernel() -> None:
    torch.manual_seed(1)
    kernels = torch.randn(8, 4, 3, 3, requires_grad=True)
    (folded(kernels) * torch.randn(8, 4, 3, 3)).sum().backward()
    assert kernels.grad is not None
    assert kernels.grad.mean((1, 2, 3)).abs().max() < 1e-6 < kernels.grad.abs().max()


def test_untrained_kernels_are_as_far_as_chance() -> None:
    network = grouped(layered(plain_names("shortcut"), (16, 32), (2, 2)), False)
    found = recognise(saved(network), "file.pth")
    assert found.structure is not None
    assert far_from_chance(found.structure.convolutions) == pytest.approx(1, abs=0.08)
    assert not [title for title, _ in found.notes if title.startswith("standard")]


def test_a_pre_activation_network_as_timm_has_it_with_a_pool() -> None:
    """Kernels less most of their means, as decay leaves them; the pool is another one's."""
    torch.manual_seed(2)
    network = timm_resnetv2()
    network = grouped(network, True)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, Standardised):
                layer.weight.sub_(0.5 * layer.weight.mean((1, 2, 3), keepdim=True))
    found = recognise(saved(network), "file.pth")
    titles = [title for title, _ in found.notes]
    assert "standardised" in titles and "pool of zeros" in titles
    reading = next(
        one for one in found.readings
        if one.spec.share_projection and one.spec.stride_on == "3x3"
    )  # fmt: skip
    x = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        ours = load(reading.spec, found.tensors_of(reading))(x)
        assert torch.allclose(ours, network.eval()(x), atol=1e-3)


def test_names_can_say_it() -> None:
    network = layered(plain_names("shortcut"), (16, 32), (1, 1))
    network = grouped(network, True)
    state = {
        key.replace(".weight", "_standardized_conv2d.weight") if value.ndim == 4 else key: value
        for key, value in network.state_dict().items()
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    found = recognise(buffer.getvalue(), "file.pth")
    assert "standardised, as named" in [title for title, _ in found.notes]
