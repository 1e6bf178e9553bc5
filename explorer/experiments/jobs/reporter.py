"""The worker's side of a job: what it says while it runs, and how it is told to stop."""

import json
import os
import socket
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Any, Final, NamedTuple, NoReturn
from uuid import uuid4

from explorer.experiments.jobs import record
from explorer.words import WordedError

_SEEN_AFTER_S: Final = 5.0
_MOST_PROGRESS: Final = 20_000_000
LARGEST: Final = 1e15
"""No number that a job reports is as large; a larger one comes from a damaged file."""


class Cancelled(Exception):
    """Raised inside a job that was told to stop."""


class Superseded(Cancelled):
    """Raised inside a job that somebody else has begun again, as this worker was thought lost."""


class Finished(NamedTuple):
    """What comes back from a worker; `seconds` are measured by its own clock."""

    result: Any
    seconds: float


@dataclass(frozen=True, slots=True)
class Reporter:
    """What a job gets to speak with: its folder. Can be pickled and sent anywhere.

    Args:
        folder: the job's.
        shared: several servers keep their jobs beside it, and what they let go of is not wanted.
        beginning: the word of `begun` when this worker began; empty elsewhere.
    """

    folder: Path
    shared: bool = False
    beginning: str = ""

    def report(self, **values: float | None) -> None:
        """Append one point of progress.

        Raises:
            Cancelled: the job was told to stop; let it through.
        """
        self.check()
        with (self.made() / "progress.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def check(self) -> None:
        """Stop here if the job was cancelled; cheap enough for every step.

        Raises:
            Cancelled: the job was told to stop; let it through.
        """
        if (self.folder / "cancel").exists():
            raise Cancelled
        if self.shared and not (self.folder / "job.json").exists():
            raise Cancelled
        if self.superseded():
            raise Superseded

    def sees_its_folder(self) -> bool:
        """Whether the job's folder is where its server has it, as a shared one must be; what one
        machine has written, another may see some seconds later."""
        end = monotonic() + _SEEN_AFTER_S
        while self.shared and not (self.folder / "job.json").exists():
            if monotonic() > end:
                return False
            sleep(0.2)
        return True

    def superseded(self) -> bool:
        """Whether another worker has begun this job after this one."""
        return bool(self.beginning) and self.begun() not in (None, self.beginning)

    def cancel(self) -> None:
        """Tell the job to stop."""
        (self.made() / "cancel").touch()

    def begin(self) -> "Reporter":
        """Note that the job begins, perhaps again: a killed worker's points are dropped.

        Returns what this beginning reports with.
        """
        beginning = uuid4().hex
        # In this order: a worker that was thought lost adds nothing once it sees the new word.
        (self.made() / "started").write_text(beginning, encoding="utf-8")
        (self.folder / "progress.jsonl").write_text("", encoding="utf-8")
        return replace(self, beginning=beginning)

    def begun(self) -> str | None:
        """A word that differs each time the job begins; None before that."""
        try:
            return _start_of(self.folder / "started").decode() or None
        except UnicodeDecodeError:
            return None

    def points(self) -> tuple[dict[str, Any], ...]:
        """What was reported so far; damaged lines, and one still being written, are left out."""
        text = _start_of(self.folder / "progress.jsonl")
        lines = text[: text.rfind(b"\n") + 1].split(b"\n")
        return tuple(point for line in lines if (point := _point(line)))

    def made(self) -> Path:
        """The folder, made anew where a cleaner of temporary files removed it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.folder


def run(function: Callable[[Any, Reporter], Any], recipe: Any, reporter: Reporter) -> Finished:
    """In the worker: note the start, then the job itself, then how it ended."""
    if not reporter.sees_its_folder():
        raise WordedError("jobs", "folder not seen")
    reporter.check()
    reporter = reporter.begin()
    record.log(reporter.folder, f"begun on {socket.gethostname()} by process {os.getpid()}")
    started = perf_counter()
    try:
        result = function(recipe, reporter)
    except BaseException as problem:
        _note(reporter, problem, None, perf_counter() - started)
        raise
    seconds = perf_counter() - started
    _note(reporter, None, result, seconds)
    return Finished(result, seconds)


def _note(reporter: Reporter, problem: BaseException | None, result: Any, seconds: float) -> None:
    """Leave in the folder how it ended, for servers that did not start it."""
    if reporter.superseded():
        return
    if problem is None:
        ended = record.Ended("done", result, seconds, None)
    elif isinstance(problem, Cancelled):
        ended = record.Ended("cancelled", None, seconds, None)
    else:
        ended = record.Ended("failed", None, seconds, record.reason(problem))
        record.log(reporter.folder, "".join(traceback.format_exception(problem)))
    record.log(reporter.folder, f"{ended.state} after {seconds:.1f} s")
    # Where it cannot be written, whoever started the job still knows.
    with suppress(OSError, TypeError):
        record.write_end(reporter.folder, ended)


def _start_of(file: Path) -> bytes:
    """Its first bytes, more than any job writes; none of what is no ordinary file."""
    try:
        # A pipe would be waited for.
        if not file.is_file():
            return b""
        with file.open("rb") as opened:
            return opened.read(_MOST_PROGRESS)
    except OSError:
        return b""


def _point(line: bytes) -> dict[str, Any] | None:
    """One line as it was reported; None where it is no such line."""
    try:
        point = json.loads(line, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    if not isinstance(point, dict) or not all(map(_is_number, point.values())):
        return None
    return point


def _is_number(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return value is None
    return isinstance(value, int | float) and abs(value) < LARGEST and isfinite(value)


def _refused(constant: str) -> NoReturn:
    raise ValueError(constant)
