"""Lets a long pass through a network be broken off between two ops."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_go_on: ContextVar[Callable[[], None] | None] = ContextVar("go_on", default=None)


@contextmanager
def stoppable(go_on: Callable[[], None]) -> Iterator[None]:
    """Ask `go_on` between the ops of every walk in here; what it raises ends the walk.

    Holds for the thread that enters it. One within another asks both, the outer one first.
    """
    outer = _go_on.get()

    def both() -> None:
        if outer is not None:
            outer()
        go_on()

    before = _go_on.set(both)
    try:
        yield
    finally:
        _go_on.reset(before)


def between_ops() -> None:
    """Called by a walk after each op, and now and then by what waits for its turn."""
    go_on = _go_on.get()
    if go_on is not None:
        go_on()
