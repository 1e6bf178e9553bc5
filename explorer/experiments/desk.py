"""A counter where sessions order what takes seconds: one worker serves it in turn."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Final, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")

PATIENCE_S: Final = 5.0
"""An order that nobody has asked after for so long when its turn comes is not carried out."""
_KEPT: Final = 64


class Abandoned(Exception):
    """Nobody asked for this any more when its turn came."""


@dataclass(eq=False)
class Order(Generic[Result]):
    """Something wanted, under way or done."""

    future: Future[Result]
    started: float = field(default_factory=monotonic)
    asked: float = field(default_factory=monotonic)


class Desk(Generic[Key, Result]):
    """Takes orders from all sessions and has one thread carry them out in turn.

    The last 64 are kept.

    Args:
        make: what an order asks for, by its key; its errors are the order's.
        name: of the thread.
    """

    def __init__(self, make: Callable[[Key], Result], name: str = "desk") -> None:
        self._make = make
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._orders: OrderedDict[Key, Order[Result]] = OrderedDict()
        self._lock = Lock()

    def ask(self, key: Key) -> Order[Result]:
        """The order of this key; asking again shows that it is still wanted."""
        with self._lock:
            order = self._orders.get(key)
            if order is None or _was_abandoned(order):
                order = Order(Future())
                self._orders[key] = order
                self._worker.submit(self._carry_out, order, key)
            order.asked = monotonic()
            self._orders.move_to_end(key)
            while len(self._orders) > _KEPT:
                self._orders.popitem(last=False)
            return order

    def forget(self, key: Key) -> None:
        """Let the next order be carried out anew."""
        with self._lock:
            self._orders.pop(key, None)

    def _carry_out(self, order: Order[Result], key: Key) -> None:
        try:
            if monotonic() - order.asked > PATIENCE_S:
                raise Abandoned
            order.future.set_result(self._make(key))
        except Exception as problem:  # whoever asked says it in a sentence
            order.future.set_exception(problem)


def _was_abandoned(order: Order[Result]) -> bool:
    return order.future.done() and isinstance(order.future.exception(), Abandoned)
