"""What depends on the batch: company, its size, what is stored of it; and norms that do not."""

from functools import partial

import torch
from torch import nn

from explorer.experiments.batch_norm import in_torch as measured
from explorer.experiments.proofs.result import Line, Said, Text, fact, near, noise

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/batch_norm")


def company() -> Found:
    layer, sample = nn.BatchNorm1d(3), noise(1, 3)
    batches = [torch.cat((sample, noise(7, 3, seed=seed))) for seed in (1, 2)]
    with torch.no_grad():
        train = [layer(batch)[0] for batch in batches]
        layer.eval()
        evaluated = [layer(batch)[0] for batch in batches]
    differ = (train[0] - train[1]).abs().max().item()
    same = torch.equal(*evaluated)
    return [
        fact(
            say("about: one sample in two batches train"),
            say("claimed: depends on its batch"),
            say("computed: differ by 2", differ=differ),
            differ > 0.01,
        ),
        fact(
            say("about: one sample in two batches eval"),
            say("claimed: fixed"),
            say("computed: equal", same=same),
            same,
        ),
    ], say("how: company")


def noise_of_company() -> Found:
    """How much one sample's output varies with its batch mates, by batch size."""
    spread = {size: _spread_of_one(size) for size in (4, 16, 64)}
    return [
        fact(
            say("about: one sample in batches of 4"),
            say("claimed: a little noise"),
            f"{spread[4]:.2f}",
            spread[4] > 0.1,
        ),
        fact(
            say("about: in batches of 16 and of 64"),
            say("claimed: weakens"),
            f"{spread[16]:.2f}, {spread[64]:.2f}",
            spread[64] < spread[16] / 1.5 < spread[4] / 2.25,
        ),
    ], say("how: noise of company")


def _spread_of_one(size: int, draws: int = 200) -> float:
    """Standard deviation of what a sample of value 1 becomes among size - 1 random others."""
    layer = nn.BatchNorm1d(draws)
    mates = noise(size - 1, draws, seed=size)
    with torch.no_grad():
        return float(layer(torch.cat((torch.ones(1, draws), mates)))[0].std())


def stored_variance() -> Found:
    stored = measured.stored_variance((1.0, 2.0, 4.0), 0.1)
    return [
        near(say("about: running variance"), "1.1333", stored.kept, 0.00005),
        near(
            say("about: from the biased variance it would be"),
            "1.0556",
            stored.from_biased,
            0.00005,
        ),
    ], say("how: stored variance")


def small_batches() -> Found:
    one, four = measured.batches_of_one()
    far = max(abs(abs(value) - 1) for pair in measured.batches_of_two() for value in pair)
    with torch.no_grad():
        layer = nn.BatchNorm1d(1, dtype=torch.float64)
        low, high = layer(torch.tensor([[2.0], [2.001]], dtype=torch.float64))[:, 0].tolist()
    return [
        fact(
            say("about: batch 1 4 1 1"),
            say("claimed: raises an error"),
            one.refusal or say("computed: computed"),
            bool(one.refusal),
        ),
        fact(
            say("about: batch 1 4 2 2"),
            say("claimed: four values"),
            four.refusal or say("computed: computed"),
            not four.refusal,
        ),
        fact(
            say("about: two values per channel"),
            say("claimed: +1 and -1"),
            say("computed: at most away from 1", most=far),
            far < 0.01,
        ),
        near(say("about: the lower of 2 and 2.001"), "-0.156", low, 0.0005),
        near(say("about: the higher of 2 and 2.001"), "0.156", high, 0.0005),
    ], say("how: small batches")


def noise_of_the_mean() -> Found:
    lines = []
    for size, claimed in ((2, "0.71"), (8, "0.35"), (32, "0.18")):
        means = noise(20_000 // size, size).mean(1)
        lines.append(
            near(
                say("about: standard deviation batches of", size=size),
                claimed,
                means.std().item(),
                0.02,
            )
        )
    return lines, say("how: noise of the mean")


def accumulation() -> Found:
    gap = measured.accumulation_difference()
    return [
        fact(
            say("about: 4 x 8 against 32 samples"),
            say("claimed: differ"),
            say("computed: by", gap=gap),
            gap > 0.01,
        )
    ], (say("how: accumulation"))


def frozen() -> Found:
    found = measured.frozen_parameters()
    return [
        fact(
            say("about: requires grad off train"),
            say("claimed: still move"),
            say("computed: running mean", in_train=found.in_train),
            found.in_train != 0,
        ),
        fact(
            say("about: requires grad off eval"),
            say("claimed: stand still"),
            say("computed: running mean 2", in_eval=found.in_eval),
            found.in_eval == 0,
        ),
    ], say("how: frozen")


def other_norms() -> Found:
    sample = noise(1, 8, 6, 6)
    batches = [torch.cat((sample, noise(3, 8, 6, 6, seed=seed))) for seed in (1, 2)]
    norms = {
        "BN": nn.BatchNorm2d(8),
        "LN": nn.LayerNorm([8, 6, 6]),
        "IN": nn.InstanceNorm2d(8),
        "GN": nn.GroupNorm(2, 8),
    }
    lines = []
    with torch.no_grad():
        for name, norm in norms.items():
            gap = (norm(batches[0])[0] - norm(batches[1])[0]).abs().max().item()
            depends = gap > 1e-5
            claimed = say("claimed: only BN") if name == "BN" else say("claimed: per sample")
            lines.append(
                fact(
                    say("about: one sample in two batches", name=name),
                    claimed,
                    say("computed: differ by 4", gap=gap),
                    depends == (name == "BN"),
                )
            )
    return lines, say("how: other norms")
