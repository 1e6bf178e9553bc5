"""The same network with and without batch norm: trained as torch trains it, and told truly."""

import math

import pytest
import torch

from explorer.experiments.batch_norm import speed as module
from explorer.experiments.batch_norm.claims import straightness
from explorer.experiments.batch_norm.speed import (
    BATCH,
    HIDDEN,
    RATES,
    UNITS,
    Speed,
    Trained,
    _first_steps,
    _Network,
    speed,
)
from explorer.experiments.gratings import gratings
from explorer.ui.batch_norm.speed import conclusions
from tests.threads import one_thread_each_module  # noqa: F401


def in_torch(kind, activation, rate, steps, seed=0):
    """Losses of the same training by torch's own modules and optimiser."""
    start = _Network(activation, kind, seed)
    layers = []
    for index in range(HIDDEN):
        weight = start.weights[index][0].detach()
        linear = torch.nn.Linear(*weight.shape, bias=kind == "without")
        linear.weight.data.copy_(weight.T)
        if kind == "without":
            linear.bias.data.zero_()
            layers.append(linear)
        else:
            layers += [linear, torch.nn.BatchNorm1d(UNITS)]
        layers.append(torch.nn.Sigmoid() if activation == "sigmoid" else torch.nn.ReLU())
    last = torch.nn.Linear(UNITS, 10)
    last.weight.data.copy_(start.weights[-1][0].detach().T)
    last.bias.data.zero_()
    network = torch.nn.Sequential(*layers, last).train()
    optimiser = torch.optim.SGD(network.parameters(), lr=rate)
    data = gratings(4_096, seed + 100)
    batches = torch.Generator().manual_seed(seed + 2)
    losses = []
    for _ in range(steps):
        chosen = torch.randint(0, 4_096, (BATCH,), generator=batches)
        loss = torch.nn.functional.cross_entropy(
            network(data.images[chosen].flatten(1)), data.labels[chosen]
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize(
    ("kind", "activation"), [("with", "sigmoid"), ("without", "sigmoid"), ("with", "relu")]
)
def test_all_rates_side_by_side_train_as_torch_trains_one(kind, activation):
    found = speed(activation, steps=20).kinds[kind]
    assert found.losses.shape == (1, len(RATES))
    for index in (0, 2):
        expected = sum(in_torch(kind, activation, RATES[index], 20)) / 20
        assert float(found.losses[0, index]) == pytest.approx(expected, rel=1e-3)


def test_all_kinds_start_from_the_same_weights_and_only_noise_moves_the_start():
    found = speed("sigmoid", steps=20).kinds
    assert found["with"].inputs.shape == (2, 3, len(RATES), UNITS)
    median, width = found["with"].inputs[0, 1], found["with"].inputs[0]
    # Standardised: the band from the 15th to the 85th percentile of a normal is 2.07 wide.
    assert float(median.abs().mean()) < 0.15
    assert float((width[2] - width[0]).mean()) == pytest.approx(2.07, abs=0.1)
    assert float(found["noisy"].inputs[0, 1].abs().mean()) > 0.15


def test_the_first_step_is_that_of_the_mean_of_twenty():
    falling = torch.cat([torch.full((30,), 2.0), torch.full((30,), 0.0)])
    # 0.5 is reached when 15 of 20 are 0: after step 45.
    never = torch.full((60,), 2.0)
    diverged = torch.full((60,), math.nan)
    assert _first_steps(torch.stack([falling, never, diverged], 1)) == (45, None, None)
    assert _first_steps(torch.zeros(5, 2)) == (None, None)


def test_moved_and_widened_by_hand():
    inputs = torch.zeros(3, 3, 1, 2)
    inputs[:, 0], inputs[:, 2] = -1.0, 1.0
    inputs[1, 1, 0] = torch.tensor([3.0, -1.0])
    inputs[2, 2] = 3.0
    one = Trained(torch.zeros(2, 1), (None,), inputs)
    assert one.moved(0) == 2.0
    assert one.widened(0) == 2.0
    assert one.best is None


def told(with_bn, without, noisy=None):
    kinds = {"with": with_bn, "without": without, "noisy": noisy or with_bn}
    blank = torch.zeros(1, 3, 5, 2)
    return " ".join(
        conclusions(
            Speed("relu", {kind: Trained(blank, reached, blank) for kind, reached in kinds.items()})
        )
    )


NEVER = (None,) * 5


def test_what_is_said_follows_from_what_was_found():
    faster = told((100, 50, 20, None, None), (None, 60, None, None, None))
    assert "**60 steps** (rate 0.3), with it after **20** (rate 1)" in faster
    assert "**3.0 times fewer**" in faster
    assert "**3 of 5 rates** arrive, without it 1" in faster
    assert "not faster here" in told((100,) * 5, (50,) * 5)
    assert "never falls to 0.5 within 400 steps, at none" in told((100,) * 5, NEVER)
    assert "Neither falls" in told(NEVER, NEVER)
    assert "With batch norm the training loss never falls" in told(NEVER, (None, 70, 80, 90, 99))


def test_a_progress_is_told_and_ends():
    shares = []
    speed("relu", shares.append, steps=20)
    assert shares == pytest.approx([1 / 3, 2 / 3, 1])


def test_the_work_is_foretold():
    per_step = BATCH * (144 * 100 + 2 * 100 * 100 + 100 * 10)
    assert 3 * 3 * 400 * 5 * per_step == module.MACS


@pytest.mark.parametrize(("mean", "spread"), [(0, 1), (0, 4), (2, 1)])
def test_straightness_is_a_regressions_share(mean, spread):
    """By numerical integration and least squares, in place of quantiles and a correlation."""
    x = torch.linspace(mean - 8 * spread, mean + 8 * spread, 20_001, dtype=torch.float64)
    weight = torch.exp(-(((x - mean) / spread) ** 2) / 2)
    weight, y = weight / weight.sum(), torch.sigmoid(x)
    design = torch.stack([torch.ones_like(x), x], 1) * weight.sqrt()[:, None]
    fit = torch.linalg.lstsq(design, (y * weight.sqrt())[:, None]).solution[:, 0]
    error = (weight * (y - fit[0] - fit[1] * x) ** 2).sum()
    total = (weight * (y - (weight * y).sum()) ** 2).sum()
    assert straightness(mean, spread) == pytest.approx(float(1 - error / total), abs=2e-3)


def test_normalised_inputs_lie_in_the_linear_regime_and_gamma_leads_out():
    assert straightness(0, 1) > 0.98 > 0.9 > straightness(0, 4)
