"""Two networks timed by turns: who runs when, how often, and what is made of the times."""

import statistics

import torch

from explorer.architecture import NetworkSpec
from explorer.experiments import race as module
from explorer.experiments.race import FEWEST, Timed, race
from explorer.networks import build


class Noted:
    """A network that only notes that it ran."""

    def __init__(self, name, seen):
        self.name, self.seen = name, seen

    def __call__(self, x):
        assert torch.is_inference_mode_enabled()
        self.seen.append(self.name)


def noted(rounds, **options):
    seen = []
    found = race([(Noted(n, seen), torch.zeros(1)) for n in "ab"], rounds, **options)
    return seen, found


def test_each_runs_once_unmeasured_and_then_by_turns_forth_and_back():
    told = []
    seen, found = noted(4, told=told.append)
    assert "".join(seen) == "ab" + "ab" + "ba" + "ab" + "ba"
    assert [len(one.seconds) for one in found] == [4, 4]
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_it_ends_when_it_takes_long_but_not_before_three_rounds():
    seen, found = noted(9, longest=0.0)
    assert [len(one.seconds) for one in found] == [FEWEST, FEWEST]
    assert len(seen) == 2 + 2 * FEWEST


def test_each_has_its_own_times(monkeypatch):
    clock = iter([0.0, 1.0, 0.0, 1.0, 0.0, *[10.0, 11.0, 20.0, 23.0], *[30.0, 33.0, 40.0, 41.0]])
    monkeypatch.setattr(module, "perf_counter", lambda: next(clock))
    _, (left, right) = noted(2)
    assert (left.seconds, right.seconds) == ((1.0, 1.0), (3.0, 3.0))


def test_the_middle_half():
    one = Timed((5.0, 1.0, 2.0, 4.0, 3.0))
    assert (one.median, one.quartiles) == (3.0, (2.0, 4.0))
    assert one.median == statistics.median(one.seconds)


def test_middle_halves_are_apart_only_where_none_overlaps():
    low, high, wide = Timed((1, 2, 3)), Timed((4, 5, 6)), Timed((1, 2, 9))
    assert low.quartiles == (1.5, 2.5) and wide.quartiles == (1.5, 5.5)
    for one, other, apart in ((low, high, True), (low, wide, False), (high, wide, False)):
        assert one.apart_from(other) is other.apart_from(one) is apart
    assert not low.apart_from(low)


def test_more_work_takes_longer():
    few, many = (NetworkSpec("basic", (n,) * 4, num_classes=10) for n in (1, 6))
    x = torch.randn(1, 3, 128, 128)
    small, large = race([(build(spec, "cpu"), x) for spec in (few, many)], 5)
    assert min(large.seconds) > min(small.seconds) > 0
