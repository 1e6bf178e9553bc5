"""What a trace's seconds mean, by a clock that only the ops move."""

from importlib import import_module

import pytest
import torch

from explorer.architecture import NetworkSpec
from explorer.networks import ResNet, build, trace

SMALL = NetworkSpec("basic", (2, 2), (4, 8), stem="cifar", num_classes=3)
# The package exports the function of that name.
tracing = import_module("explorer.networks.trace")


def test_each_ops_fastest_pass_counts_and_the_first_never(monkeypatch):
    now, passes, walk = [0.0], [], ResNet.walk
    takes = [0.0001, 0.003, 0.001, 0.002]

    def timed(self, x):
        each = takes[len(passes)]
        passes.append(each)
        for op in walk(self, x):
            now[0] += each
            yield op

    monkeypatch.setattr(ResNet, "walk", timed)
    monkeypatch.setattr(tracing, "perf_counter", lambda: now[0])
    found = trace(build(SMALL), torch.zeros(1, 3, 16, 16))
    assert passes == takes
    assert [op.seconds for op in found.ops] == pytest.approx([0.001] * len(found.ops))
    assert found.seconds == pytest.approx(0.001 * len(found.ops))
