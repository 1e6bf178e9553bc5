"""The proof behind a page: the network is built and run by a worker, so that no click waits."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.architecture import NetworkSpec
from explorer.ui import cache
from explorer.ui.picker import Choice
from explorer.views.numbers import duration
from explorer.words import section

if TYPE_CHECKING:
    from explorer.networks import Trace

Key = tuple[NetworkSpec, int, str]
"""Network, image size, wanted device."""

POLL_S: Final = 0.5
PATIENCE_S: Final = 5.0
_KEPT: Final = 64


class Abandoned(Exception):
    """Nobody asked for this trace any more when its turn came."""


@dataclass(eq=False)
class Job:
    """A trace that is wanted, running or done."""

    future: Future[Trace]
    started: float = field(default_factory=monotonic)
    asked: float = field(default_factory=monotonic)


class Desk:
    """Takes orders for traces from all sessions and has one worker run them in turn."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="trace")
        self._jobs: OrderedDict[Key, Job] = OrderedDict()
        self._lock = Lock()

    def ask(self, key: Key) -> Job:
        """The job for this key; asking again shows that it is still wanted."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or _was_abandoned(job):
                job = Job(Future())
                self._jobs[key] = job
                self._worker.submit(self._run, job, key)
            job.asked = monotonic()
            self._jobs.move_to_end(key)
            while len(self._jobs) > _KEPT:
                self._jobs.popitem(last=False)
            return job

    def forget(self, key: Key) -> None:
        """Let the next order run anew."""
        with self._lock:
            self._jobs.pop(key, None)

    def _run(self, job: Job, key: Key) -> None:
        spec, image_size, wanted = key
        try:
            if monotonic() - job.asked > PATIENCE_S:
                raise Abandoned
            job.future.set_result(cache.trace_of(spec, image_size, cache.device_for(wanted).id))
        except Exception as problem:  # the page says it in a sentence
            job.future.set_exception(problem)


def _was_abandoned(job: Job) -> bool:
    return job.future.done() and isinstance(job.future.exception(), Abandoned)


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """The one desk of this server."""
    return Desk()


def badge(choice: Choice) -> Trace | None:
    """Say whether a real forward pass agrees with the page; the trace, once there is one.

    Until then the badge looks after the worker by itself, and reruns the page at the end.
    """
    key = (choice.spec, choice.image_size, choice.device)
    job = desk().ask(key)
    if not job.future.done():
        _waiting(key, choice.title)
        return None
    problem = job.future.exception()
    if problem is not None:
        st.error(_sentence(problem, choice), icon=":material/error:")
        st.button("Try again", key="trace_again", on_click=desk().forget, args=(key,))
        return None
    trace = job.future.result()
    if trace.agrees:
        st.success(
            section(
                "shape_trace",
                "agreed",
                device=_label(trace.device),
                shapes=f"{len(trace.ops):,}",
                parameters=f"{trace.blueprint.params:,}",
                seconds=duration(trace.seconds),
            ),
            icon=":material/verified:",
        )
    else:
        differences = "\n".join(f"- {difference}" for difference in trace.mismatches[:20])
        st.error(section("shape_trace", "disagreed", differences=differences))
    return trace


@st.fragment(run_every=POLL_S)
def _waiting(key: Key, title: str) -> None:
    job = desk().ask(key)
    if job.future.done():
        st.rerun()
    waited = f"{monotonic() - job.started:.0f}"
    st.info(
        section("shape_trace", "waiting", title=title, seconds=waited),
        icon=":material/hourglass_top:",
    )


def _label(device: str) -> str:
    return next((each.label for each in cache.devices() if each.id == device), device)


def _sentence(problem: BaseException, choice: Choice) -> str:
    """What went wrong, without a traceback, and what to do."""
    reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    lower = str(problem).lower()
    if isinstance(problem, MemoryError) or "out of memory" in lower or "can't allocate" in lower:
        return section("shape_trace", "no memory", title=choice.title, size=choice.image_size)
    return section("shape_trace", "failed", reason=reason.rstrip("."))
