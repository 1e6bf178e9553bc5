"""Jobs for the queue's tests, in a module that a worker can import, and a server to end."""

import os
import signal
import sys
import time
from pathlib import Path

from explorer.experiments.jobs import JobService, worker_process

PATIENCE_S = 120.0


def count(recipe, reporter):
    for step in range(recipe["steps"]):
        reporter.report(step=step)
        time.sleep(recipe["pause"])
    return recipe["steps"]


def told(recipe, reporter):
    """As `count`, with the process that runs it."""
    for step in range(recipe["steps"]):
        reporter.report(step=step, pid=os.getpid())
        time.sleep(recipe["pause"])
    return recipe["steps"]


def pid(recipe, reporter):
    reporter.report(pid=os.getpid())
    return os.getpid()


def deaf(recipe, reporter):
    """Says its process, then hears nothing."""
    reporter.report(pid=os.getpid())
    time.sleep(PATIENCE_S)


def last_words(recipe, reporter):
    """Ends its worker at once, as the system does for want of memory."""
    reporter.report(pid=os.getpid())
    time.sleep(recipe["pause"])
    os.kill(os.getpid(), signal.SIGKILL)


def serve(place):
    """A server with one deaf job: prints the worker's process, ends at SIGTERM as Streamlit does,
    by leaving its main thread."""
    service = JobService(worker_process, Path(place))
    job = service.submit(deaf, None)
    while not (points := service.status(job).points):
        time.sleep(0.05)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(points[0]["pid"], flush=True)
    signal.pause()


if __name__ == "__main__":
    serve(sys.argv[1])
