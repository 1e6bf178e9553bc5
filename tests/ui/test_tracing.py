"""Traces are ordered at the desk by network, size and device."""

import pytest

from explorer.architecture import PRESETS, preset
from explorer.experiments.desk import Abandoned
from explorer.ui import tracing

KEY = (preset("resnet20"), 32, "cpu")


def test_what_is_ordered_is_that_networks_trace(monkeypatch):
    monkeypatch.setattr(tracing.cache, "trace_of", lambda *key: key)
    assert tracing._traced(KEY, lambda: None) == KEY


@pytest.mark.parametrize("name", PRESETS)
def test_named_networks_are_quick(name):
    assert tracing._effort((PRESETS[name].spec, PRESETS[name].image_size, "cpu")) <= tracing._QUICK


def test_a_device_that_is_missing_is_an_error_of_its_order():
    if tracing.cache.devices()[0].id != "cpu":
        pytest.skip("this machine has an accelerator")
    tracing.desk.cache_clear()
    problem = tracing.desk().ask((*KEY[:2], "cuda")).future.exception(120)
    assert "'cuda' is not on this machine" in str(problem)


def test_a_trace_that_nobody_waits_for_ends_between_two_ops():
    asked = []

    def go_on():
        asked.append(True)
        if len(asked) == 5:
            raise Abandoned

    with pytest.raises(Abandoned):
        tracing._traced((preset("resnet20"), 35, "cpu"), go_on)
    assert len(asked) == 5
    assert tracing._traced((preset("resnet20"), 35, "cpu"), lambda: None).agrees
