"""The proof behind a page: the network is built and run by a worker, so that no click waits."""

from __future__ import annotations

import functools
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.architecture import NetworkSpec, blueprint
from explorer.architecture.image_size import ImageSize, size_text
from explorer.experiments import work
from explorer.experiments.desk import Desk
from explorer.experiments.work import TooMuch
from explorer.ui import cache, controls, gate
from explorer.ui.picker import Choice
from explorer.views.numbers import duration
from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.networks import Trace

Key = tuple[NetworkSpec, ImageSize, str]
"""Network, image size, wanted device."""

POLL_S: Final = 0.5
_PER_WEIGHT: Final = 100
"""A weight takes as long to make as so many multiply-adds, about."""
_QUICK: Final = 64e9
"""Effort of the named networks at their usual size, at most."""


@functools.cache
def desk() -> Desk[Key, Trace]:
    """The one desk of this server."""
    return Desk(_traced, effort=_effort, quick=_QUICK, name="trace")


def _effort(key: Key) -> float:
    """Multiply-adds of a network's two passes, and its making, counted in the same unit."""
    bp = blueprint(key[0], key[1])
    return 2 * bp.macs + _PER_WEIGHT * bp.params


def _traced(key: Key, go_on: Callable[[], None]) -> Trace:
    from explorer.networks import device_for
    from explorer.networks.stopping import stoppable

    spec, image_size, wanted = key
    with stoppable(go_on):
        return cache.trace_of(spec, image_size, device_for(wanted).id)


def badge(choice: Choice) -> Trace | None:
    """Say whether a real forward pass agrees with the page; the trace, once there is one.

    Until then the badge looks after the worker by itself, and reruns the page at the end.
    """
    if refused := refusal(choice):
        st.warning(refused, icon=":material/hourglass_disabled:")
        return None
    key = (choice.spec, choice.image_size, choice.device)
    order = desk().ask(key)
    if not order.future.done():
        _waiting(key, choice.title)
        return None
    problem = order.future.exception()
    if problem is not None:
        st.error(_sentence(problem, choice), icon=":material/error:")
        st.button(label("trace.again"), key="trace_again", on_click=desk().forget, args=(key,))
        return None
    trace = order.future.result()
    # The desk has one of each network: another pass is another trace.
    controls.drawn_again("trace_verdict", (trace,), lambda: _verdict(trace))
    return trace


def _verdict(trace: Trace) -> None:
    if trace.agrees:
        # One line, so that what is looked at stands higher.
        agreed = section(
            "shape_trace",
            "agreed",
            device=_label(trace.device),
            shapes=f"{len(trace.ops):,}",
            parameters=f"{trace.blueprint.params:,}",
            seconds=duration(trace.seconds),
        )
        st.caption(label("trace.verified", sentence=agreed))
    else:
        differences = "\n".join(f"- {difference}" for difference in trace.mismatches[:20])
        st.error(section("shape_trace", "disagreed", differences=differences))


def refusal(choice: Choice) -> str | None:
    """Why this network is not run on this server, in words; None where it is."""
    try:
        gate.check(work.forward(blueprint(choice.spec, choice.image_size), passes=2))
    except TooMuch as problem:
        return section("shape_trace", "refused", title=choice.title, reason=problem)
    return None


@st.fragment(run_every=POLL_S)
def _waiting(key: Key, title: str) -> None:
    order = desk().ask(key)
    if order.future.done():
        st.rerun()
    waited = f"{monotonic() - order.started:.0f}"
    # As high as the line that comes in its place, so that nothing below it moves.
    sentence = section("shape_trace", "waiting", title=title, seconds=waited)
    st.caption(label("trace.waiting", sentence=sentence))


def _label(device: str) -> str:
    return next((each.label for each in cache.devices() if each.id == device), device)


def _sentence(problem: BaseException, choice: Choice) -> str:
    """What went wrong, without a traceback, and what to do."""
    reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    lower = str(problem).lower()
    if isinstance(problem, MemoryError) or "out of memory" in lower or "can't allocate" in lower:
        return section(
            "shape_trace", "no memory", title=choice.title, size=size_text(choice.image_size)
        )
    return section("shape_trace", "failed", reason=reason.rstrip("."))
