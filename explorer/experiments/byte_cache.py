"""What is kept between questions, bounded in bytes: the least recently used goes first.

Pure Python: it knows neither pages nor sessions. One store may serve a whole process.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from explorer.experiments.byte_size import Parts, parts

Key = tuple[Hashable, ...]
_GLANCE_S: Final = 0.1
"""How often somebody who waits looks whether to go on waiting."""
MISSING: Final = object()
"""What is found where nothing is kept."""
IDLE_S: Final = 1_800.0
_OVERHEAD: Final = 1_024
"""Bytes that keeping a value takes beside it: its key, and the list of its pieces."""


@dataclass
class _Entry:
    value: Any
    parts: Parts
    used: float


@dataclass(eq=False)
class _Pending:
    """A value that somebody computes now, for all who ask for it meanwhile."""

    thread: int
    done: threading.Event = field(default_factory=threading.Event)
    value: Any = MISSING
    problem: Exception | None = None


class ByteCache:
    """Values by key, computed once, whose bytes together stay within a budget.

    Args:
        budget: bytes; a value larger than that is computed, handed over and not kept.
        idle: seconds after which a value that nobody asked for goes.
        clock: seconds, for tests.
    """

    def __init__(
        self, budget: int, idle: float = IDLE_S, clock: Callable[[], float] = monotonic
    ) -> None:
        self.budget, self.idle, self._clock = budget, idle, clock
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._pending: dict[Key, _Pending] = {}
        self._pieces: dict[tuple[str, int], list[int]] = {}
        self._bytes = 0
        self._lock = threading.RLock()

    @property
    def bytes(self) -> int:
        """What is kept now; memory that values share counts once."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Key) -> bool:
        with self._lock:
            self._expire()
            return key in self._entries

    def get(
        self,
        key: Key,
        compute: Callable[[], Any],
        waiting: Callable[[], None] = lambda: None,
    ) -> Any:
        """The value of this key; computed if it is not kept, by one of those who ask.

        Args:
            key: what the value follows from.
            compute: makes the value. What it raises is raised for all who wait, and not kept. If
                it is broken off (by no Exception, as when its visitor leaves), the next of those
                who wait computes.
            waiting: called every tenth of a second while somebody else computes; may raise.

        Raises:
            RecursionError: the computation asks for its own value.
        """
        while True:
            with self._lock:
                entry = self._use(key)
                if entry is not None:
                    return entry.value
                pending = self._pending.get(key)
                mine = pending is None
                if pending is None:
                    pending = self._pending[key] = _Pending(threading.get_ident())
                elif pending.thread == threading.get_ident():
                    raise RecursionError(key)
            if mine:
                return self._compute(key, pending, compute)
            found = self._await(pending, waiting)
            if found is not MISSING:
                return found

    def find(self, key: Key, waiting: Callable[[], None] = lambda: None) -> Any:
        """The value if it is kept, or if somebody else computes it now; else MISSING."""
        with self._lock:
            entry = self._use(key)
            if entry is not None:
                return entry.value
            pending = self._pending.get(key)
        if pending is None or pending.thread == threading.get_ident():
            return MISSING
        return self._await(pending, waiting)

    def drop(self, unwanted: Callable[[Key], bool] = lambda key: True) -> None:
        """Let go of every value whose key is unwanted; of all, if nothing is said."""
        with self._lock:
            for key in [key for key in self._entries if unwanted(key)]:
                self._remove(key)

    def make_room(self, coming: int) -> None:
        """Let go of what was used longest ago, until so many bytes more stay within the budget."""
        with self._lock:
            self._shrink(max(0, self.budget - coming))

    def sweep(self) -> None:
        """Let go of what nobody asked for in `idle` seconds; asking does this too."""
        with self._lock:
            self._expire()

    def _use(self, key: Key) -> _Entry | None:
        self._expire()
        entry = self._entries.get(key)
        if entry is not None:
            entry.used = self._clock()
            self._entries.move_to_end(key)
        return entry

    def _await(self, pending: _Pending, waiting: Callable[[], None]) -> Any:
        while not pending.done.wait(_GLANCE_S):
            waiting()
        if pending.problem is not None:
            raise pending.problem
        return pending.value

    def _compute(self, key: Key, pending: _Pending, compute: Callable[[], Any]) -> Any:
        try:
            pending.value = compute()
            self._keep(key, pending.value)
        except Exception as problem:
            pending.problem = problem
            raise
        finally:
            with self._lock:
                self._pending.pop(key, None)
            pending.done.set()
        return pending.value

    def _keep(self, key: Key, value: Any) -> None:
        held = parts(value)
        held["entry", id(held)] = _OVERHEAD
        if sum(held.values()) > self.budget:
            return
        with self._lock:
            if key in self._entries:
                self._remove(key)
            self._entries[key] = _Entry(value, held, self._clock())
            for piece, count in held.items():
                known = self._pieces.setdefault(piece, [count, 0])
                if known[1] == 0:
                    self._bytes += known[0]
                known[1] += 1
            self._shrink(self.budget)

    def _shrink(self, most: int) -> None:
        while self._entries and self._bytes > most:
            self._remove(next(iter(self._entries)))

    def _remove(self, key: Key) -> None:
        for piece in self._entries.pop(key).parts:
            known = self._pieces[piece]
            known[1] -= 1
            if known[1] == 0:
                self._bytes -= known[0]
                del self._pieces[piece]

    def _expire(self) -> None:
        # The order of entries is that of their last use.
        oldest = self._clock() - self.idle
        while self._entries:
            key, entry = next(iter(self._entries.items()))
            if entry.used > oldest:
                return
            self._remove(key)
