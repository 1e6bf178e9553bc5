"""The queue itself, on the app's side."""

import atexit
import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet

from explorer.experiments.jobs import record
from explorer.experiments.jobs.folder import Folder
from explorer.experiments.jobs.job import Job, Status, accepted
from explorer.experiments.jobs.pool import Pool
from explorer.experiments.jobs.record import Order
from explorer.experiments.jobs.reporter import Cancelled, Reporter, Superseded, run
from explorer.experiments.jobs.shared import Shared
from explorer.words import WordedError

_MOST_ATTEMPTS: Final = 3
_TIDY_S: Final = 60.0
_open: "WeakSet[JobService]" = WeakSet()
_log = logging.getLogger(__name__)


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
        self._pool = Pool(make_executor, self._finish)
        self._shared, self._known = shared, frozenset(known)
        self._longest_queue, self._most_of_one, self._kept = longest_queue, most_of_one, kept
        self._abandoned_after = abandoned_after
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
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
        job = Job(
            identifier, order.recipe, order.owner, call, reporter, order.needs, time.monotonic()
        )
        self._jobs[identifier] = job
        try:
            self._pool.start(job)
        except BaseException:
            # Nobody would ever end it.
            del self._jobs[identifier]
            raise

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
            state, seconds, result, raised = job.state, job.seconds, job.result, job.problem
        problem = record.worded(record.reason(raised)) if raised else None
        points = accepted(job.recipe, job.reporter)
        return Status(
            job.id, job.recipe, job.owner, state, position, points, seconds, result, problem
        )

    def _position(self, job: Job) -> int:
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
        if self._pool.is_cluster:
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
            accepted(order.recipe, reporter),
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
        return self._pool.trouble()

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
            _tell(self._shared.reporter(identifier))

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
        if self._shared:
            self._pool.leave()
            self._shared.leave()
            return
        for job in jobs:
            self._stop(job)
        self._pool.close(jobs)
        with self._lock:
            self._jobs.clear()
        assert isinstance(self._folder, Folder)
        self._folder.remove()

    def _finish(self, job: Job, future: Future[Any]) -> None:
        """Note the end of a job. One that waited while a worker was killed is queued again."""
        with self._lock:
            if job.dropped or (self._shared and self._stopped.is_set()):
                return
            job.look()
            problem = None if future.cancelled() else future.exception()
            if isinstance(problem, BrokenExecutor) and self._waits_on(job):
                with suppress(OSError, RuntimeError):
                    self._pool.start(job)
                    return
            if isinstance(problem, Exception) and not isinstance(problem, Cancelled):
                _log.error("job %s failed", job.id, exc_info=problem)
            job.ended = time.monotonic()
            if self._shared:
                self._hand_over(job, isinstance(problem, Superseded))

    def _hand_over(self, job: Job, superseded: bool = False) -> None:
        """From now on its folder speaks for a job that ended, if its end could be written."""
        why = record.reason(job.problem) if job.problem else None
        try:
            if not superseded:
                ended = record.Ended(job.state, job.result, job.seconds, why)
                record.write_end(job.reporter.folder, ended)
        except (OSError, TypeError) as problem:
            _log.error("the end of job %s cannot be written", job.id, exc_info=problem)
            return
        self._jobs.pop(job.id, None)

    def _take_over(self, identifier: str, order: Order) -> None:
        """Begin anew what a server that has ended did not finish."""
        assert self._shared is not None
        if order.function not in self._known:
            why = record.Reason("jobs", "unforeseen", {"kind": "LookupError"})
            ended = record.Ended("failed", None, None, why)
            record.write_end(self._shared.path / identifier, ended)
            return
        _log.warning("job %s is taken over from a server that has ended", identifier)
        module, _, name = order.function.partition(":")
        # Without the lock: the module may have to load torch, and every page asks for its runs.
        function = getattr(import_module(module), name)
        with self._lock:
            if not self._stopped.is_set() and identifier not in self._jobs:
                self._begin(identifier, function, order, self._shared.reporter(identifier))

    def _waits_on(self, job: Job) -> bool:
        return job.began is None and job.attempts < _MOST_ATTEMPTS and not self._stopped.is_set()

    def _stop(self, job: Job) -> None:
        """Its future stays in the pool and ends at once when its turn comes: a pool whose
        worker is killed may forget who waits behind a cancelled one (CPython 3.11)."""
        _tell(job.reporter)
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
                        orphans = list(self._shared.orphans())
                        if time.monotonic() - tidied > _TIDY_S:
                            tidied = time.monotonic()
                            self._shared.tidy()
                    for identifier, order in orphans:
                        self._take_over(identifier, order)
                self._stop_abandoned()
            except OSError as problem:
                _log.error("the folder of runs cannot be read", exc_info=problem)
            except Exception:
                # Whatever it was, the next look may be better than none for ever.
                _log.exception("looking after the runs failed")

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
        """What other servers' visitors ask of our jobs."""
        assert self._shared is not None
        for job in list(self._jobs.values()):
            if job.ended is not None:
                continue
            word = self._shared.last_seen(job.id)
            if word != job.word:
                job.word, job.seen = word, time.monotonic()
            if (job.reporter.folder / "cancel").exists():
                self._stop(job)


def _tell(reporter: Reporter) -> None:
    """Tell a job to stop; where that cannot be written, its owner's page is not to fail."""
    try:
        reporter.cancel()
    except OSError as problem:
        _log.error("a job cannot be told to stop", exc_info=problem)


def close_all() -> None:
    """Close every service of this process, as `JobService.close` does.

    For a server that is told to end: the signal that it then dies of leaves nothing to `atexit`.
    """
    for service in list(_open):
        service.close()
