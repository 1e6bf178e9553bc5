"""The queue itself, on the app's side."""

import atexit
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from pathlib import Path
from typing import Any
from weakref import WeakSet

from explorer.experiments.jobs import elsewhere, record
from explorer.experiments.jobs.folder import Folder
from explorer.experiments.jobs.job import Job, Status, accepted
from explorer.experiments.jobs.record import Order
from explorer.experiments.jobs.reporter import Reporter
from explorer.experiments.jobs.running import Running, tell_to_stop
from explorer.experiments.jobs.shared import Shared
from explorer.experiments.jobs.watch import Watch
from explorer.words import WordedError

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
        self._running = Running(make_executor, shared)
        self._shared = shared
        self._longest_queue, self._most_of_one, self._kept = longest_queue, most_of_one, kept
        self._folder: Folder | Shared = shared or Folder(folder)
        _open.add(self)
        Watch(self._running, shared, known, abandoned_after)
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
        with self._running.lock:
            waiting = self._owners()
            if len(waiting) >= self._longest_queue:
                raise WordedError("jobs", "queue full", waiting=len(waiting))
            own = waiting.count(owner)
            if owner is not None and own >= self._most_of_one:
                raise WordedError("jobs", "share of the queue full", waiting=own)
            identifier = secrets.token_hex(10)
            number = time.time_ns()
            if self._shared:
                number = max(number, self._shared.newest() + 1)
            order = Order(record.named(function), recipe, owner, frozenset(needs), number)
            try:
                folder = self._folder.of(identifier)
                if self._shared:
                    self._shared.add(identifier, order)
            except OSError as problem:
                _log.error("the folder of runs cannot be written", exc_info=problem)
                raise WordedError("jobs", "folder unusable") from None
            reporter = Reporter(folder, self._shared is not None)
            self._running.begin(identifier, function, order, reporter)
            self._running.forget_old(self._kept)
            return identifier

    def _owners(self) -> list[str | None]:
        """Whose the unfinished jobs are, one entry for each."""
        if self._shared:
            return [order.owner for _, order in self._shared.unfinished(at_once=True)]
        return [job.owner for job in self._running.unfinished]

    def status(self, identifier: str) -> Status[Any, Any]:
        """The job as it is now; asking keeps it alive.

        Raises:
            KeyError: no such job, or one so old that it was forgotten.
        """
        with self._running.lock:
            job = self._running.jobs.get(identifier)
            if job is None:
                if self._shared is None:
                    raise KeyError(identifier)
                return elsewhere.status(self._shared, identifier, self._running.pool.is_cluster)
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
            return elsewhere.before(self._shared, job.id, self._running.pool.is_cluster)
        before = self._running.unfinished
        return before.index(job) if job in before else 0

    def needing(self, identifier: str) -> list[str]:
        """The jobs that were ordered of what this one made, the newest last."""
        with self._running.lock:
            if self._shared:
                return self._shared.needing(identifier)
            return [job.id for job in self._running.jobs.values() if identifier in job.needs]

    def trouble(self) -> str | None:
        """A sentence where runs cannot go on for now; those that wait go on by themselves."""
        return self._running.pool.trouble()

    def cancel(self, identifier: str, owner: str | None = None) -> None:
        """Tell a job to stop: at once if it waits, else at its next step.

        Raises:
            KeyError: no such job.
            PermissionError: it is somebody else's.
        """
        with self._running.lock:
            job = self._running.jobs.get(identifier)
            if job is None and self._shared is None:
                raise KeyError(identifier)
            known = job or self._shared.order(identifier)  # type: ignore[union-attr]
        if known.owner != owner:
            raise PermissionError("only who started a job can cancel it")
        if job is not None:
            self._running.stop(job)
        elif self._shared is not None and self._shared.end(identifier) is None:
            tell_to_stop(self._shared.reporter(identifier))

    def close(self) -> None:
        """Cancel everything, end the workers, delete the files; takes some three seconds.

        In a shared folder nothing is cancelled or deleted: a cluster's workers go on, and what
        this process' own worker did is begun again by whoever takes over.
        """
        if not self._running.close():
            return
        if isinstance(self._folder, Shared):
            self._folder.leave()
        else:
            self._folder.remove()


def close_all() -> None:
    """Close every service of this process, as `JobService.close` does.

    For a server that is told to end: the signal that it then dies of leaves nothing to `atexit`.
    """
    for service in list(_open):
        service.close()
