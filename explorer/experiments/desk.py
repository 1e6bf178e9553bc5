"""A counter where sessions order what takes seconds. What is quick never waits for what is not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from math import inf
from threading import Lock
from time import monotonic
from typing import Final, Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")

PATIENCE_S: Final = 5.0
"""An order that nobody has asked after for so long when its turn comes is not carried out."""
MORE_PATIENCE_S: Final = 15.0
"""What has begun is broken off later: a busy server may keep a page from asking for a while."""
_KEPT: Final = 64


class Abandoned(Exception):
    """Nobody asked for this any more."""


@dataclass(eq=False)
class Order(Generic[Result]):
    """Something wanted, under way or done."""

    future: Future[Result]
    started: float = field(default_factory=monotonic)
    asked: float = field(default_factory=monotonic)

    def go_on(self) -> None:
        """To be called now and then by what carries it out.

        Raises:
            Abandoned: nobody has asked after it for too long.
        """
        if monotonic() - self.asked > MORE_PATIENCE_S:
            raise Abandoned


class _Waiting(NamedTuple, Generic[Key, Result]):
    """An order in the line of its thread; the least effort comes first, then the oldest."""

    effort: float
    number: int
    order: Order[Result]
    key: Key


class _Line(Generic[Key, Result]):
    """One thread and the orders that wait for it."""

    def __init__(self, name: str) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self.waiting: list[_Waiting[Key, Result]] = []


class Desk(Generic[Key, Result]):
    """Takes orders from all sessions. One thread carries out the quick ones, one all others.

    In each line the least effort comes first. The last 64 orders are kept.

    Args:
        make: what an order asks for, by its key; it calls the function that it is given with the
            key now and then, which ends what nobody waits for any more. Its errors are the
            order's.
        effort: of the order with this key, in any unit.
        quick: an order of at most so much effort is quick.
        name: of the threads.
    """

    def __init__(
        self,
        make: Callable[[Key, Callable[[], None]], Result],
        *,
        effort: Callable[[Key], float] = lambda key: 0,
        quick: float = inf,
        name: str = "desk",
    ) -> None:
        self._make, self._effort, self._quick = make, effort, quick
        self._lines = {
            True: _Line[Key, Result](f"{name}_quick"),
            False: _Line[Key, Result](name),
        }
        self._numbers = count()
        self._orders: OrderedDict[Key, Order[Result]] = OrderedDict()
        self._lock = Lock()

    def ask(self, key: Key) -> Order[Result]:
        """The order of this key; asking again shows that it is still wanted."""
        with self._lock:
            order = self._orders.get(key)
            if order is None or _was_abandoned(order):
                order = Order(Future())
                self._orders[key] = order
                effort = self._effort(key)
                line = self._lines[effort <= self._quick]
                line.waiting.append(_Waiting(effort, next(self._numbers), order, key))
                line.thread.submit(self._serve, line)
            order.asked = monotonic()
            self._orders.move_to_end(key)
            while len(self._orders) > _KEPT:
                self._orders.popitem(last=False)
            return order

    def forget(self, key: Key) -> None:
        """Let the next order be carried out anew."""
        with self._lock:
            self._orders.pop(key, None)

    def _serve(self, line: _Line[Key, Result]) -> None:
        with self._lock:
            chosen = min(line.waiting, key=lambda one: (one.effort, one.number))
            line.waiting.remove(chosen)
        order, key = chosen.order, chosen.key
        try:
            if monotonic() - order.asked > PATIENCE_S:
                raise Abandoned
            order.future.set_result(self._make(key, order.go_on))
        except Exception as problem:  # whoever asked says it in a sentence
            order.future.set_exception(problem)


def _was_abandoned(order: Order[Result]) -> bool:
    return order.future.done() and isinstance(order.future.exception(), Abandoned)
