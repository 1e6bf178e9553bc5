"""Runs that outlive their server: read, cancelled and finished by others, and bounded."""

import contextlib
import errno
import json
import math
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from explorer.experiments.degradation import DeletionOrder, TrainingRecipe, TrainingResult
from explorer.experiments.jobs import (
    Bounds,
    JobService,
    Shared,
    record,
    reporter,
    shared,
    watch,
    worker_process,
)  # fmt: skip
from explorer.words import WordedError
from tests.experiments import jobs_here
from tests.experiments.jobs_here import count
from tests.experiments.test_jobs import left_alone, wait

KNOWN = ("tests.experiments.jobs_here:count", "tests.experiments.jobs_here:pid")
PLENTY = Bounds(10**9, 1e9)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Start another server on the same folder."""
    monkeypatch.setattr(shared, "_GONE_AFTER_S", 0.2)
    started = []

    def start(bounds=PLENTY, **options):
        service = JobService(
            options.pop("executor", lambda: ThreadPoolExecutor(1)),
            shared=Shared(tmp_path, bounds),
            known=KNOWN,
            **options,
        )
        started.append(service)
        return service

    yield start
    for service in started:
        service.close()


def test_any_server_reads_a_run_and_a_restart_finds_it(server, tmp_path):
    one, other = server(), server()
    job = one.submit(count, {"steps": 30, "pause": 0.02}, "owner")
    wait(other, job, ("running",))
    status = wait(other, job)
    assert (status.state, status.result, status.owner) == ("done", 30, "owner")
    assert [point["step"] for point in status.points] == list(range(30))
    assert 0.6 <= status.seconds < 60
    for service in (one, other):
        service.close()
    assert wait(server(), job) == status
    assert "done after" in (tmp_path / "jobs" / job / "log").read_text()


def test_who_has_left_is_dead_sooner_than_who_stands_still(tmp_path, monkeypatch):
    clock = SimpleNamespace(monotonic=lambda: clock.now, now=100.0)
    monkeypatch.setattr(shared, "time", clock)
    watcher, left, still, lively = (Shared(tmp_path, PLENTY) for _ in range(4))

    def dead(seconds: float) -> list[bool]:
        clock.now = 100.0 + seconds
        lively.beat()
        return [watcher.is_dead(one.me) for one in (left, still, lively, watcher)]

    assert dead(0) == [False, False, False, False]
    left.leave()
    assert dead(1) == [False, False, False, False], "it may be writing its beat anew"
    assert dead(4) == [True, False, False, False]
    assert dead(9) == [True, False, False, False]
    assert dead(12) == [True, True, False, False]
    still.beat()
    assert dead(13) == [True, False, False, False], "it was slow only"


def test_only_who_started_it_cancels_through_any_server_within_a_second(server):
    one, other = server(), server()
    slow = {"steps": 100_000, "pause": 0.01}
    running, waiting = (one.submit(count, slow, "owner") for _ in range(2))
    wait(other, running, ("running",))
    assert other.status(waiting).position == 1
    for stranger in ("stranger", None, ""):
        with pytest.raises(PermissionError):
            other.cancel(running, stranger)
    for job in (waiting, running):
        other.cancel(job, "owner")
        before = len(other.status(job).points)
        assert wait(other, job).state == wait(one, job).state == "cancelled"
        # A second of its steps: one look of the server that has it, and a poll.
        assert len(other.status(job).points) <= before + 100


@pytest.mark.parametrize("end", ["told to end", "killed"])
def test_another_server_takes_over_what_was_not_done(server, end, monkeypatch):
    monkeypatch.setattr(shared, "DEAD_AFTER_S", 1.5)
    one, other = server(), server()
    recipe = {"steps": 60, "pause": 0.03}
    jobs = [one.submit(count, recipe, "owner") for _ in range(2)]
    wait(other, jobs[0], ("running",))
    if end == "killed":
        # Its beat stops; what it ran is a thread that goes on, as if hung.
        one._running.stopped.set()
    else:
        one.close()
    for job in jobs:
        status = wait(other, job)
        assert (status.state, status.result) == ("done", 60)
        assert [point["step"] for point in status.points] == list(range(60))
    other.cancel(jobs[0], "owner")  # too late, and no error


def test_a_servers_worker_ends_with_it_and_its_run_is_begun_again(server):
    one = server(executor=worker_process)
    job = one.submit(jobs_here.count, {"steps": 100, "pause": 0.02})
    wait(one, job, ("running",))
    one.close()
    assert wait(server(), job).result == 100


def test_a_run_that_somebody_looks_at_elsewhere_is_not_abandoned(server, monkeypatch):
    monkeypatch.setattr(shared, "_SEEN_S", 0.1)
    one, other = server(abandoned_after=3), server()
    job = one.submit(count, {"steps": 200, "pause": 0.02})
    assert wait(other, job).state == "done"
    left_alone(one, other, {"steps": 100_000, "pause": 0.02}, 3)


def test_the_queue_is_one_for_all_servers(server):
    one, other = server(most_of_one=2), server(most_of_one=2)
    slow = {"steps": 100_000, "pause": 0.01}
    jobs = [one.submit(count, slow, "greedy"), other.submit(count, slow, "greedy")]
    with pytest.raises(WordedError, match="2 runs of yours"):
        one.submit(count, slow, "greedy")
    for job in jobs:
        one.cancel(job, "greedy")
        wait(one, job)


def test_who_comes_later_stands_behind_whatever_its_servers_clock_says(server, monkeypatch):
    one, other = server(), server()
    slow = {"steps": 100_000, "pause": 0.01}
    jobs = [one.submit(count, slow)]
    monkeypatch.setattr(time, "time_ns", lambda: 1)  # 1970
    jobs += [other.submit(count, slow), one.submit(count, slow)]
    monkeypatch.undo()
    assert one._shared.all(at_once=True) == other._shared.all(at_once=True) == jobs
    for job in jobs:
        one.cancel(job)
        wait(one, job)


def test_a_worker_that_does_not_see_the_folder_says_so(server, tmp_path, monkeypatch):
    """It is not mounted there, or elsewhere: nothing was cancelled."""
    monkeypatch.setattr(reporter, "_SEEN_AFTER_S", 0.3)
    lost = reporter.Reporter(tmp_path / "elsewhere" / ("a" * 20), shared=True)
    with pytest.raises(WordedError, match="same path as at the server"):
        reporter.run(count, {"steps": 1, "pause": 0}, lost)
    assert not (tmp_path / "elsewhere").exists()


def test_a_worker_that_was_thought_lost_adds_nothing_while_another_begins(tmp_path, monkeypatch):
    lost = reporter.Reporter(tmp_path).begin()
    write = Path.write_text

    def write_and_let_it_report(path, *text, **options):
        write(path, *text, **options)
        with contextlib.suppress(reporter.Superseded):
            lost.report(step=57)

    monkeypatch.setattr(Path, "write_text", write_and_let_it_report)
    again = reporter.Reporter(tmp_path).begin()
    again.report(step=0)
    assert again.points() == ({"step": 0},)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (OSError(errno.EROFS, "x"), "could not write"),
        (PermissionError(errno.EACCES, "x", f"/data/jobs/{'a' * 20}/log"), "could not write"),
        (PermissionError(errno.EACCES, "x", "/pictures/train.parquet"), "PermissionError"),
        (OSError(errno.EDQUOT, "x"), "is full"),
    ],
)
def test_a_folder_that_cannot_be_written_is_a_true_sentence(problem, said):
    assert said in record.worded(record.reason(problem))


def test_an_end_that_found_the_disk_full_is_written_when_there_is_room(server, monkeypatch, until):
    monkeypatch.setattr(watch, "_TIDY_S", 0.1)
    write, tried = record.write_end, []

    def full(folder, ended):
        tried.append(folder)
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(record, "write_end", full)
    one, other = server(), server()
    job = one.submit(count, {"steps": 1, "pause": 0})
    assert wait(one, job).state == "done"
    until(lambda: len(tried) > 2, "it is tried again")
    assert other.status(job).state == "running"
    monkeypatch.setattr(record, "write_end", write)
    assert wait(other, job).result == 1


def test_a_server_ends_in_peace_where_the_folder_cannot_be_written(server, tmp_path):
    one = server()
    shutil.rmtree(tmp_path / "servers")
    (tmp_path / "servers").write_text("")
    one.close()


def test_what_follows_from_a_run_is_found_by_every_server(server):
    one, other = server(), server()
    first = one.submit(count, {"steps": 1, "pause": 0})
    wait(one, first)
    made = [one.submit(count, {"steps": 1, "pause": 0}, needs=[first]) for _ in range(2)]
    assert one.needing(first) == made
    time.sleep(shared._FRESH_S)
    assert other.needing(first) == made


def ended(service, number):
    jobs = []
    for _ in range(number):
        jobs.append(service.submit(count, {"steps": 1, "pause": 0}))
        wait(service, jobs[-1])
    return jobs


def test_results_stay_within_their_bytes_the_oldest_go_first(server, tmp_path):
    service = server()
    jobs = ended(service, 4)
    for number, job in enumerate(jobs):
        (tmp_path / "jobs" / job / "weights").write_bytes(bytes(100_000))
        os.utime(tmp_path / "jobs" / job / "ended.json", (number, number))
    Shared(tmp_path, Bounds(250_000, 1e12)).tidy()
    left = {folder.name for folder in (tmp_path / "jobs").iterdir()}
    assert left == set(jobs[2:])
    with pytest.raises(KeyError):
        service.status(jobs[0])


def test_results_stay_for_their_time_unless_they_are_needed(server, tmp_path):
    service = server()
    old, needed, new = ended(service, 3)
    user = service.submit(count, {"steps": 100_000, "pause": 0.01}, needs=[needed])
    for job in (old, needed):
        file = tmp_path / "jobs" / job / "ended.json"
        os.utime(file, (file.stat().st_mtime - 7_200,) * 2)
    Shared(tmp_path, Bounds(10**9, 3_600)).tidy()
    assert {folder.name for folder in (tmp_path / "jobs").iterdir()} == {needed, new, user}
    service.cancel(user)
    wait(service, user)


@pytest.mark.parametrize("name", ["..", "../servers", "jobs", "", "A" * 20, "0" * 20, "a/b", "\0"])
def test_a_name_from_an_address_is_no_path(server, name):
    service = server()
    for ask in (service.status, service.cancel):
        with pytest.raises(KeyError):
            ask(name)


TRUE = {"function": KNOWN[0], "recipe": None, "owner": None, "needs": [], "number": 1}
HOSTILE = [
    b"",
    b"[]",
    b"\xff",
    b"[" * 100_000,
    json.dumps(TRUE | {"recipe": {"type": "subprocess:Popen", "fields": {"args": "id"}}}),
    json.dumps(TRUE | {"recipe": {"type": "explorer.experiments.degradation:train", "fields": {}}}),
    json.dumps(TRUE | {"recipe": {"type": "explorer.experiments.nowhere:X", "fields": {}}}),
    json.dumps(TRUE | {"owner": 3}),
    json.dumps(TRUE | {"number": "1"}),
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_a_damaged_or_hostile_order_is_no_run_and_harms_nobody(server, tmp_path, content):
    folder = tmp_path / "jobs" / ("a" * 20)
    folder.mkdir(parents=True)
    text = content if isinstance(content, bytes) else content.encode()
    (folder / "job.json").write_bytes(text)
    service = server()
    with pytest.raises(KeyError):
        service.status(folder.name)
    assert wait(service, service.submit(count, {"steps": 1, "pause": 0})).state == "done"


def test_no_function_is_run_that_the_app_does_not_name(server, tmp_path):
    folder = tmp_path / "jobs" / ("b" * 20)
    folder.mkdir(parents=True)
    order = TRUE | {"function": "os:system", "recipe": f"touch {tmp_path}/harmed"}
    (folder / "job.json").write_text(json.dumps(order))
    assert wait(server(), folder.name).state == "failed"
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"state": "done"}', '{"state": "odd"}', "\xff" * 9])
def test_a_damaged_end_is_a_failure_in_a_sentence(server, tmp_path, text):
    service = server()
    (job,) = ended(service, 1)
    service.close()
    (tmp_path / "jobs" / job / "ended.json").write_text(text)
    assert "not foreseen" in server().status(job).problem


def test_a_full_disk_is_a_sentence(server, tmp_path):
    service = server()
    shutil.rmtree(tmp_path / "jobs")
    (tmp_path / "jobs").write_text("in the way")
    with pytest.raises(WordedError, match="full or cannot be written"):
        service.submit(count, {"steps": 1, "pause": 0})
    (tmp_path / "jobs").unlink()
    assert wait(service, service.submit(count, {"steps": 1, "pause": 0})).state == "done"


def test_recipes_and_results_are_written_as_they_are(tmp_path):
    weights = tmp_path / "x" / "weights.safetensors"
    recipe = TrainingRecipe(20, "none", rate=0.02, name="a 'name'")
    result = TrainingResult(math.nan, 0.25, True, 3.5, weights)
    for value in (recipe, DeletionOrder(recipe, weights), (1, None, [True], {"a": 0.5})):
        written = json.loads(json.dumps(record.encoded(value, tmp_path)))
        assert record.decoded(written, tmp_path) == value
    again = record.decoded(record.encoded(result, tmp_path), Path("/elsewhere"))
    assert math.isnan(again.train_loss)
    assert again.weights == Path("/elsewhere/x/weights.safetensors")
    for value in (object(), print, {1: 2}, b""):
        with pytest.raises(TypeError):
            record.encoded(value, tmp_path)
