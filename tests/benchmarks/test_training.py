"""What a running training costs everybody else: warm reruns of other pages, without and with it.

The aim is 500 ms with a training; the limit here is relative, since a busy machine may miss that.
"""

import asyncio
import time
from pathlib import Path
from statistics import median

import pytest

from explorer.experiments import degradation
from explorer.experiments.degradation import TrainingRecipe
from explorer.experiments.jobs import JobService, worker_process
from tests.benchmarks.load import Visitor
from tests.browser.driver import Server

ROOT = Path(__file__).parents[2]
PAGES = ("shape_trace", "shortcuts", "parameters", "quiz")
RERUNS = 15
TIMES_SLOWER = 15


async def reruns(url: str, page: str) -> list[float]:
    """Seconds of warm reruns, one visitor who waits a tenth of a second between clicks."""
    async with Visitor(url, page, "net=resnet50") as visitor:
        for _ in range(3):
            await visitor.rerun()
        seconds = []
        for _ in range(RERUNS):
            await asyncio.sleep(0.1)
            seconds.append(await visitor.rerun())
        assert visitor.exceptions == []
        return seconds


@pytest.fixture
def server(tmp_path):
    with Server(ROOT, tmp_path / "streamlit.log") as running:
        yield running


@pytest.fixture
def training():
    """Starts a training in the worker that the app would start, and waits until it runs."""
    service = JobService(worker_process, abandoned_after=3_600)

    def start():
        job = service.submit(degradation.train, TrainingRecipe(56, "padding", steps=2_000))
        end = time.monotonic() + 100
        while not service.status(job).points:
            assert time.monotonic() < end
            time.sleep(0.1)
        return lambda: service.status(job).state

    yield start
    service.close()


def test_other_pages_while_a_training_runs(server, training):
    alone = {page: asyncio.run(reruns(server.url, page)) for page in PAGES}
    state = training()
    beside = {page: asyncio.run(reruns(server.url, page)) for page in PAGES}
    assert state() == "running"
    print()
    for page in PAGES:
        print(
            f"{page:14} alone {median(alone[page]) * 1e3:5.0f} ms, beside a training "
            f"{median(beside[page]) * 1e3:5.0f} ms, at most {max(beside[page]) * 1e3:5.0f} ms"
        )
        assert median(beside[page]) < TIMES_SLOWER * median(alone[page])
