"""The executor of a service: made anew when a worker was killed, and never asked by itself."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from functools import partial
from queue import SimpleQueue
from typing import Any, Final

from explorer.experiments.jobs.cluster import Cluster
from explorer.experiments.jobs.job import Job

_log = logging.getLogger(__name__)
_GRACE_S: Final = 2.0
"""How long a running job may take to stop when the app ends, before its worker is killed."""


class Pool:
    """Where jobs run, one after another or on a cluster.

    Args:
        make: makes the executor; called again when a worker was killed.
        ended: called with each job whose future is done, and with that future: one after another,
            by a thread of the pool's own. An executor tells of ends with its own locks held, from
            CPython 3.12 on also those that `submit` takes; a callback that waited for the service,
            or had the job begin again, would wait for itself.
    """

    def __init__(
        self, make: Callable[[], Executor], ended: Callable[[Job, Future[Any]], None]
    ) -> None:
        self._make, self.executor = make, make()
        self._closed = False
        self._ends: SimpleQueue[tuple[Job, Future[Any]] | None] = SimpleQueue()
        threading.Thread(target=self._tell, args=(ended,), daemon=True, name="job ends").start()

    @property
    def is_cluster(self) -> bool:
        """Whether other servers' jobs take the same workers."""
        return isinstance(self.executor, Cluster)

    def trouble(self) -> str | None:
        """A sentence where runs cannot go on for now."""
        return self.executor.trouble() if isinstance(self.executor, Cluster) else None

    def start(self, job: Job) -> None:
        """Hand a job to the executor, to a new one if a worker of the old one was killed."""
        job.attempts += 1
        try:
            future = self._submitted(job)
        except (BrokenExecutor, RuntimeError):
            # One that breaks at this moment says that it was shut down.
            if self._closed:
                raise
            self.executor.shutdown(wait=False)
            self.executor = self._make()
            future = self._submitted(job)
        job.future = future
        future.add_done_callback(lambda done: self._ends.put((job, done)))

    def _submitted(self, job: Job) -> Future[Any]:
        if isinstance(self.executor, Cluster):
            return self.executor.submit(job.call, name=job.id)
        return self.executor.submit(job.call)

    def leave(self) -> None:
        """The service ends, and others take over: what runs on a cluster goes on."""
        self._closed = True
        kill = getattr(self.executor, "kill_workers", None)
        if kill is not None:
            kill()
        self.executor.shutdown(wait=kill is not None)
        self._ends.put(None)

    def close(self, jobs: list[Job]) -> None:
        """End the workers; these jobs were told to stop, and have a moment for it."""
        self._closed = True
        kill = getattr(self.executor, "kill_workers", None)
        if kill is None:
            for job in jobs:
                if job.future:
                    job.future.cancel()
        begun = [job.future for job in jobs if job.future and job.began is not None]
        late = wait(begun, timeout=_GRACE_S).not_done
        if kill is not None:
            kill()
        # A thread cannot be killed; it stops when its job next looks.
        self.executor.shutdown(wait=kill is not None or not late)
        self._ends.put(None)

    def _tell(self, ended: Callable[[Job, Future[Any]], None]) -> None:
        for job, future in iter(partial(self._ends.get), None):
            try:
                ended(job, future)
            except Exception:
                # The next one's end is to be told all the same.
                _log.exception("the end of job %s could not be noted", job.id)
