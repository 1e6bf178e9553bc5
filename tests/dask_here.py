"""A real scheduler and its workers as processes of this machine, to be killed."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.browser.driver import HOST, free_port

ROOT = Path(__file__).parents[1]
PATIENCE_S = 120.0


class Dask:
    """Starts with a scheduler; `stop` ends all that was started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"dask://{HOST}:{self.port}"
        self.workers: list[subprocess.Popen] = []
        self._started: list[subprocess.Popen] = []
        self.start_scheduler()

    def start_scheduler(self) -> None:
        self.scheduler = self._run("scheduler", "--host", HOST, "--port", str(self.port))
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection((HOST, self.port), 1).close()
                return
            except OSError:
                assert self.scheduler.poll() is None and time.monotonic() < end, "no scheduler"
                time.sleep(0.1)

    def start_workers(self, number: int = 2, root: Path = ROOT) -> None:
        """Start workers that have the app as it lies at `root`."""
        for _ in range(number):
            worker = self._run(
                "worker",
                f"tcp://{HOST}:{self.port}",
                *("--host", HOST, "--nthreads", "1", "--no-nanny"),
                *("--local-directory", str(self.folder), "--death-timeout", "60"),
                root=root,
            )
            self.workers.append(worker)

    def stop(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.wait()

    def _run(self, kind: str, *flags: str, root: Path = ROOT) -> subprocess.Popen:
        log = (self.folder / f"dask-{kind}-{len(self._started)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{kind}", *flags, "--no-dashboard"],
                cwd=root,
                env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._started.append(process)
        return process
