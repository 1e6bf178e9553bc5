"""What looks after the jobs: stops those that nobody asks for, takes over those of dead servers."""

import logging
import threading
import time
from collections.abc import Collection
from importlib import import_module
from typing import Final

from explorer.experiments.jobs import record
from explorer.experiments.jobs.record import Order
from explorer.experiments.jobs.running import Running
from explorer.experiments.jobs.shared import Shared

_TIDY_S: Final = 60.0
_log = logging.getLogger(__name__)


class Watch:
    """A thread that looks at all jobs of this process, and of a shared folder, until they stop.

    Args:
        running: the jobs of this process.
        shared: the folder where other servers' jobs lie as well, if there are any.
        known: the functions, as "module:name", that a job may name which is taken over.
        abandoned_after: seconds after which an unfinished job that nobody asks for is cancelled.
    """

    def __init__(
        self,
        running: Running,
        shared: Shared | None,
        known: Collection[str],
        abandoned_after: float,
    ) -> None:
        self._running, self._shared = running, shared
        self._known, self._abandoned_after = frozenset(known), abandoned_after
        self._tidied = float("-inf")
        threading.Thread(target=self._watch, daemon=True, name="job watcher").start()

    def _watch(self) -> None:
        while not self._running.stopped.wait(min(0.5, self._abandoned_after / 2)):
            try:
                if self._shared:
                    self._among_servers(self._shared)
                self._running.stop_abandoned(self._abandoned_after)
            except OSError as problem:
                _log.error("the folder of runs cannot be read", exc_info=problem)
            except Exception:
                # Whatever it was, the next look may be better than none for ever.
                _log.exception("looking after the runs failed")

    def _among_servers(self, shared: Shared) -> None:
        """Show that this server lives, and do what it owes the others."""
        with self._running.lock:
            shared.beat()
            self._heed_others(shared)
            orphans = list(shared.orphans())
            if time.monotonic() - self._tidied > _TIDY_S:
                self._tidied = time.monotonic()
                shared.tidy()
                self._running.hand_over_again()
        for identifier, order in orphans:
            self._take_over(shared, identifier, order)

    def _heed_others(self, shared: Shared) -> None:
        """What other servers' visitors ask of our jobs."""
        for job in self._running.unfinished:
            word = shared.last_seen(job.id)
            if word != job.word:
                job.word, job.seen = word, time.monotonic()
            if (job.reporter.folder / "cancel").exists():
                self._running.stop(job)

    def _take_over(self, shared: Shared, identifier: str, order: Order) -> None:
        """Begin anew what a server that has ended did not finish."""
        if order.function not in self._known:
            why = record.Reason("jobs", "unforeseen", {"kind": "LookupError"})
            ended = record.Ended("failed", None, None, why)
            record.write_end(shared.path / identifier, ended)
            return
        _log.warning("job %s is taken over from a server that has ended", identifier)
        module, _, name = order.function.partition(":")
        # Without the lock: the module may have to load torch, and every page asks for its runs.
        function = getattr(import_module(module), name)
        running = self._running
        with running.lock:
            if not running.stopped.is_set() and identifier not in running.jobs:
                running.begin(identifier, function, order, shared.reporter(identifier))
