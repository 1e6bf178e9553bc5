"""Trainings on a real Dask cluster: a scheduler and two workers, which are killed in the middle."""

import sys
import time

import pytest

from explorer.experiments import degradation
from explorer.experiments.degradation import TrainingRecipe
from explorer.experiments.jobs import (
    ENDED,
    Bounds,
    Cluster,
    JobService,
    Shared,
    cluster,
    record,
)  # fmt: skip
from tests.dask_here import Dask
from tests.experiments import jobs_here
from tests.experiments.test_jobs import wait

KNOWN = ("tests.experiments.jobs_here:told", "tests.experiments.jobs_here:count")


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    made = Dask(tmp_path_factory.mktemp("dask"))
    made.start_workers(2)
    yield made
    made.stop()


@pytest.fixture
def server(tmp_path, dask):
    started = []

    def start(where=None):
        service = JobService(
            lambda: Cluster(where or dask.address),
            shared=Shared(tmp_path, Bounds(10**9, 1e9)),
            known=KNOWN,
        )
        started.append(service)
        return service

    yield start
    for service in started:
        service.close()


def test_two_workers_run_two_at_a_time_and_a_cancel_takes_a_second(server, until):
    service = server()
    slow = {"steps": 100_000, "pause": 0.01}
    jobs = [service.submit(jobs_here.told, slow, "owner") for _ in range(3)]
    until(lambda: [service.status(job).state for job in jobs].count("running") == 2, "two run")
    states = [service.status(job) for job in jobs]
    running = [status.id for status in states if status.state == "running"]
    (waiting,) = (status for status in states if status.state == "queued")
    assert waiting.position == jobs.index(waiting.id)
    until(lambda: all(service.status(job).points for job in running), "both report")
    first, second = (service.status(job).points[0]["pid"] for job in running)
    assert first != second
    service.cancel(running[0], "owner")
    before = len(service.status(running[0]).points)
    assert wait(service, running[0]).state == "cancelled"
    # A second of its steps.
    assert len(service.status(running[0]).points) <= before + 100
    # The place that became free is taken, whichever worker it is on.
    wait(service, waiting.id, ("running",))
    for job in (running[1], waiting.id):
        service.cancel(job, "owner")
        assert wait(service, job).state == "cancelled"


def test_a_training_learns_there_as_it_does_here(server, tmp_path):
    service = server()
    recipe = TrainingRecipe(8, "padding", steps=10)
    status = wait(service, service.submit(degradation.train, recipe))
    assert status.state == "done", status.problem
    here = degradation.train(recipe, degradation.Reporter(tmp_path / "here"))
    assert status.result.train_loss == pytest.approx(here.train_loss, rel=1e-3)
    assert status.result.weights.is_file()


def test_what_a_job_raises_is_our_sentence(server):
    service = server()
    status = wait(service, service.submit(jobs_here.count, {"steps": 3, "pause": None}))
    assert (status.state, "TypeError" in status.problem) == ("failed", True)


def test_a_server_that_ends_leaves_its_runs_to_go_on(server):
    one = server()
    job = one.submit(jobs_here.told, {"steps": 200, "pause": 0.02})
    wait(one, job, ("running",))
    one.close()
    other = server()
    status = wait(other, job)
    assert (status.state, status.result) == ("done", 200)
    # It was not begun again: one process, every step once.
    assert [point["step"] for point in status.points] == list(range(200))


def test_a_killed_workers_run_is_finished_by_the_other(server, dask, until):
    service = server()
    recipe = {"steps": 150, "pause": 0.02}
    job = service.submit(jobs_here.told, recipe)
    until(lambda: len(service.status(job).points) > 5, "it runs")
    first = service.status(job).points[0]["pid"]
    (worker,) = (process for process in dask.workers if process.pid == first)
    worker.kill()
    worker.wait()
    status = wait(service, job)
    assert (status.state, status.result) == ("done", 150)
    assert {point["pid"] for point in status.points}.isdisjoint({first})
    assert [point["step"] for point in status.points] == list(range(150))
    dask.workers.remove(worker)
    dask.start_workers(1)


def test_a_lost_scheduler_is_a_sentence_and_runs_go_on_when_it_is_back(server, dask, until):
    service = server()
    jobs = [service.submit(jobs_here.told, {"steps": 100, "pause": 0.02}) for _ in range(3)]
    until(lambda: any(service.status(job).points for job in jobs), "one runs")
    assert service.trouble() is None
    dask.scheduler.kill()
    dask.scheduler.wait()
    until(lambda: service.trouble() is not None, "it is noticed")
    assert "when it is back" in service.trouble()
    # The app stays up: it answers, queues and cancels meanwhile.
    asked = time.monotonic()
    later = service.submit(jobs_here.told, {"steps": 3, "pause": 0})
    service.cancel(later)
    assert service.status(later).state == "cancelled"
    jobs.append(service.submit(jobs_here.told, {"steps": 3, "pause": 0}))
    assert time.monotonic() - asked < 15, "it waited for the scheduler"
    # Workers leave with their scheduler; what watches over them starts them again.
    for worker in dask.workers:
        worker.kill()
        worker.wait()
    dask.workers.clear()
    dask.start_scheduler()
    dask.start_workers(2)
    for job in jobs:
        assert wait(service, job).state == "done"
    assert service.trouble() is None


def test_no_worker_and_one_without_the_app_are_sentences(tmp_path, until):
    """A worker that cannot read its task would end, and with it each that is given the task."""
    alone = Dask(tmp_path)
    service = JobService(
        lambda: Cluster(alone.address), shared=Shared(tmp_path, Bounds(10**9, 1e9)), known=KNOWN
    )
    try:
        job = service.submit(jobs_here.told, {"steps": 1, "pause": 0})
        until(lambda: service.trouble() is not None, "nobody is there")
        assert "begin when there is one" in service.trouble()
        assert service.status(job).state == "queued"
        alone.start_workers(1, root=tmp_path)
        status = wait(service, job)
        assert status.state == "failed" and "lacks `explorer`" in status.problem
        assert alone.workers[0].poll() is None
        until(lambda: service.trouble() is None, "one is there")
    finally:
        service.close()
        alone.stop()


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (b"cexplorer.experiments.nowhere\nx\n.", "another version"),
        (b"cexplorer.experiments.degradation\nnowhere\n.", "another version"),
        (b"cnowhere\nx\n.", "lacks `nowhere`"),
    ],
)
def test_a_worker_of_another_version_is_a_sentence(task, said):
    how, found = cluster._outcome(task)
    problem = cluster.unread(found) if how == "unread" else None
    assert said in record.worded(record.reason(problem))


def test_without_a_scheduler_and_without_the_package_there_is_a_sentence(
    server, monkeypatch, until
):
    nobody = server("dask://127.0.0.1:9")
    job = nobody.submit(jobs_here.told, {"steps": 1, "pause": 0})
    until(lambda: nobody.trouble() is not None, "nobody is there")
    assert nobody.status(job).state not in ENDED
    nobody.cancel(job)
    monkeypatch.setitem(sys.modules, "distributed", None)
    lacking = server()
    until(lambda: lacking.trouble() is not None, "no package")
    assert "requirements-cluster.txt" in lacking.trouble()
