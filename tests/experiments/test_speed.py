"""Engines compared: what is measured, what is told, and that it can be broken off."""

import csv
import io

import pytest
import torch

from explorer.architecture import blueprint, preset
from explorer.experiments import speed
from explorer.experiments.race import Timed
from explorer.experiments.speed import Agreement, Speed, measure
from explorer.networks import build
from explorer.networks.engines import ENGINES, EngineError, is_here
from explorer.networks.stopping import stoppable
from explorer.views import speed_views

HERE = [name for name in ENGINES if is_here(name)]


@pytest.fixture(scope="module")
def network():
    return build(preset("resnet20"))


@pytest.fixture(scope="module")
def picture():
    return torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_all_engines_are_timed_and_agree(network, picture):
    told = []
    found = measure(network, picture, HERE, images=3, rounds=2, told=told.append)
    assert list(found.times) == HERE
    assert all(len(one.seconds) == 2 for one in found.times.values())
    assert told == sorted(told)
    assert told[-1] == 1
    assert found.agreements["eager"].apart <= 1e-5 * found.agreements["eager"].largest
    for name, one in found.agreements.items():
        assert one.apart < (0.1 if name == "bfloat16" else 1e-4) * one.largest, name
        assert name == "bfloat16" or one.same


def test_an_engine_that_cannot_is_named_and_the_others_go_on(network, picture, monkeypatch):
    real = speed.make

    def make(name, *rest):
        if name == "folded":
            raise EngineError("engines", "cannot", engine="X", problem="no such op")
        return real(name, *rest)

    monkeypatch.setattr(speed, "make", make)
    found = measure(network, picture, ["eager", "folded"], 1, 2)
    assert list(found.times) == ["eager"]
    assert "no such op" in found.problems["folded"]


def test_another_class_is_told(network, picture, monkeypatch):
    """An engine whose answers are those of the network, negated."""
    with torch.inference_mode():
        wanted = network(picture)
    monkeypatch.setattr(speed, "make", lambda *_: lambda x: -network(x))
    found = measure(network, picture, ["eager"], 1, 2).agreements["eager"]
    assert not found.same
    assert found.apart == pytest.approx(2 * float(wanted.abs().max()), rel=1e-5)


def test_it_ends_between_two_passes(network, picture):
    asked = []

    def stop():
        asked.append(None)
        if len(asked) > 200:
            raise InterruptedError

    with pytest.raises(InterruptedError), stoppable(stop):
        measure(network, picture, ["eager", "folded"], 1, 1000)


def test_the_share_of_a_matrix_product():
    """10 images of 2e9 multiply-adds in 2 s are 1e10 a second: half of 2e10."""
    times = {"fused": Timed((1.0, 2.0, 3.0)), "bfloat16": Timed((2.0, 2.0, 2.0))}
    good = Agreement(0.0, 1.0, True)
    one = Speed(10, times, dict.fromkeys(times, good), {}, {"float32": 2e10, "bfloat16": 4e10})
    assert one.share("fused", 2 * 10**9) == 0.5
    assert one.share("bfloat16", 2 * 10**9) == 0.25
    row = speed_views.rows(one, 2 * 10**9)[0]
    assert (row["median"], row["rate"], row["gmacs"], row["share"]) == (2000, 5.0, 10.0, 50.0)
    assert (row["low"], row["high"]) == (1500, 2500)


def test_chart_and_file_hold_what_was_measured(network, picture):
    found = [measure(network, picture, HERE, images, 2) for images in (1, 2)]
    bars = speed_views.milliseconds(found[0]).data[0]
    assert list(bars.x) == sorted(bars.x)
    assert sorted(bars.x) == sorted(1e3 * one.median for one in found[0].times.values())
    lines = speed_views.rates(found).data
    assert len(lines) == len(HERE)
    assert list(lines[0].y) == [one.images / one.times["eager"].median for one in found]
    macs = blueprint(preset("resnet20"), 32).macs
    read = list(csv.DictReader(io.StringIO(speed_views.file(found, macs, {"network": "A, B"}))))
    assert len(read) == 2 * len(HERE)
    assert {row["network"] for row in read} == {"A, B"}
    assert [row["images at once"] for row in read] == ["1"] * len(HERE) + ["2"] * len(HERE)
