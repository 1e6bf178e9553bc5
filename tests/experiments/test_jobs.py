"""The queue: progress, cancel, crashes, a killed worker, and that any executor will do."""

import errno
import gc
import operator
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from explorer.experiments import degradation
from explorer.experiments.degradation import TrainingRecipe
from explorer.experiments.jobs import ENDED, JobService, worker_process
from explorer.experiments.jobs.folder import PREFIX
from explorer.words import WordedError
from tests.experiments import jobs_here
from tests.experiments.jobs_here import PATIENCE_S, count


def wait(service, identifier, states=ENDED):
    end = time.monotonic() + PATIENCE_S
    while (status := service.status(identifier)).state not in states:
        assert time.monotonic() < end, f"still {status.state}"
        time.sleep(0.02)
    return status


def left_alone(service, reader, recipe, abandoned_after):
    """Start a run and ask for it so seldom that it is abandoned; each question keeps it alive."""
    job = service.submit(count, recipe)
    pause = 1.5 * abandoned_after
    while pause < PATIENCE_S:
        time.sleep(pause)
        if reader.status(job).state == "cancelled":
            return
        pause *= 2  # it is a slow machine
    raise AssertionError("nobody watches it, and it goes on")


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
    """Of the run's own steps, so that a machine that is busy may take longer."""
    job = threads.submit(count, {"steps": 10_000, "pause": 0.01})
    wait(threads, job, ("running",))
    threads.cancel(job)
    before = len(threads.status(job).points)
    assert wait(threads, job).state == "cancelled"
    assert len(threads.status(job).points) <= before + 100


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
    first_folder_gone = not any(threads._folder.path.glob(jobs[0]))
    with pytest.raises(KeyError):
        threads.status(jobs[0])
    assert first_folder_gone
    assert threads.status(jobs[-1]).state == "done"


def test_a_job_that_nobody_watches_ends():
    service = JobService(lambda: ThreadPoolExecutor(1), abandoned_after=0.4)
    try:
        left_alone(service, service, {"steps": 100_000, "pause": 0.01}, 0.8)
    finally:
        service.close()


def test_a_crash_reaches_the_user_as_a_sentence_and_the_log_as_a_traceback(processes, caplog):
    job = processes.submit(operator.truediv, "a recipe")
    status = wait(processes, job)
    assert status.state == "failed"
    assert status.problem is not None
    assert status.problem.startswith(
        "The run failed for a reason that was not foreseen (TypeError)"
    )
    assert "Traceback" in caplog.text
    # The service goes on.
    recipe = TrainingRecipe(8, "padding", steps=10)
    assert wait(processes, processes.submit(degradation.train, recipe)).state == "done"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_worker_leaves_the_service_up(processes, until):
    recipe = TrainingRecipe(20, "padding", steps=2_000)
    job = processes.submit(degradation.train, recipe)
    until(lambda: processes.status(job).points, "it runs")
    (worker,) = processes._running.pool.executor._processes.values()
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
def test_memory_returns_after_every_run(processes):
    """Of the app and of the worker; the first runs fill the allocators' pools."""
    recipe = TrainingRecipe(8, "padding", steps=10)

    def train(times):
        for _ in range(times):
            assert wait(processes, processes.submit(degradation.train, recipe)).state == "done"

    def grown(times):
        before = [resident_mb(process) for process in (os.getpid(), worker.pid)]
        train(times)
        gc.collect()
        after = [resident_mb(process) for process in (os.getpid(), worker.pid)]
        return [late - early for early, late in zip(before, after, strict=True)]

    train(2)
    (worker,) = processes._running.pool.executor._processes.values()
    # What allocators keep, they keep once; a leak takes as much in every round. The pictures of
    # one run are 2.4 MB.
    rounds = [grown(4) for _ in range(3)]
    print(f"MB of the app and the worker, in rounds of four runs: {rounds}")
    for one in zip(*rounds, strict=True):
        assert min(one) < 4 * 2.4 / 2


# --- what attackers, cleaners, clocks and clusters do ---


def test_a_retried_job_begins_anew():
    """Clusters run a job again when its worker was lost; the points of the first go."""
    seen = []

    def counted(recipe, reporter):
        for step in range(5):
            reporter.report(step=step)
            if not seen and step == 2:
                seen.append(reporter.points())
                raise ConnectionError("the worker was lost")
            time.sleep(0.05)

    class Retrying(ThreadPoolExecutor):
        def submit(self, call):
            def twice():
                try:
                    return call()
                except ConnectionError:
                    return call()

            return super().submit(twice)

    service = JobService(lambda: Retrying(1))
    try:
        identifier = service.submit(counted, None)
        status = wait(service, identifier)
        assert [point["step"] for point in seen[0]] == [0, 1, 2]
        assert [point["step"] for point in status.points] == [0, 1, 2, 3, 4]
        assert status.state == "done"
    finally:
        service.close()


def sweep(folder):
    """At one stroke: `rmtree` alone loses against a run that writes its progress meanwhile."""
    swept = folder.rename(folder.with_name(f"{folder.name}-swept"))
    shutil.rmtree(swept)


def test_a_cleaner_of_temporary_files_costs_one_visitor_nothing(threads):
    first = threads.submit(count, {"steps": 60, "pause": 0.02})
    waiting = threads.submit(count, {"steps": 3, "pause": 0})
    wait(threads, first, ("running",))
    sweep(threads._folder.path)
    threads.cancel(first)
    assert wait(threads, first).state == "cancelled"
    assert wait(threads, waiting).result == 3
    after = threads.submit(count, {"steps": 3, "pause": 0})
    assert len(wait(threads, after).points) == 3


def test_a_running_job_outlives_a_cleaner(threads):
    job = threads.submit(count, {"steps": 40, "pause": 0.02})
    wait(threads, job, ("running",))
    sweep(threads._folder.path / job)
    shutil.rmtree(threads._folder.path, ignore_errors=True)
    status = wait(threads, job)
    assert (status.state, status.result) == ("done", 40)
    assert status.points[-1]["step"] == 39


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_worker_takes_nobody_elses_run_with_it(processes):
    killed = processes.submit(jobs_here.last_words, {"pause": 0.5}, "one")
    cancelled = processes.submit(jobs_here.pid, None, "canceller")
    others = [processes.submit(jobs_here.pid, None, f"other {number}") for number in range(4)]
    processes.cancel(cancelled, "canceller")
    assert "was killed" in wait(processes, killed).problem
    pids = [wait(processes, other).result for other in others]
    assert len(set(pids)) == 1
    assert pids[0] != processes.status(killed).points[0]["pid"]
    assert processes.status(cancelled).state == "cancelled"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_job_that_never_begins_is_not_tried_for_ever():
    """A pool whose workers die before any job starts."""

    class Dying(ThreadPoolExecutor):
        def submit(self, call):
            def broken():
                raise BrokenExecutor

            return super().submit(broken)

    service = JobService(lambda: Dying(1))
    try:
        assert "was killed" in wait(service, service.submit(count, None)).problem
    finally:
        service.close()


class LocksWhileItTells(Executor):
    """Tells of a lost worker with the lock held that `submit` takes, as CPython does from 3.12."""

    def __init__(self):
        self.lock, self.broken, self.pending = threading.Lock(), False, []

    def submit(self, call):
        with self.lock:
            if self.broken:
                raise BrokenExecutor
            self.pending.append(Future())
            return self.pending[-1]

    def lose_the_worker(self):
        with self.lock:
            self.broken = True
            for future in self.pending:
                future.set_exception(BrokenExecutor())

    def shutdown(self, wait=True, *, cancel_futures=False):
        with self.lock:
            pass


def test_a_pool_that_tells_of_a_lost_worker_with_its_lock_held_is_replaced():
    first = LocksWhileItTells()
    executors = iter([first, ThreadPoolExecutor(1)])
    service = JobService(lambda: next(executors))
    jobs = [service.submit(count, {"steps": 1, "pause": 0}) for _ in range(3)]
    teller = threading.Thread(target=first.lose_the_worker, daemon=True)
    teller.start()
    teller.join(PATIENCE_S / 4)
    assert not teller.is_alive(), "it waits for itself"
    assert [wait(service, job).result for job in jobs] == [1, 1, 1]
    service.close()


def test_a_job_that_no_executor_takes_leaves_the_queue_as_it_was():
    class Refusing(ThreadPoolExecutor):
        def submit(self, call):
            if call.args[1] == "refused":
                raise OSError("no more processes")
            return super().submit(call)

    service = JobService(lambda: Refusing(1), longest_queue=1)
    try:
        with pytest.raises(OSError):
            service.submit(count, "refused")
        assert wait(service, service.submit(count, {"steps": 1, "pause": 0})).result == 1
    finally:
        service.close()


DAMAGED = [
    b"garbage",
    b"\xff\xfe\x00",
    b"[1, 2]",
    b"7",
    b'{"step": ' + b"9" * 5_000 + b"}",
    b'{"step": 1e400}',
    b'{"step": -Infinity}',
    b'{"step": NaN}',
    b'{"step": 99999999999999999999}',
    b'{"step": "one"}',
    b'{"step": {"step": 1}}',
    b'{"step": ',
    b"[" * 100_000,
    b"",
    b'{"step": true}',
    b"\0" * 4_096,
]


@pytest.mark.parametrize("line", DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_and_absurd_lines_are_skipped(threads, line):
    job = threads.submit(count, {"steps": 2, "pause": 0})
    wait(threads, job)
    with (threads._folder.path / job / "progress.jsonl").open("ab") as file:
        file.write(line + b"\n" + b'{"step": 2}\n{"ste')
    assert [point["step"] for point in threads.status(job).points] == [0, 1, 2]


def is_a_folder(file):
    file.mkdir()


def leads_nowhere(file):
    file.symlink_to(file.with_name("nowhere"))


def is_a_pipe(file):
    os.mkfifo(file)


def is_huge(file):
    with file.open("wb") as opened:
        opened.write(b'{"step": 0}\n')
        opened.truncate(2 * 2**30)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such pipes")
@pytest.mark.parametrize("other", [is_a_folder, leads_nowhere, is_a_pipe, is_huge])
@pytest.mark.parametrize("name", ["progress.jsonl", "started"])
def test_a_file_that_became_another_costs_its_run_alone(threads, name, other):
    job = threads.submit(count, {"steps": 2, "pause": 0})
    wait(threads, job)
    file = threads._folder.path / job / name
    file.unlink()
    other(file)
    assert threads.status(job).state == "done"
    assert len(threads.status(job).points) == (2 if name == "started" else int(other is is_huge))


@pytest.mark.parametrize("queued", [False, True])
def test_a_run_that_cannot_be_told_to_stop_fails_no_page(threads, queued):
    """Its folder has become something else: what waits is dropped all the same."""
    first = threads.submit(count, {"steps": 400, "pause": 0.01})
    wait(threads, first, ("running",))
    job = threads.submit(count, {"steps": 1, "pause": 0}) if queued else first
    folder = threads._folder.path / job
    folder.rename(folder.with_name("elsewhere"))
    folder.write_text("no folder")
    threads.cancel(job)
    if queued:
        assert threads.status(job).state == "cancelled"
    folder.unlink()
    folder.with_name("elsewhere").rename(folder)
    threads.cancel(first)
    wait(threads, first)


@pytest.mark.parametrize(
    "point",
    [{}, {"step": 5}, {"step": 11, "loss": 1.0, "accuracy": 0.5}, {"step": 0, "loss": 1.0,
     "accuracy": 0.5}, {"step": 10, "loss": 1.0, "accuracy": 7.0}, {"step": 2.5, "loss": 1.0,
     "accuracy": 0.5}],
)  # fmt: skip
def test_a_training_knows_its_own_points(point):
    recipe = TrainingRecipe(8, "none", steps=10)
    assert not recipe.accepts(point)
    assert recipe.accepts({"step": 10, "loss": None, "accuracy": 0.5})
    deletion = degradation.DeletionOrder(recipe, Path("weights"))
    assert not deletion.accepts(point)
    assert deletion.accepts({"done": 3, "blocks": 3})
    assert not deletion.accepts({"done": 4, "blocks": 3})


def test_seconds_are_those_of_the_run_and_stand_still_after_it(threads):
    before = threads.submit(count, {"steps": 10, "pause": 0.05})
    job = threads.submit(count, {"steps": 10, "pause": 0.05})
    wait(threads, before)
    time.sleep(1)
    found = [threads.status(job).seconds]
    time.sleep(0.5)
    found.append(threads.status(job).seconds)
    assert found[0] == found[1]
    # Half a second of pauses; the wait in the queue and the second asleep are not in it.
    assert 0.5 <= found[0] < 0.95


@pytest.mark.parametrize("end", ["cancelled", "failed"])
def test_seconds_of_a_run_that_came_to_nothing_stand_still(threads, end):
    recipe = {"steps": 1_000, "pause": 0.05 if end == "cancelled" else None}
    job = threads.submit(count, recipe)
    if end == "cancelled":
        wait(threads, job, ("running",))
        time.sleep(0.2)
        threads.cancel(job)
    assert wait(threads, job).state == end
    found = [threads.status(job).seconds]
    time.sleep(0.3)
    found.append(threads.status(job).seconds)
    assert found[0] == found[1] < 2


def test_a_step_of_the_clock_does_not_matter(threads, monkeypatch):
    job = threads.submit(count, {"steps": 60, "pause": 0.02})
    wait(threads, job, ("running",))
    now = time.time
    for step in (-86_400, 86_400):
        monkeypatch.setattr(time, "time", lambda step=step: now() + step)
        folder = threads._folder.path / job
        os.utime(folder / "started", (now() + step, now() + step))
        assert 0 <= threads.status(job).seconds < 60
    assert 0 <= wait(threads, job).seconds < 60


def raises(problem, reporter):
    raise problem


PATHS = [
    FileNotFoundError(errno.ENOENT, "No such file or directory", "/srv/secret/progress.jsonl"),
    ValueError("first line of /srv/secret\nsecond line"),
    OSError(errno.ENOSPC, "No space left on device", "/srv/secret"),
    MemoryError(),
    KeyError("/srv/secret"),
    WordedError("training", "weights gone"),
    KeyboardInterrupt(),
]


@pytest.mark.parametrize("problem", PATHS, ids=lambda problem: type(problem).__name__)
def test_a_problem_is_one_sentence_of_ours(threads, problem):
    text = wait(threads, threads.submit(raises, problem)).problem
    assert text[0].isupper() and text.endswith(".") and "\n" not in text
    assert "secret" not in text and "Errno" not in text and "first line" not in text


def test_only_the_owner_cancels(threads):
    job = threads.submit(count, {"steps": 1_000, "pause": 0.01}, "owner")
    for other in ("other", None, ""):
        with pytest.raises(PermissionError):
            threads.cancel(job, other)
    assert threads.status(job).owner == "owner"
    threads.cancel(job, "owner")
    assert wait(threads, job).state == "cancelled"


def test_one_visitor_cannot_fill_the_queue():
    service = JobService(lambda: ThreadPoolExecutor(1), most_of_one=2)
    try:
        slow = {"steps": 1_000, "pause": 0.01}
        mine = [service.submit(count, slow, "greedy") for _ in range(2)]
        with pytest.raises(WordedError, match="2 runs of yours"):
            service.submit(count, slow, "greedy")
        service.submit(count, slow, "modest")
        service.cancel(mine[0], "greedy")
        wait(service, mine[0])
        service.submit(count, slow, "greedy")
    finally:
        service.close()


def test_ids_cannot_be_guessed(threads):
    ids = [threads.submit(count, {"steps": 0, "pause": 0}) for _ in range(2)]
    assert ids[0] != ids[1]
    assert all(len(bytes.fromhex(job)) * 8 >= 80 for job in ids)


def test_what_a_deletion_needs_is_kept_while_it_wants_it(threads):
    wanted = threads.submit(count, {"steps": 1, "pause": 0})
    wait(threads, wanted)
    user = threads.submit(count, {"steps": 10_000, "pause": 0.01}, needs=[wanted])
    wait(threads, user, ("running",))
    # Ended jobs, for which no worker is needed.
    for _ in range(5):
        threads.cancel(threads.submit(count, {"steps": 1, "pause": 0}))
    assert threads.status(wanted).state == "done"
    assert (threads._folder.path / wanted / "progress.jsonl").exists()
    threads.cancel(user)
    wait(threads, user)
    for _ in range(2):
        wait(threads, threads.submit(count, {"steps": 1, "pause": 0}))
    with pytest.raises(KeyError):
        threads.status(wanted)


def alive(process):
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL], ids=lambda sent: sent.name)
def test_a_server_takes_its_worker_and_its_files_with_it(tmp_path, sent):
    """The job hears nothing, so the worker has to be killed."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.experiments.jobs_here", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        worker = int(server.stdout.readline())
        assert alive(worker)
        (folder,) = tmp_path.iterdir()
        asked = time.monotonic()
        server.send_signal(sent)
        server.wait(60)
        while alive(worker):
            assert time.monotonic() < asked + 60
            time.sleep(0.05)
        assert time.monotonic() - asked < 5
    finally:
        server.kill()
    if sent == signal.SIGKILL:
        # Nobody was left to remove the folder: the next server does.
        assert folder.exists()
        service = JobService(lambda: ThreadPoolExecutor(1), tmp_path)
        service.close()
    assert not list(tmp_path.iterdir())


def test_a_living_servers_folder_is_left_alone(tmp_path):
    one = JobService(lambda: ThreadPoolExecutor(1), tmp_path / "deep" / "place")
    other = JobService(lambda: ThreadPoolExecutor(1), tmp_path / "deep" / "place")
    try:
        assert len(list((tmp_path / "deep" / "place").glob(f"{PREFIX}*"))) == 2
        assert wait(one, one.submit(count, {"steps": 1, "pause": 0})).state == "done"
    finally:
        one.close()
        other.close()
    assert not list((tmp_path / "deep" / "place").iterdir())
