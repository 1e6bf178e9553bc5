"""Gradients and activations at initialisation show what the reference run showed."""

from dataclasses import replace

import pytest

from explorer.experiments.signal import REFERENCE, cifar_network, signal

NETS = [(True, False), (True, True), (False, False), (False, True)]
FACTOR = 3
"""Between two draws of weights; the loss of the residual net without BN varies by more."""


@pytest.fixture(scope="module")
def measured():
    found = {}

    def measure(*net):
        if net not in found:
            found[net] = signal(cifar_network(*net))
        return found[net]

    return measure


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("depth", [20, 56])
def test_the_reference_is_reproduced(measured, depth, net):
    found, reference = measured(depth, *net), REFERENCE[depth, *net]
    low, high = reference.ratio
    assert low / FACTOR < found.ratio < high * FACTOR
    assert len(found.blocks) == len(found.spread) == len(found.gradients) == (depth - 2) // 2
    if reference.loss is not None:
        assert reference.loss / 10 < found.loss < reference.loss * 10


def test_plain_110_with_batch_norm(measured):
    low, high = REFERENCE[110, True, False].ratio
    assert low / FACTOR < measured(110, True, False).ratio < high * FACTOR


def test_batch_norm_keeps_activations_and_lets_gradients_grow(measured):
    plain, residual = measured(56, True, False), measured(56, True, True)
    assert max(plain.spread) / min(plain.spread) < 1.5
    assert plain.ratio > 100 * residual.ratio


def test_without_batch_norm_a_residual_network_explodes_forwards(measured):
    spread = measured(56, False, True).spread
    assert spread[-1] > 100 * spread[0]
    assert measured(56, False, True).loss > 100


def test_the_same_seed_gives_the_same(measured):
    spec = replace(cifar_network(20, True, True), depths=(1, 1, 1))
    assert signal(spec, 16) == signal(spec, 16)
    assert signal(spec, 16) != signal(spec, 16, seed=2)


def test_unknown_depth():
    with pytest.raises(ValueError, match="resnet21"):
        cifar_network(21, True, True)
