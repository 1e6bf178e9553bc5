"""The jobs that this process has in its pool, from their beginning to their end."""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from functools import partial
from typing import Any, Final

from explorer.experiments.jobs import record
from explorer.experiments.jobs.job import Job
from explorer.experiments.jobs.pool import Pool
from explorer.experiments.jobs.record import Order
from explorer.experiments.jobs.reporter import Cancelled, Reporter, Superseded, run
from explorer.experiments.jobs.shared import Shared

_MOST_ATTEMPTS: Final = 3
_log = logging.getLogger(__name__)


class Running:
    """Begins jobs, notes how they end and stops them. Safe to call from many threads.

    Args:
        make_executor: makes the pool; called again when a worker was killed.
        shared: the folder that speaks for a job once it has ended; None keeps jobs here.
    """

    def __init__(self, make_executor: Callable[[], Executor], shared: Shared | None) -> None:
        self._shared = shared
        self.lock = threading.RLock()
        self.jobs: dict[str, Job] = {}
        self.stopped = threading.Event()
        self.pool = Pool(make_executor, self._finish)

    @property
    def unfinished(self) -> list[Job]:
        """In the order in which they were started."""
        with self.lock:
            return [job for job in self.jobs.values() if job.ended is None]

    def begin(
        self,
        identifier: str,
        function: Callable[[Any, Reporter], Any],
        order: Order,
        reporter: Reporter,
    ) -> None:
        """Put a job into the pool; call it with the lock held."""
        call = partial(run, function, order.recipe, reporter)
        job = Job(
            identifier, order.recipe, order.owner, call, reporter, order.needs, time.monotonic()
        )
        self.jobs[identifier] = job
        try:
            self.pool.start(job)
        except BaseException:
            # Nobody would ever end it.
            del self.jobs[identifier]
            raise

    def stop(self, job: Job) -> None:
        """Tell a job to stop: at once if it waits, else at its next step.

        Its future stays in the pool and ends at once when its turn comes: a pool whose worker is
        killed may forget who waits behind a cancelled one (CPython 3.11).
        """
        tell_to_stop(job.reporter)
        with self.lock:
            job.look()
            if job.began is None and job.ended is None:
                job.dropped, job.ended = True, time.monotonic()
                if self._shared:
                    self._hand_over(job)

    def stop_abandoned(self, after: float) -> None:
        """Stop those that nobody has asked for in so many seconds."""
        with self.lock:
            limit = time.monotonic() - after
            unfinished = self.unfinished
            for job in unfinished:
                job.look()
        for job in unfinished:
            if job.seen < limit:
                self.stop(job)

    def forget_old(self, kept: int) -> None:
        """Delete finished jobs beyond the last `kept`; a shared folder is tidied by its bounds."""
        if self._shared:
            return
        ended = [job for job in self.jobs.values() if job.ended is not None]
        needed = {name for job in self.unfinished for name in job.needs}
        for job in ended[: max(0, len(ended) - kept)]:
            # One that was cancelled in the queue has a future that must still find its folder.
            if job.id not in needed and job.future is not None and job.future.done():
                shutil.rmtree(job.reporter.folder, ignore_errors=True)
                del self.jobs[job.id]

    def close(self) -> bool:
        """Cancel everything and end the workers; a cluster's go on, where the folder is shared.

        False where that was done before.
        """
        with self.lock:
            if self.stopped.is_set():
                return False
            self.stopped.set()
            jobs = list(self.jobs.values())
        if self._shared:
            self.pool.leave()
            return True
        for job in jobs:
            self.stop(job)
        self.pool.close(jobs)
        with self.lock:
            self.jobs.clear()
        return True

    def _finish(self, job: Job, future: Future[Any]) -> None:
        """Note the end of a job. One that waited while a worker was killed is queued again."""
        with self.lock:
            if job.dropped or (self._shared and self.stopped.is_set()):
                return
            job.look()
            problem = None if future.cancelled() else future.exception()
            if isinstance(problem, BrokenExecutor) and self._waits_on(job):
                with suppress(OSError, RuntimeError):
                    self.pool.start(job)
                    return
            if isinstance(problem, Exception) and not isinstance(problem, Cancelled):
                _log.error("job %s failed", job.id, exc_info=problem)
            job.ended = time.monotonic()
            if self._shared:
                self._hand_over(job, isinstance(problem, Superseded))

    def hand_over_again(self) -> None:
        """Write the ends that could not be written, as on a full disk: other servers take those
        jobs for running, and they stand in the queue. Call it with the lock held."""
        for job in list(self.jobs.values()):
            if job.ended is not None:
                self._hand_over(job)

    def _waits_on(self, job: Job) -> bool:
        return job.began is None and job.attempts < _MOST_ATTEMPTS and not self.stopped.is_set()

    def _hand_over(self, job: Job, superseded: bool = False) -> None:
        """From now on its folder speaks for a job that ended, if its end could be written."""
        why = record.reason(job.problem) if job.problem else None
        try:
            if not superseded:
                ended = record.Ended(job.state, job.result, job.seconds, why)
                record.write_end(job.reporter.folder, ended)
        except (OSError, TypeError) as problem:
            _log.error("the end of job %s cannot be written", job.id, exc_info=problem)
            if job.reporter.folder.exists():
                return
        self.jobs.pop(job.id, None)


def tell_to_stop(reporter: Reporter) -> None:
    """Where that cannot be written, its owner's page is not to fail."""
    try:
        reporter.cancel()
    except OSError as problem:
        _log.error("a job cannot be told to stop", exc_info=problem)
