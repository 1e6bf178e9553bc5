"""Dask's `distributed` as the executor: a scheduler and workers on any machines.

The scheduler may be away for a while, at the start or later: what is submitted waits here, and
runs go on when it is back. A job is known to the scheduler by its id, so that a server which
takes over another's job finds the one that runs.
"""

import logging
import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import suppress
from typing import Any, Final

from explorer.words import WordedError, section

SCHEME: Final = "dask://"
_LOOK_S: Final = 0.2
_COUNT_S: Final = 2.0
"""How often it is asked whether there is any worker, while a job waits."""
_CONNECT_S: Final = 3.0
_log = logging.getLogger(__name__)


class Cluster(Executor):
    """Workers of a Dask cluster.

    Args:
        address: of the scheduler, as dask://host:port.
    """

    def __init__(self, address: str) -> None:
        self._address = "tcp://" + address.removeprefix(SCHEME)
        self._lock = threading.Lock()
        self._wanted: dict[Future[Any], tuple[str, Callable[[], Any]]] = {}
        self._there: dict[Future[Any], Any] = {}
        self._stopped = threading.Event()
        self._news = threading.Event()
        self._trouble: str | None = None
        self._counted = float("-inf")
        threading.Thread(target=self._tend, daemon=True, name="cluster").start()

    def trouble(self) -> str | None:
        """A sentence for visitors where the cluster cannot be reached now, or has no workers."""
        title = self._trouble
        return section("jobs", title) if title else None

    def submit(self, call: Callable[[], Any], /, *args: Any, **options: Any) -> Future[Any]:
        """Have `call()` run by a worker; `name` (an option) is the same for the same job."""
        future: Future[Any] = Future()
        with self._lock:
            if self._stopped.is_set():
                raise RuntimeError("the cluster was left")
            self._wanted[future] = (str(options["name"]), call)
        self._news.set()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; what runs there goes on."""
        self._stopped.set()
        self._news.set()

    def _tend(self) -> None:
        """Connect, submit, fetch; again after whatever goes wrong. One thread talks to Dask."""
        client: Any = None
        while not self._stopped.is_set():
            try:
                if client is None:
                    client = self._connected()
                    _log.info("connected to the scheduler at %s", self._address)
                    self._trouble, self._counted = None, float("-inf")
                self._exchange(client)
                self._count(client)
            except ImportError:
                _log.error("RESNET_EXPLORER_JOBS names a cluster, but distributed is missing")
                self._trouble = "no distributed"
                self._stopped.wait(60)
            except Exception as problem:
                if self._trouble != "scheduler lost":
                    _log.warning("the scheduler at %s is away: %s", self._address, problem)
                self._trouble = "scheduler lost"
                self._there.clear()
                _leave(client)
                client = None
                self._stopped.wait(1)
            else:
                self._news.wait(_LOOK_S if self._wanted else 2 * _LOOK_S)
                self._news.clear()
        _leave(client)

    def _connected(self) -> Any:
        from distributed import Client

        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        return Client(self._address, timeout=_CONNECT_S, set_as_default=False)

    def _exchange(self, client: Any) -> None:
        """Hand over what waits, take what is done.

        Raises:
            ConnectionError: the scheduler is away.
        """
        if client.status != "running":
            raise ConnectionError(client.status)
        with self._lock:
            wanted = dict(self._wanted)
        for future, (name, call) in wanted.items():
            there = self._there.get(future)
            if future.cancelled():
                if there is not None:
                    there.cancel()
                self._drop(future)
            elif there is None or there.status in ("cancelled", "lost"):
                self._there[future] = _submitted(client, name, call)
            elif there.status in ("finished", "error"):
                self._take(future, there)

    def _count(self, client: Any) -> None:
        """Notice, while jobs wait, that there is no worker for them.

        Raises:
            OSError: the scheduler is away.
        """
        now = time.monotonic()
        if not self._wanted:
            self._trouble, self._counted = None, float("-inf")
        elif now - self._counted > _COUNT_S:
            self._trouble, self._counted = None if client.nthreads() else "no workers", now

    def _take(self, future: Future[Any], there: Any) -> None:
        """Bring home how a job ended."""
        try:
            how, found = there.result(timeout=10)
        except Exception as problem:
            if there.status != "error":
                raise
            how, found = "raised", BrokenExecutor(str(problem)) if _killed(problem) else problem
        self._drop(future)
        there.release()
        if not future.set_running_or_notify_cancel():
            return
        if how == "gave":
            future.set_result(found)
        elif how == "raised":
            future.set_exception(found)
        else:
            _log.error("a worker cannot read what it is to do: %s", found["text"])
            future.set_exception(unread(found))

    def _drop(self, future: Future[Any]) -> None:
        with self._lock:
            self._wanted.pop(future, None)
        self._there.pop(future, None)


def _outcome(sent: bytes) -> tuple[str, Any]:
    """In the worker: what the job gives, or raises; or why this worker cannot read what it is.

    What a job raises comes home as a value: Dask would log a cancelled job as an error.
    """
    import pickle

    try:
        call = pickle.loads(sent)
    except Exception as problem:
        lacks = problem.name if isinstance(problem, ModuleNotFoundError) else None
        return "unread", {"lacks": lacks, "text": repr(problem)}
    try:
        return "gave", call()
    except Exception as problem:
        return "raised", problem


def unread(found: dict[str, str | None]) -> WordedError:
    """The sentence for what `_outcome` says of a task that it could not read."""
    lacks, *parts = (found["lacks"] or "").split(".")
    return WordedError(
        "jobs", "worker lacks" if lacks and not parts else "worker differs", name=lacks
    )


# So it is sent as it is. A worker that lacks a module of a task ends, with the next one that is
# given the task, and whoever started it is told nothing.
_outcome.__module__ = "__main__"


def _submitted(client: Any, name: str, call: Callable[[], Any]) -> Any:
    from distributed import fire_and_forget

    there = client.submit(_outcome, pickle.dumps(call), key=f"run-{name}", pure=False)
    # It goes on when this server ends, and whoever takes over finds it by its name.
    fire_and_forget(there)
    return there


def _killed(problem: BaseException) -> bool:
    return type(problem).__name__ in ("KilledWorker", "NoWorker") or isinstance(
        problem, CancelledError
    )


def _leave(client: Any) -> None:
    if client is not None:
        with suppress(Exception):
            client.close(timeout=1)
