"""The desk that serves all sessions: once each, never for nobody, errors kept apart."""

import threading
import time

import pytest

from explorer.experiments import desk as desks
from explorer.experiments.desk import Abandoned, Desk
from tests.experiments.jobs_here import PATIENCE_S


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Nobody leaves because this machine is slow, only who a test says has left."""
    for name in ("PATIENCE_S", "MORE_PATIENCE_S"):
        monkeypatch.setattr(desks, name, 10 * PATIENCE_S)


@pytest.fixture
def counter():
    """A desk, the keys that it made something of, and a gate that holds its worker."""
    made, gate = [], threading.Event()
    gate.set()

    def make(key, _go_on):
        made.append(key)
        gate.wait(PATIENCE_S)
        return f"made of {key}"

    return Desk(make), made, gate


def test_asked_twice_made_once(counter):
    desk, made, _ = counter
    first = desk.ask("key")
    assert first.future.result(PATIENCE_S) == "made of key"
    assert desk.ask("key") is first
    assert made == ["key"]


def test_asking_does_not_wait(counter):
    desk, _, gate = counter
    gate.clear()
    assert not desk.ask("key").future.done(), "the gate is shut"
    gate.set()
    desk.ask("key").future.result(PATIENCE_S)


def test_what_nobody_waits_for_is_skipped_and_can_be_asked_again(counter):
    desk, made, gate = counter
    gate.clear()
    running = desk.ask("key")
    left = desk.ask("other")
    left.asked -= desks.PATIENCE_S + 1
    gate.set()
    running.future.result(PATIENCE_S)
    assert isinstance(left.future.exception(PATIENCE_S), Abandoned)
    assert made == ["key"]
    again = desk.ask("other")
    assert again is not left
    assert again.future.result(PATIENCE_S) == "made of other"


def test_an_error_stays_until_it_is_forgotten():
    fails = [True]

    def make(_key, _go_on):
        if fails and fails.pop():
            raise RuntimeError("no kernel")
        return "made"

    desk = Desk(make)
    assert "no kernel" in str(desk.ask("key").future.exception(PATIENCE_S))
    assert desk.ask("key").future.exception(PATIENCE_S) is not None
    desk.forget("key")
    assert desk.ask("key").future.result(PATIENCE_S) == "made"


def test_a_bounded_number_is_kept(counter):
    desk, _, _ = counter
    for key in range(2 * desks._KEPT):
        desk.ask(key).future.result(PATIENCE_S)
    assert len(desk._orders) == desks._KEPT


def test_what_is_quick_never_waits_for_what_is_not():
    gate = threading.Event()

    def make(key, _go_on):
        return gate.wait(PATIENCE_S) if key > 10 else key

    desk = Desk(make, effort=float, quick=10)
    slow = desk.ask(60)
    assert desk.ask(2).future.result(PATIENCE_S) == 2
    assert not slow.future.done()
    gate.set()
    assert slow.future.result(PATIENCE_S)


def test_the_least_effort_comes_first():
    made, gate = [], threading.Event()

    def make(key, _go_on):
        gate.wait(PATIENCE_S)
        made.append(key)

    desk = Desk(make, effort=float)
    orders = [desk.ask(key) for key in (5, 40, 30, 20)]
    gate.set()
    for order in orders:
        order.future.result(PATIENCE_S)
    assert made[1:] == [20, 30, 40], "the first was under way before the others came"


def test_what_nobody_waits_for_any_more_ends_before_its_end():
    begun = threading.Event()

    def make(_key, go_on):
        begun.set()
        while True:
            go_on()
            time.sleep(0.01)

    desk = Desk(make)
    order = desk.ask("key")
    assert begun.wait(PATIENCE_S)
    order.asked -= desks.MORE_PATIENCE_S + 1
    assert isinstance(order.future.exception(PATIENCE_S), Abandoned)
