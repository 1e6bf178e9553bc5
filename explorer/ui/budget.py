"""Everything heavy that is kept between reruns, for all visitors, within one budget in bytes.

    @kept
    def network_of(spec: NetworkSpec, device: str) -> ResNet: ...

A quarter of the machine's memory, or what RESNET_EXPLORER_MEMORY_MB says. What nobody asks for
during half an hour is let go of.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache, update_wrapper
from inspect import signature
from time import sleep
from typing import Any, Final, Generic, ParamSpec, TypeVar, overload

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer import words
from explorer.architecture import Blueprint
from explorer.experiments import machine
from explorer.experiments.byte_cache import MISSING, ByteCache, Key
from explorer.ui import settings

P = ParamSpec("P")
R = TypeVar("R")
Names = Mapping[type[Any], Callable[[Any], Hashable]]
"""How arguments of a type are named in a key."""

BLUEPRINTS: Final[Names] = {Blueprint: lambda bp: (bp.spec, bp.image_size)}
"""A blueprint is named by what it follows from."""
_SWEEP_S: Final = 60.0
_after_sweep: list[Callable[[], None]] = []


def limit() -> int:
    """The budget in bytes, as the owner of the machine says, or a quarter of its memory."""
    said = settings.memory()
    return machine.memory() // 4 if said is None else said


@cache
def store() -> ByteCache:
    """The one store of this process."""
    made = ByteCache(limit())
    threading.Thread(target=_sweep, args=(made,), daemon=True).start()
    return made


def also_sweep(clean: Callable[[], None]) -> None:
    """Have something else looked after once a minute."""
    _after_sweep.append(clean)


def _sweep(made: ByteCache) -> None:
    while True:
        sleep(_SWEEP_S)
        made.sweep()
        for clean in _after_sweep:
            clean()


def go_on() -> None:
    """End this run if its visitor has left, or has chosen something else meanwhile.

    Does nothing outside of a run.
    """
    if get_script_run_ctx(suppress_warning=True) is not None:
        # Whoever asks for the state is stopped there if there is a reason to.
        st.session_state.get("go_on")


class Kept(Generic[P, R]):
    """A function whose results are kept, see `kept`."""

    def __init__(
        self,
        function: Callable[P, R],
        by: Names,
        place: Callable[..., AbstractContextManager[None]] | None,
        worded: bool,
    ) -> None:
        update_wrapper(self, function)
        self._function, self._by, self._place, self._worded = function, by, place, worded
        self._signature = signature(function)
        self._names = tuple(self._signature.parameters)
        self._id = f"{function.__module__}.{function.__qualname__}"

    def __call__(self, *args: P.args, **options: P.kwargs) -> R:
        key = self.key(*args, **options)

        def compute() -> R:
            return self._function(*args, **options)

        found: Any = store().find(key, go_on)
        if found is MISSING:
            # Whoever computes has a place before others wait for the value: no circle of waiting.
            with self._place(*args, **options) if self._place else nullcontext():
                found = store().get(key, compute, go_on)
        result: R = found
        return result

    def key(self, *args: P.args, **options: P.kwargs) -> Key:
        """What the result follows from: arguments whose names begin with _ follow from others."""
        if not options and len(args) == len(self._names):
            named: Iterable[tuple[str, Any]] = zip(self._names, args, strict=True)
        else:
            bound = self._signature.bind(*args, **options)
            bound.apply_defaults()
            named = bound.arguments.items()
        values = (
            self._by[type(value)](value) if type(value) in self._by else value
            for name, value in named
            if not name.startswith("_")
        )
        return (self._id, *values, *([words.language()] if self._worded else []))

    def has(self, *args: P.args, **options: P.kwargs) -> bool:
        """Whether the result is kept now."""
        return self.key(*args, **options) in store()

    def clear(self) -> None:
        """Let go of all results of this function."""
        store().drop(lambda key: key[0] == self._id)


@overload
def kept(function: Callable[P, R]) -> Kept[P, R]: ...
@overload
def kept(
    *,
    by: Names = ...,
    place: Callable[..., AbstractContextManager[None]] | None = ...,
    worded: bool = ...,
) -> Callable[[Callable[P, R]], Kept[P, R]]: ...
def kept(
    function: Callable[..., Any] | None = None,
    *,
    by: Names | None = None,
    place: Callable[..., AbstractContextManager[None]] | None = None,
    worded: bool = False,
) -> Any:
    """Keep a function's results, computed once for all visitors, within the budget.

    What is kept is shared: nobody may change it. What the function raises is not kept.

    Args:
        function: its arguments are hashable; those whose names begin with _ are no part of the key.
        by: how a type of arguments is named in the key, such as {Scene: attrgetter("key")}.
        place: called with the same arguments before anything is computed; what it returns is
            entered meanwhile: the gate of explorer.ui.gate.
        worded: the result holds words, so that each language has its own.
    """
    if function is not None:
        return Kept(function, by or {}, place, worded)
    return lambda wanted: Kept(wanted, by or {}, place, worded)
