"""Long computations beside the app: a queue, progress, cancel, and results that outlive a page.

A job runs wherever a `concurrent.futures.Executor` puts it. What it reports while it runs goes
through files in the service's folder, so the pool of this machine can be exchanged for any
executor whose workers see that folder, a cluster's included, without touching the pages.
"""

import json
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar
from uuid import uuid4

Recipe = TypeVar("Recipe")
Result = TypeVar("Result")
State = Literal["queued", "running", "done", "cancelled", "failed"]
ENDED: Final = ("done", "cancelled", "failed")
_log = logging.getLogger(__name__)


def worker_process() -> ProcessPoolExecutor:
    """One worker of its own beside the app: a crash or a busy loop there leaves the app up.

    Spawned, since a forked copy of a server with threads may hang.
    """
    return ProcessPoolExecutor(1, get_context("spawn"), initializer=_prepare_worker)


def _prepare_worker() -> None:
    """In the worker: leave a core to the app, and let the app go first."""
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
    if hasattr(os, "nice"):
        os.nice(10)


class Cancelled(Exception):
    """Raised inside a job that was told to stop."""


@dataclass(frozen=True, slots=True)
class Reporter:
    """What a job gets to speak with: its folder. Can be pickled and sent anywhere."""

    folder: Path

    def report(self, **values: Any) -> None:
        """Append one point of progress.

        Raises:
            Cancelled: the job was told to stop; let it through.
        """
        self.check()
        with (self.folder / "progress.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def check(self) -> None:
        """Stop here if the job was cancelled; cheap enough for every step.

        Raises:
            Cancelled: the job was told to stop; let it through.
        """
        if (self.folder / "cancel").exists():
            raise Cancelled


@dataclass(frozen=True, slots=True)
class Status(Generic[Recipe, Result]):
    """A job as it is now. `position` counts the unfinished jobs before it."""

    id: str
    recipe: Recipe
    state: State
    position: int
    points: tuple[dict[str, Any], ...]
    seconds: float
    result: Result | None
    problem: str | None


@dataclass(slots=True)
class _Job:
    id: str
    recipe: Any
    future: Future[Any]
    folder: Path
    seen: float
    ended: float | None = None


class JobService:
    """Runs jobs one after another and answers for them by id. Safe to call from many threads.

    Args:
        make_executor: makes the pool; called again when a worker was killed.
        longest_queue: unfinished jobs at once.
        kept: finished jobs whose results stay available.
        abandoned_after: seconds after which an unfinished job that nobody asks for is cancelled.
    """

    def __init__(
        self,
        make_executor: Callable[[], Executor],
        longest_queue: int = 30,
        kept: int = 40,
        abandoned_after: float = 60.0,
    ) -> None:
        self._make_executor = make_executor
        self._executor = make_executor()
        self._longest_queue, self._kept = longest_queue, kept
        self._abandoned_after = abandoned_after
        self._lock = threading.RLock()
        self._jobs: dict[str, _Job] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="resnet-explorer-jobs-"))
        self._stopped = threading.Event()
        threading.Thread(target=self._reap, daemon=True, name="job reaper").start()

    def submit(self, function: Callable[[Any, Reporter], Any], recipe: Any) -> str:
        """Queue `function(recipe, reporter)`; returns the job's id.

        Raises:
            ValueError: the queue is full.
        """
        with self._lock:
            waiting = sum(not job.future.done() for job in self._jobs.values())
            if waiting >= self._longest_queue:
                raise ValueError(
                    f"{waiting} runs are waiting already; try again when some are done"
                )
            identifier = uuid4().hex[:10]
            folder = self._folder / identifier
            folder.mkdir()
            call = partial(_run, function, recipe, Reporter(folder))
            try:
                future = self._executor.submit(call)
            except BrokenProcessPool:
                self._executor = self._make_executor()
                future = self._executor.submit(call)
            now = time.monotonic()
            self._jobs[identifier] = _Job(identifier, recipe, future, folder, now)
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
            before = [other for other in self._jobs.values() if not other.future.done()]
            position = before.index(job) if job in before else 0
        points = _lines(job.folder / "progress.jsonl")
        state, result, problem = _outcome(job)
        if state in ENDED and job.ended is None:
            job.ended = time.time()
        started = _modified(job.folder / "started")
        seconds = 0.0 if started is None else (job.ended or time.time()) - started
        return Status(job.id, job.recipe, state, position, points, seconds, result, problem)

    def cancel(self, identifier: str) -> None:
        """Tell a job to stop: at once if it waits, else at its next step.

        Raises:
            KeyError: no such job.
        """
        with self._lock:
            job = self._jobs[identifier]
        (job.folder / "cancel").touch()
        job.future.cancel()

    def close(self) -> None:
        """Cancel everything, end the workers, delete the files."""
        self._stopped.set()
        with self._lock:
            for identifier in list(self._jobs):
                self.cancel(identifier)
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._jobs.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _forget_old(self) -> None:
        ended = [job for job in self._jobs.values() if job.future.done()]
        for job in ended[: max(0, len(ended) - self._kept)]:
            shutil.rmtree(job.folder, ignore_errors=True)
            del self._jobs[job.id]

    def _reap(self) -> None:
        while not self._stopped.wait(min(5.0, self._abandoned_after / 2)):
            with self._lock:
                limit = time.monotonic() - self._abandoned_after
                abandoned = [
                    job.id
                    for job in self._jobs.values()
                    if job.seen < limit and not job.future.done()
                ]
            for identifier in abandoned:
                self.cancel(identifier)


def _run(function: Callable[[Any, Reporter], Any], recipe: Any, reporter: Reporter) -> Any:
    """In the worker: note the start, then the job itself."""
    reporter.check()
    (reporter.folder / "started").touch()
    return function(recipe, reporter)


def _outcome(job: _Job) -> tuple[State, Any, str | None]:
    if not job.future.done():
        return ("running" if (job.folder / "started").exists() else "queued"), None, None
    try:
        return "done", job.future.result(), None
    except (Cancelled, CancelledError):
        return "cancelled", None, None
    except BrokenProcessPool:
        return "failed", None, "The worker was killed, perhaps for want of memory; start again."
    except Exception as problem:
        if job.ended is None:
            _log.exception("job %s failed", job.id, exc_info=problem)
        return "failed", None, f"The run failed: {problem}"


def _lines(path: Path) -> tuple[dict[str, Any], ...]:
    if not path.exists():
        return ()
    text = path.read_text(encoding="utf-8")
    # A line that is still being written has no end yet.
    return tuple(json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines())


def _modified(path: Path) -> float | None:
    return path.stat().st_mtime if path.exists() else None
