"""The desk that runs traces for all sessions: once each, never for nobody, errors kept apart."""

import threading
import time

import pytest

from explorer.architecture import preset
from explorer.ui import tracing

KEY = (preset("resnet20"), 32, "cpu")
OTHER = (preset("plain20"), 32, "cpu")


@pytest.fixture
def traced(monkeypatch):
    """Traces that cost nothing: the calls made, and a gate that holds the worker."""
    calls, gate = [], threading.Event()
    gate.set()

    def trace_of(spec, size, device):
        calls.append((spec, size, device))
        gate.wait(10)
        return f"trace of {spec.depth}"

    monkeypatch.setattr(tracing.cache, "trace_of", trace_of)
    return calls, gate


def test_asked_twice_run_once(traced):
    calls, _ = traced
    desk = tracing.Desk()
    first = desk.ask(KEY)
    assert first.future.result(10) == "trace of 20"
    assert desk.ask(KEY) is first
    assert len(calls) == 1


def test_asking_does_not_wait(traced):
    _, gate = traced
    gate.clear()
    desk = tracing.Desk()
    before = time.monotonic()
    assert not desk.ask(KEY).future.done()
    assert time.monotonic() - before < 1
    gate.set()
    desk.ask(KEY).future.result(10)


def test_what_nobody_waits_for_is_skipped_and_can_be_asked_again(traced, monkeypatch):
    calls, gate = traced
    desk = tracing.Desk()
    gate.clear()
    running = desk.ask(KEY)
    left = desk.ask(OTHER)
    left.asked -= tracing.PATIENCE_S + 1
    gate.set()
    running.future.result(10)
    assert isinstance(left.future.exception(10), tracing.Abandoned)
    assert [call[0] for call in calls] == [KEY[0]]
    again = desk.ask(OTHER)
    assert again is not left
    assert again.future.result(10) == "trace of 20"


def test_an_error_stays_until_it_is_forgotten(monkeypatch):
    fails = [True]

    def trace_of(*_):
        if fails.pop() if fails else False:
            raise RuntimeError("no kernel")
        return "trace"

    monkeypatch.setattr(tracing.cache, "trace_of", trace_of)
    desk = tracing.Desk()
    assert "no kernel" in str(desk.ask(KEY).future.exception(10))
    assert desk.ask(KEY).future.exception(10) is not None
    desk.forget(KEY)
    assert desk.ask(KEY).future.result(10) == "trace"


def test_a_device_that_is_missing_is_an_error_of_its_job():
    if tracing.cache.devices()[0].id != "cpu":
        pytest.skip("this machine has an accelerator")
    problem = tracing.Desk().ask((*KEY[:2], "cuda")).future.exception(30)
    assert "'cuda' is not on this machine" in str(problem)


def test_the_desk_keeps_a_bounded_number(traced):
    desk = tracing.Desk()
    for size in range(32, 32 + 2 * tracing._KEPT):
        desk.ask((KEY[0], size, "cpu")).future.result(10)
    assert len(desk._jobs) == tracing._KEPT
