"""Lets a long pass through a network, there or back, be broken off between two ops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

_go_on: ContextVar[Callable[[], None] | None] = ContextVar("go_on", default=None)


@contextmanager
def stoppable(go_on: Callable[[], None]) -> Iterator[None]:
    """Ask `go_on` between the ops of every walk in here; what it raises ends the walk.

    So it does between the ops of a gradient that goes back through such a walk, on any device: an
    accelerator's would be computed by a thread of PyTorch's own, that knows no visitor; in here
    it is by the thread that asks for it.

    Holds for the thread that enters it. One within another asks both, the outer one first.
    """
    outer = _go_on.get()

    def both() -> None:
        if outer is not None:
            outer()
        go_on()

    before = _go_on.set(both)
    try:
        with torch.autograd.set_multithreading_enabled(False):
            yield
    finally:
        _go_on.reset(before)


def between_ops(out: Tensor | None = None) -> None:
    """Called by a walk after each op, and now and then by what waits for its turn.

    Args:
        out: what the op has given; where a gradient will go back through it, it asks there too.
    """
    go_on = _go_on.get()
    if go_on is None:
        return
    go_on()
    # What records a walk as steps hands values through it that are no tensors.
    way_back = getattr(out, "grad_fn", None)
    if way_back is not None:
        way_back.register_prehook(_on_the_way_back)


def _on_the_way_back(_: object) -> None:
    """Whoever asks for the gradient is asked, which need not be who made the pass."""
    between_ops()
