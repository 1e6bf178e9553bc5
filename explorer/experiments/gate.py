"""A few places for heavy work, handed out fairly. Pure Python: it knows no pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Final

_GLANCE_S: Final = 0.1
"""How often somebody who waits looks whether to go on waiting."""


@dataclass(eq=False)
class _Ticket:
    visitor: str
    memory: int
    number: int


class Gate:
    """At most `places` run at once, and what they need together is at most `memory` bytes.

    Whoever holds a place or stands in line already comes after all who do not; of those who do
    not, who was served longest ago; else who came first. Nobody is passed because their work is
    large.
    """

    def __init__(self, places: int, memory: int) -> None:
        self.places, self.memory = places, memory
        self._running: list[_Ticket] = []
        self._waiting: list[_Ticket] = []
        self._numbers = count()
        self._served: dict[str, int] = {}
        self._changed = threading.Condition()
        self._mine = threading.local()

    @contextmanager
    def place(
        self, visitor: str, memory: int, waiting: Callable[[int], None] = lambda before: None
    ) -> Iterator[None]:
        """Wait for a place and hold it; one within another of the same thread is the same.

        Args:
            visitor: who asks.
            memory: bytes at the peak.
            waiting: called every tenth of a second with how many come first; may raise, and then
                the place in the line is given up.
        """
        if getattr(self._mine, "holds", False):
            yield
            return
        ticket = _Ticket(visitor, memory, next(self._numbers))
        self._enter(ticket, waiting)
        self._mine.holds = True
        try:
            yield
        finally:
            self._mine.holds = False
            with self._changed:
                self._running.remove(ticket)
                if not self._running and not self._waiting:
                    self._served.clear()
                self._changed.notify_all()

    def _enter(self, ticket: _Ticket, waiting: Callable[[int], None]) -> None:
        with self._changed:
            self._waiting.append(ticket)
        try:
            while True:
                with self._changed:
                    before = self._line().index(ticket)
                    if before == 0 and self._fits(ticket):
                        self._waiting.remove(ticket)
                        self._running.append(ticket)
                        self._served[ticket.visitor] = next(self._numbers)
                        self._changed.notify_all()
                        return
                # Without the lock: it may draw on the visitor's page.
                waiting(before)
                with self._changed:
                    self._changed.wait(_GLANCE_S)
        except BaseException:
            with self._changed:
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
                self._changed.notify_all()
            raise

    def _fits(self, ticket: _Ticket) -> bool:
        if not self._running:
            return True
        taken = sum(other.memory for other in self._running)
        return len(self._running) < self.places and taken + ticket.memory <= self.memory

    def _line(self) -> list[_Ticket]:
        """Those who wait, who is next first."""
        ahead: dict[str, int] = {}
        for ticket in self._running:
            ahead[ticket.visitor] = ahead.get(ticket.visitor, 0) + 1
        ranks = {}
        for ticket in sorted(self._waiting, key=lambda one: one.number):
            served = self._served.get(ticket.visitor, -1)
            ranks[ticket] = (ahead.get(ticket.visitor, 0), served, ticket.number)
            ahead[ticket.visitor] = ahead.get(ticket.visitor, 0) + 1
        return sorted(self._waiting, key=lambda one: ranks[one])
