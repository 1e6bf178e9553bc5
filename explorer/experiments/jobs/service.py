"""The queue itself, on the app's side."""

import atexit
import errno
import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar
from weakref import WeakSet

from explorer.experiments.jobs.folder import Folder
from explorer.experiments.jobs.reporter import Cancelled, Finished, Reporter, run
from explorer.words import WordedError, section

RecipeT = TypeVar("RecipeT")
ResultT = TypeVar("ResultT")
State = Literal["queued", "running", "done", "cancelled", "failed"]
ENDED: Final = ("done", "cancelled", "failed")
_MOST_ATTEMPTS: Final = 3
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
        kept: finished jobs whose results stay available.
        abandoned_after: seconds after which an unfinished job that nobody asks for is cancelled.
    """

    def __init__(
        self,
        make_executor: Callable[[], Executor],
        folder: Path | None = None,
        longest_queue: int = 30,
        most_of_one: int = 8,
        kept: int = 40,
        abandoned_after: float = 60.0,
    ) -> None:
        self._make_executor = make_executor
        self._executor = make_executor()
        self._longest_queue, self._most_of_one, self._kept = longest_queue, most_of_one, kept
        self._abandoned_after = abandoned_after
        self._lock = threading.RLock()
        self._jobs: dict[str, _Job] = {}
        self._folder = Folder(folder)
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
            waiting = [job for job in self._jobs.values() if job.ended is None]
            if len(waiting) >= self._longest_queue:
                raise WordedError("jobs", "queue full", waiting=len(waiting))
            own = sum(job.owner == owner for job in waiting)
            if owner is not None and own >= self._most_of_one:
                raise WordedError("jobs", "share of the queue full", waiting=own)
            identifier = secrets.token_hex(10)
            reporter = Reporter(self._folder.of(identifier))
            job = _Job(
                identifier,
                recipe,
                owner,
                partial(run, function, recipe, reporter),
                reporter,
                frozenset(needs),
                time.monotonic(),
            )
            self._jobs[identifier] = job
            self._start(job)
            self._forget_old()
            return identifier

    def status(self, identifier: str) -> Status[Any, Any]:
        """The job as it is now; asking keeps it alive.

        Raises:
            KeyError: no such job, or one so old that it was forgotten.
        """
        with self._lock:
            job = self._jobs[identifier]
            job.seen = time.monotonic()
            job.look()
            before = [other for other in self._jobs.values() if other.ended is None]
            position = before.index(job) if job in before else 0
            state, seconds = job.state, job.seconds
        result = job.future.result().result if state == "done" and job.future else None
        problem = None
        if state == "failed" and job.future:
            problem = sentence(job.future.exception())
        points = job.reporter.points()
        accepts = getattr(job.recipe, "accepts", None)
        if accepts is not None:
            points = tuple(filter(accepts, points))
        return Status(
            job.id, job.recipe, job.owner, state, position, points, seconds, result, problem
        )

    def cancel(self, identifier: str, owner: str | None = None) -> None:
        """Tell a job to stop: at once if it waits, else at its next step.

        Raises:
            KeyError: no such job.
            PermissionError: it is somebody else's.
        """
        with self._lock:
            job = self._jobs[identifier]
        if job.owner != owner:
            raise PermissionError("only who started a job can cancel it")
        self._stop(job)

    def close(self) -> None:
        """Cancel everything, end the workers, delete the files; takes some three seconds."""
        with self._lock:
            if self._stopped.is_set():
                return
            self._stopped.set()
            jobs = list(self._jobs.values())
        kill = getattr(self._executor, "kill_workers", None)
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
        self._folder.remove()

    def _start(self, job: _Job) -> None:
        """Hand a job to the pool, to a new one if a worker of the old one was killed."""
        job.attempts += 1
        try:
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
            if job.dropped:
                return
            job.look()
            problem = None if future.cancelled() else future.exception()
            if isinstance(problem, BrokenExecutor) and self._waits_on(job):
                self._start(job)
                return
            if isinstance(problem, Exception) and not isinstance(problem, Cancelled):
                _log.error("job %s failed", job.id, exc_info=problem)
            job.ended = time.monotonic()

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

    def _forget_old(self) -> None:
        ended = [job for job in self._jobs.values() if job.ended is not None]
        needed = {name for job in self._jobs.values() if job.ended is None for name in job.needs}
        for job in ended[: max(0, len(ended) - self._kept)]:
            # One that was cancelled in the queue has a future that must still find its folder.
            if job.id not in needed and job.future is not None and job.future.done():
                shutil.rmtree(job.reporter.folder, ignore_errors=True)
                del self._jobs[job.id]

    def _watch(self) -> None:
        """See jobs begin, and stop those that nobody asks for."""
        while not self._stopped.wait(min(0.5, self._abandoned_after / 2)):
            with self._lock:
                limit = time.monotonic() - self._abandoned_after
                unfinished = [job for job in self._jobs.values() if job.ended is None]
                for job in unfinished:
                    job.look()
            for job in unfinished:
                if job.seen < limit:
                    self._stop(job)


def close_all() -> None:
    """Close every service of this process, as `JobService.close` does.

    For a server that is told to end: the signal that it then dies of leaves nothing to `atexit`.
    """
    for service in list(_open):
        service.close()


def sentence(problem: BaseException | None) -> str:
    """Why a job failed, in one line for a visitor: nothing that Python says, and no path."""
    if isinstance(problem, WordedError):
        return section("jobs", "failed", why=str(problem).split("\n", 1)[0])
    if isinstance(problem, BrokenExecutor):
        return section("jobs", "worker killed")
    kind = type(problem).__name__
    if isinstance(problem, MemoryError) or kind == "OutOfMemoryError":
        return section("jobs", "out of memory")
    if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
        return section("jobs", "disk full")
    return section("jobs", "unforeseen", kind=kind)
