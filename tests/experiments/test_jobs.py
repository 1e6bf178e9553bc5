"""The queue: progress, cancel, crashes, a killed worker, and that any executor will do."""

import gc
import operator
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from explorer.experiments import degradation
from explorer.experiments.degradation import TrainingRecipe
from explorer.experiments.jobs import ENDED, JobService, worker_process

PATIENCE_S = 120.0


def count(recipe, reporter):
    for step in range(recipe["steps"]):
        reporter.report(step=step)
        time.sleep(recipe["pause"])
    return recipe["steps"]


def wait(service, identifier, states=ENDED):
    end = time.monotonic() + PATIENCE_S
    while (status := service.status(identifier)).state not in states:
        assert time.monotonic() < end, f"still {status.state}"
        time.sleep(0.02)
    return status


@pytest.fixture
def threads():
    service = JobService(lambda: ThreadPoolExecutor(1), longest_queue=5, kept=3)
    yield service
    service.close()


@pytest.fixture
def processes():
    service = JobService(worker_process)
    yield service
    service.close()


def test_progress_and_result(threads):
    status = wait(threads, threads.submit(count, {"steps": 3, "pause": 0}))
    assert (status.state, status.result, status.problem) == ("done", 3, None)
    assert [point["step"] for point in status.points] == [0, 1, 2]


def test_jobs_queue_and_say_their_position(threads):
    first, second, third = (
        threads.submit(count, {"steps": 1_000, "pause": 0.01}) for _ in range(3)
    )
    wait(threads, first, ("running",))
    assert [threads.status(job).position for job in (first, second, third)] == [0, 1, 2]
    assert threads.status(third).state == "queued"
    threads.cancel(second)
    assert wait(threads, second).state == "cancelled"
    threads.cancel(first)
    assert wait(threads, first).state == "cancelled"
    assert wait(threads, third, ("running",)).position == 0


def test_cancel_takes_effect_within_a_second(threads):
    job = threads.submit(count, {"steps": 10_000, "pause": 0.01})
    wait(threads, job, ("running",))
    asked = time.monotonic()
    threads.cancel(job)
    assert wait(threads, job).state == "cancelled"
    assert time.monotonic() - asked < 1


def test_a_full_queue_says_so(threads):
    jobs = [threads.submit(count, {"steps": 1_000, "pause": 0.01}) for _ in range(5)]
    with pytest.raises(ValueError, match="5 runs are waiting"):
        threads.submit(count, {"steps": 1, "pause": 0})
    for job in jobs:
        threads.cancel(job)


def test_old_results_are_forgotten_with_their_files(threads):
    jobs = []
    for _ in range(6):
        jobs.append(threads.submit(count, {"steps": 1, "pause": 0}))
        wait(threads, jobs[-1])
    first_folder_gone = not any(threads._folder.glob(jobs[0]))
    with pytest.raises(KeyError):
        threads.status(jobs[0])
    assert first_folder_gone
    assert threads.status(jobs[-1]).state == "done"


def test_a_job_that_nobody_watches_ends():
    service = JobService(lambda: ThreadPoolExecutor(1), abandoned_after=0.4)
    try:
        job = service.submit(count, {"steps": 100_000, "pause": 0.01})
        wait(service, job, ("running",))
        time.sleep(1.2)
        assert service.status(job).state == "cancelled"
    finally:
        service.close()


def test_a_crash_reaches_the_user_as_a_sentence_and_the_log_as_a_traceback(processes, caplog):
    job = processes.submit(operator.truediv, "a recipe")
    status = wait(processes, job)
    assert status.state == "failed"
    assert status.problem is not None
    assert status.problem.startswith("The run failed: unsupported operand")
    assert "Traceback" in caplog.text
    # The service goes on.
    recipe = TrainingRecipe(8, "padding", steps=10)
    assert wait(processes, processes.submit(degradation.train, recipe)).state == "done"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_worker_leaves_the_service_up(processes):
    recipe = TrainingRecipe(20, "padding", steps=2_000)
    job = processes.submit(degradation.train, recipe)
    end = time.monotonic() + PATIENCE_S
    while not processes.status(job).points:
        assert time.monotonic() < end
        time.sleep(0.05)
    (worker,) = processes._executor._processes.values()
    os.kill(worker.pid, signal.SIGKILL)
    status = wait(processes, job)
    assert status.state == "failed"
    assert "was killed" in (status.problem or "")
    again = processes.submit(degradation.train, TrainingRecipe(8, "none", steps=10))
    assert wait(processes, again).state == "done"


def resident_mb(process):
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_memory_returns_after_ten_runs(processes):
    """Of the app and of the worker; the first runs fill the allocators' pools."""
    recipe = TrainingRecipe(20, "padding", steps=10)

    def train(times):
        for _ in range(times):
            assert wait(processes, processes.submit(degradation.train, recipe)).state == "done"

    train(3)
    gc.collect()
    (worker,) = processes._executor._processes.values()
    before = [resident_mb(process) for process in (os.getpid(), worker.pid)]
    train(10)
    gc.collect()
    after = [resident_mb(process) for process in (os.getpid(), worker.pid)]
    grown = [late - early for early, late in zip(before, after, strict=True)]
    print(f"app {before[0]:.0f} MB {grown[0]:+.1f}, worker {before[1]:.0f} MB {grown[1]:+.1f}")
    # The pictures of ten runs alone would be 24 MB.
    assert max(grown) < 10
