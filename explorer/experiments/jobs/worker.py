"""The pool of this machine: one process beside the app, which ends when the app ends."""

import os
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection


class WorkerProcess(ProcessPoolExecutor):
    """One worker of its own beside the app: a crash or a busy loop there leaves the app up.

    The worker holds one end of a pipe, the app the other. The pipe closes when the app ends, by
    whatever means, and the worker ends with it.
    """

    def __init__(self) -> None:
        there, self._alive = Pipe(duplex=False)
        # Spawned, since a forked copy of a server with threads may hang.
        context = get_context("spawn")
        super().__init__(1, context, initializer=_prepare, initargs=(there,))

    def kill_workers(self) -> None:
        """End the worker now, whatever it does."""
        self._alive.close()


def worker_process() -> ProcessPoolExecutor:
    """A new pool of one process; nothing is started before the first job."""
    return WorkerProcess()


def _prepare(app: Connection) -> None:
    """In the worker: end with the app, leave it a core, and let it go first."""
    threading.Thread(target=_end_with, args=(app,), daemon=True, name="app watcher").start()
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
    if hasattr(os, "nice"):
        os.nice(10)


def _end_with(app: Connection) -> None:
    with suppress(EOFError, OSError):
        app.recv_bytes()  # nothing is ever sent: this waits for the end
    # Not sys.exit: no other thread may hold this process back.
    os._exit(1)
