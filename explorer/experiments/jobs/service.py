"""The queue itself, on the app's side."""

import atexit
import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar
from weakref import WeakSet

from explorer.experiments.jobs import record
from explorer.experiments.jobs.cluster import Cluster
from explorer.experiments.jobs.folder import Folder
from explorer.experiments.jobs.record import Order
from explorer.experiments.jobs.reporter import Cancelled, Finished, Reporter, Superseded, run
from explorer.experiments.jobs.shared import Shared
from explorer.words import WordedError

RecipeT = TypeVar("RecipeT")
ResultT = TypeVar("ResultT")
State = Literal["queued", "running", "done", "cancelled", "failed"]
ENDED: Final = ("done", "cancelled", "failed")
_MOST_ATTEMPTS: Final = 3
_TIDY_S: Final = 60.0
_GRACE_S: Final = 2.0
"""How long a running job may take to stop when the app ends, before its worker is killed."""
_open: "WeakSet[JobService]" = WeakSet()
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Status(Generic[RecipeT, ResultT]):
    """A job as it is now.

    `position` counts the unfinished jobs before it; `seconds` how long it has run, without the
    time in the queue; `problem` is a sentence in the language of whoever asks.
    """

    id: str
    recipe: RecipeT
    owner: str | None
    state: State
    position: int
    points: tuple[dict[str, Any], ...]
    seconds: float
    result: ResultT | None
    problem: str | None


@dataclass(slots=True, eq=False)
class _Job:
    """`began` and `ended` are this process's monotonic clock when it saw them happen."""

    id: str
    recipe: Any
    owner: str | None
    call: partial[Finished]
    reporter: Reporter
    needs: frozenset[str]
    seen: float
    future: Future[Finished] | None = None
    attempts: int = 0
    beginning: str | None = None
    began: float | None = None
    ended: float | None = None
    dropped: bool = False
    """Cancelled before it began."""
    word: str | None = None
    """What `Shared.last_seen` said when it was last looked at."""

    @property
    def state(self) -> State:
        if self.dropped:
            return "cancelled"
        if self.ended is None or self.future is None:
            return "queued" if self.began is None else "running"
        if self.future.cancelled():
            return "cancelled"
        problem = self.future.exception()
        if isinstance(problem, Cancelled | CancelledError):
            return "cancelled"
        return "failed" if problem else "done"

    @property
    def seconds(self) -> float:
        if self.state == "done" and self.future is not None:
            return self.future.result().seconds
        if self.began is None:
            return 0.0
        return (time.monotonic() if self.ended is None else self.ended) - self.began

    def look(self) -> None:
        """Notice that the job has begun, or, after its worker was lost, begun again."""
        beginning = self.reporter.begun()
        if self.ended is None and beginning not in (None, self.beginning):
            self.beginning, self.began = beginning, time.monotonic()


class JobService:
    """Runs jobs one after another and answers for them by id. Safe to call from many threads.

    Args:
        make_executor: makes the pool; called again when a worker was killed.
        folder: where the service makes its own folder; among the temporary files by default.
        longest_queue: unfinished jobs at once.
        most_of_one: unfinished jobs of one owner at once.
        kept: finished jobs whose results stay available; a shared folder has its own bounds.
        abandoned_after: seconds after which an unfinished job that nobody asks for is cancelled.
        shared: a folder in place of one of its own: jobs outlive this process, other services
            know them too, and take over those of a process that ended.
        known: the functions, as "module:name", that a job may name which is taken over.
    """

    def __init__(
        self,
        make_executor: Callable[[], Executor],
        folder: Path | None = None,
        longest_queue: int = 30,
        most_of_one: int = 8,
        kept: int = 40,
        abandoned_after: float = 60.0,
        shared: Shared | None = None,
        known: Collection[str] = (),
    ) -> None:
        self._make_executor = make_executor
        self._executor = make_executor()
        self._shared, self._known = shared, frozenset(known)
        self._longest_queue, self._most_of_one, self._kept = longest_queue, most_of_one, kept
        self._abandoned_after = abandoned_after
        self._lock = threading.RLock()
        self._jobs: dict[str, _Job] = {}
        self._folder: Folder | Shared = shared or Folder(folder)
        self._stopped = threading.Event()
        _open.add(self)
        threading.Thread(target=self._watch, daemon=True, name="job watcher").start()
        # Python waits for the pool's running job before it calls what `atexit` holds, so a
        # server that is told to end would train on. This comes before; the name is not public.
        at_exit = getattr(threading, "_register_atexit", atexit.register)
        at_exit(self.close)

    def submit(
        self,
        function: Callable[[Any, Reporter], Any],
        recipe: Any,
        owner: str | None = None,
        needs: Collection[str] = (),
    ) -> str:
        """Queue `function(recipe, reporter)`; returns the job's id.

        Args:
            function: a module's function, so that a worker finds it.
            recipe: what it gets; can be pickled.
            owner: who may cancel it, and whose jobs are counted.
            needs: ids of finished jobs whose files are kept until this one has ended.

        Raises:
            WordedError: the queue is full, or the owner's share of it.
        """
        with self._lock:
            waiting = self._owners()
            if len(waiting) >= self._longest_queue:
                raise WordedError("jobs", "queue full", waiting=len(waiting))
            own = waiting.count(owner)
            if owner is not None and own >= self._most_of_one:
                raise WordedError("jobs", "share of the queue full", waiting=own)
            identifier = secrets.token_hex(10)
            order = Order(record.named(function), recipe, owner, frozenset(needs), time.time_ns())
            try:
                folder = self._folder.of(identifier)
                if self._shared:
                    self._shared.add(identifier, order)
            except OSError as problem:
                _log.error("the folder of runs cannot be written", exc_info=problem)
                raise WordedError("jobs", "folder unusable") from None
            self._begin(identifier, function, order, Reporter(folder, self._shared is not None))
            self._forget_old()
            return identifier

    def _owners(self) -> list[str | None]:
        """Whose the unfinished jobs are, one entry for each."""
        if self._shared:
            return [order.owner for _, order in self._shared.unfinished(at_once=True)]
        return [job.owner for job in self._jobs.values() if job.ended is None]

    def _begin(
        self,
        identifier: str,
        function: Callable[[Any, Reporter], Any],
        order: Order,
        reporter: Reporter,
    ) -> None:
        call = partial(run, function, order.recipe, reporter)
        job = _Job(
            identifier, order.recipe, order.owner, call, reporter, order.needs, time.monotonic()
        )
        self._jobs[identifier] = job
        self._start(job)

    def status(self, identifier: str) -> Status[Any, Any]:
        """The job as it is now; asking keeps it alive.

        Raises:
            KeyError: no such job, or one so old that it was forgotten.
        """
        with self._lock:
            job = self._jobs.get(identifier)
            if job is None:
                return self._elsewhere(identifier)
            job.seen = time.monotonic()
            job.look()
            position = self._position(job)
            state, seconds = job.state, job.seconds
        result = job.future.result().result if state == "done" and job.future else None
        problem = None
        if state == "failed" and job.future and (raised := job.future.exception()):
            problem = record.worded(record.reason(raised))
        points = _accepted(job.recipe, job.reporter)
        return Status(
            job.id, job.recipe, job.owner, state, position, points, seconds, result, problem
        )

    def _position(self, job: _Job) -> int:
        if self._shared and job.state == "queued":
            return self._before(job.id)
        before = [other for other in self._jobs.values() if other.ended is None]
        return before.index(job) if job in before else 0

    def _before(self, identifier: str) -> int:
        """Unfinished jobs before one in the shared folder: those that take the same workers."""
        assert self._shared is not None
        before = [name for name, _ in self._shared.unfinished()]
        if identifier not in before:
            return 0
        before = before[: before.index(identifier)]
        if isinstance(self._executor, Cluster):
            return len(before)
        server = self._shared.handler(identifier)[1]
        return sum(self._shared.handler(name)[1] == server for name in before)

    def _elsewhere(self, identifier: str) -> Status[Any, Any]:
        """A job that ended, or that another server answers for, as its folder tells."""
        if self._shared is None:
            raise KeyError(identifier)
        order, ended = self._shared.order(identifier), self._shared.end(identifier)
        reporter = self._shared.reporter(identifier)
        state: Any
        if ended is None:
            self._shared.seen(identifier)
            state = "queued" if reporter.begun() is None else "running"
        else:
            state = ended.state
        seconds = ended.seconds if ended else None
        return Status(
            identifier,
            order.recipe,
            order.owner,
            state,
            self._before(identifier) if state == "queued" else 0,
            _accepted(order.recipe, reporter),
            self._shared.seconds(identifier) if seconds is None else seconds,
            ended.result if ended else None,
            record.worded(ended.reason) if ended and ended.reason else None,
        )

    def needing(self, identifier: str) -> list[str]:
        """The jobs that were ordered of what this one made, the newest last."""
        with self._lock:
            if self._shared:
                return self._shared.needing(identifier)
            return [job.id for job in self._jobs.values() if identifier in job.needs]

    def trouble(self) -> str | None:
        """A sentence where runs cannot go on for now; those that wait go on by themselves."""
        return self._executor.trouble() if isinstance(self._executor, Cluster) else None

    def cancel(self, identifier: str, owner: str | None = None) -> None:
        """Tell a job to stop: at once if it waits, else at its next step.

        Raises:
            KeyError: no such job.
            PermissionError: it is somebody else's.
        """
        with self._lock:
            job = self._jobs.get(identifier)
            if job is None and self._shared is None:
                raise KeyError(identifier)
            known = job or self._shared.order(identifier)  # type: ignore[union-attr]
        if known.owner != owner:
            raise PermissionError("only who started a job can cancel it")
        if job is not None:
            self._stop(job)
        elif self._shared is not None and self._shared.end(identifier) is None:
            self._shared.reporter(identifier).cancel()

    def close(self) -> None:
        """Cancel everything, end the workers, delete the files; takes some three seconds.

        In a shared folder nothing is cancelled or deleted: a cluster's workers go on, and what
        this process' own worker did is begun again by whoever takes over.
        """
        with self._lock:
            if self._stopped.is_set():
                return
            self._stopped.set()
            jobs = list(self._jobs.values())
        kill = getattr(self._executor, "kill_workers", None)
        if self._shared:
            if kill is not None:
                kill()
            self._executor.shutdown(wait=kill is not None)
            self._shared.leave()
            return
        for job in jobs:
            self._stop(job)
            if kill is None and job.future:
                job.future.cancel()
        begun = [job.future for job in jobs if job.future and job.began is not None]
        late = wait(begun, timeout=_GRACE_S).not_done
        if kill is not None:
            kill()
        # A thread cannot be killed; it stops when its job next looks.
        self._executor.shutdown(wait=kill is not None or not late)
        with self._lock:
            self._jobs.clear()
        assert isinstance(self._folder, Folder)
        self._folder.remove()

    def _start(self, job: _Job) -> None:
        """Hand a job to the pool, to a new one if a worker of the old one was killed."""
        job.attempts += 1
        try:
            if isinstance(self._executor, Cluster):
                future = self._executor.submit(job.call, name=job.id)
            else:
                future = self._executor.submit(job.call)
        except BrokenExecutor:
            self._executor.shutdown(wait=False)
            self._executor = self._make_executor()
            future = self._executor.submit(job.call)
        job.future = future
        future.add_done_callback(partial(self._finish, job))

    def _finish(self, job: _Job, future: Future[Finished]) -> None:
        """Note the end of a job. One that waited while a worker was killed is queued again."""
        with self._lock:
            if job.dropped or (self._shared and self._stopped.is_set()):
                return
            job.look()
            problem = None if future.cancelled() else future.exception()
            if isinstance(problem, BrokenExecutor) and self._waits_on(job):
                self._start(job)
                return
            if isinstance(problem, Exception) and not isinstance(problem, Cancelled):
                _log.error("job %s failed", job.id, exc_info=problem)
            job.ended = time.monotonic()
            if self._shared:
                self._hand_over(job, isinstance(problem, Superseded))

    def _hand_over(self, job: _Job, superseded: bool = False) -> None:
        """From now on its folder speaks for a job that ended, if its end could be written."""
        result, why, state = None, None, job.state
        if state == "done" and job.future:
            result = job.future.result().result
        elif state == "failed" and job.future and (problem := job.future.exception()):
            why = record.reason(problem)
        try:
            if not superseded:
                ended = record.Ended(state, result, job.seconds, why)
                record.write_end(job.reporter.folder, ended)
        except (OSError, TypeError) as problem:
            _log.error("the end of job %s cannot be written", job.id, exc_info=problem)
            return
        self._jobs.pop(job.id, None)

    def _take_over(self) -> None:
        """Answer for the jobs of servers that have ended."""
        assert self._shared is not None
        for identifier, order in list(self._shared.orphans()):
            if identifier in self._jobs:
                continue
            if order.function not in self._known:
                why = record.Reason("jobs", "unforeseen", {"kind": "LookupError"})
                record.write_end(
                    self._shared.path / identifier, record.Ended("failed", None, None, why)
                )
                continue
            _log.warning("job %s is taken over from a server that has ended", identifier)
            module, _, name = order.function.partition(":")
            function = getattr(import_module(module), name)
            self._begin(identifier, function, order, self._shared.reporter(identifier))

    def _waits_on(self, job: _Job) -> bool:
        return job.began is None and job.attempts < _MOST_ATTEMPTS and not self._stopped.is_set()

    def _stop(self, job: _Job) -> None:
        """Its future stays in the pool and ends at once when its turn comes: a pool whose
        worker is killed may forget who waits behind a cancelled one (CPython 3.11)."""
        job.reporter.cancel()
        with self._lock:
            job.look()
            if job.began is None and job.ended is None:
                job.dropped, job.ended = True, time.monotonic()
                if self._shared:
                    self._hand_over(job)

    def _forget_old(self) -> None:
        if self._shared:
            return
        ended = [job for job in self._jobs.values() if job.ended is not None]
        needed = {name for job in self._jobs.values() if job.ended is None for name in job.needs}
        for job in ended[: max(0, len(ended) - self._kept)]:
            # One that was cancelled in the queue has a future that must still find its folder.
            if job.id not in needed and job.future is not None and job.future.done():
                shutil.rmtree(job.reporter.folder, ignore_errors=True)
                del self._jobs[job.id]

    def _watch(self) -> None:
        """See jobs begin, and stop those that nobody asks for."""
        tidied = float("-inf")
        while not self._stopped.wait(min(0.5, self._abandoned_after / 2)):
            try:
                if self._shared:
                    with self._lock:
                        self._shared.beat()
                        self._look_around()
                        if time.monotonic() - tidied > _TIDY_S:
                            tidied = time.monotonic()
                            self._shared.tidy()
                self._stop_abandoned()
            except OSError as problem:
                _log.error("the folder of runs cannot be read", exc_info=problem)

    def _stop_abandoned(self) -> None:
        with self._lock:
            limit = time.monotonic() - self._abandoned_after
            unfinished = [job for job in self._jobs.values() if job.ended is None]
            for job in unfinished:
                job.look()
        for job in unfinished:
            if job.seen < limit:
                self._stop(job)

    def _look_around(self) -> None:
        """What other servers' visitors ask of our jobs, and whose jobs are nobody's."""
        assert self._shared is not None
        for job in list(self._jobs.values()):
            if job.ended is not None:
                continue
            word = self._shared.last_seen(job.id)
            if word != job.word:
                job.word, job.seen = word, time.monotonic()
            if (job.reporter.folder / "cancel").exists():
                self._stop(job)
        self._take_over()


def _accepted(recipe: Any, reporter: Reporter) -> tuple[dict[str, Any], ...]:
    accepts = getattr(recipe, "accepts", None)
    points = reporter.points()
    return points if accepts is None else tuple(filter(accepts, points))


def close_all() -> None:
    """Close every service of this process, as `JobService.close` does.

    For a server that is told to end: the signal that it then dies of leaves nothing to `atexit`.
    """
    for service in list(_open):
        service.close()
