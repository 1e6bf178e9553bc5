"""The gate that heavy work goes through: building networks, passes, gradients, deletions.

    with gate.place(work.forward(bp, passes=2)):
        ...

What would take too much is refused in a sentence before it begins; the rest takes turns; and it
ends between two ops when its visitor has left or chosen something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import current_thread
from time import monotonic
from typing import TYPE_CHECKING, Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer.experiments.gate import Gate
from explorer.experiments.priority import behind
from explorer.experiments.work import TooMuch, Work
from explorer.ui import budget, settings
from explorer.words import section

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_SMALL_MACS: Final = 10**9
_SMALL_MEMORY: Final = 64 * 2**20
"""A class's small networks do not stand in line behind large ones."""
_PATIENCE_S: Final = 0.5
"""Who waits for less sees nothing of it."""


def most_macs() -> int:
    """Multiply-accumulates that one piece of work may take."""
    return settings.most_macs()


@cache
def _gate() -> Gate:
    return Gate(settings.places(), budget.limit())


def check(work: Work) -> None:
    """Refuse what this server may not run.

    Raises:
        TooMuch: worded for visitors.
    """
    work.check(most_macs(), budget.limit())


@contextmanager
def place(work: Work) -> Iterator[None]:
    """Hold one of the few places for this work; inside, walks end when the visitor has gone.

    What is done inside comes after other visitors' clicks wherever both want the processor.
    Nothing is refused or waited for inside of another place of the same thread. What is
    kept and was used longest ago makes room first.

    Raises:
        TooMuch: this server may not run it.
    """
    from explorer.networks.stopping import stoppable

    check(work)
    with stoppable(budget.go_on), behind():
        if work.macs <= _SMALL_MACS and work.memory <= _SMALL_MEMORY:
            yield
            return
        line = _Line()
        with _gate().place(_visitor(), work.memory, line.say):
            line.take_away()
            budget.store().make_room(work.new)
            yield


def refused(problem: TooMuch) -> None:
    """Say in the place of a result that it cannot be run here."""
    st.warning(str(problem), icon=":material/hourglass_disabled:")


class _Line:
    """What a visitor who waits sees."""

    def __init__(self) -> None:
        self._since = monotonic()
        self._slot: DeltaGenerator | None = None
        self._said: int | None = None

    def say(self, before: int) -> None:
        from explorer.networks.stopping import between_ops

        between_ops()
        if get_script_run_ctx(suppress_warning=True) is None:
            return
        if before == self._said or monotonic() - self._since < _PATIENCE_S:
            return
        self._slot, self._said = self._slot or st.empty(), before
        words = section("work", "next" if before == 0 else "waiting", before=before)
        self._slot.info(words, icon=":material/hourglass_top:")

    def take_away(self) -> None:
        if self._slot is not None:
            self._slot.empty()


def _visitor() -> str:
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else current_thread().name
