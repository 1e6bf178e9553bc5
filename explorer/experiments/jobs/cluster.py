"""Dask's `distributed` as the executor: a scheduler and workers on any machines.

The scheduler may be away for a while, at the start or later: what is submitted waits here, and
runs go on when it is back. A job is known to the scheduler by its id, so that a server which
takes over another's job finds the one that runs.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import suppress
from typing import Any, Final, NamedTuple

from explorer.words import section

SCHEME: Final = "dask://"
_LOOK_S: Final = 0.2
_CONNECT_S: Final = 3.0
_log = logging.getLogger(__name__)


class _Raised(NamedTuple):
    """What a job raised, brought home as a value: Dask would log a cancelled job as an error."""

    problem: BaseException


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
        threading.Thread(target=self._tend, daemon=True, name="cluster").start()

    def trouble(self) -> str | None:
        """A sentence for visitors where the cluster cannot be reached now."""
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
                self._trouble = None
                self._exchange(client)
            except ImportError:
                _log.error("RESNET_EXPLORER_JOBS names a cluster, but distributed is missing")
                self._trouble = "no distributed"
                self._stopped.wait(60)
            except Exception as problem:
                if self._trouble is None:
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

    def _take(self, future: Future[Any], there: Any) -> None:
        """Bring home how a job ended."""
        try:
            found = there.result(timeout=10)
        except Exception as problem:
            if there.status != "error":
                raise
            found = _Raised(BrokenExecutor(str(problem)) if _killed(problem) else problem)
        self._drop(future)
        there.release()
        if not future.set_running_or_notify_cancel():
            return
        if isinstance(found, _Raised):
            future.set_exception(found.problem)
        else:
            future.set_result(found)

    def _drop(self, future: Future[Any]) -> None:
        with self._lock:
            self._wanted.pop(future, None)
        self._there.pop(future, None)


def _outcome(call: Callable[[], Any]) -> Any:
    """In the worker: what the job gives, or raises."""
    try:
        return call()
    except Exception as problem:
        return _Raised(problem)


def _submitted(client: Any, name: str, call: Callable[[], Any]) -> Any:
    from distributed import fire_and_forget

    there = client.submit(_outcome, call, key=f"run-{name}", pure=False)
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
