"""The worker's side of a job: what it says while it runs, and how it is told to stop."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple, NoReturn
from uuid import uuid4

LARGEST: Final = 1e15
"""No number that a job reports is as large; a larger one comes from a damaged file."""


class Cancelled(Exception):
    """Raised inside a job that was told to stop."""


class Finished(NamedTuple):
    """What comes back from a worker; `seconds` are measured by its own clock."""

    result: Any
    seconds: float


@dataclass(frozen=True, slots=True)
class Reporter:
    """What a job gets to speak with: its folder. Can be pickled and sent anywhere."""

    folder: Path

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

    def cancel(self) -> None:
        """Tell the job to stop."""
        (self.made() / "cancel").touch()

    def begin(self) -> None:
        """Note that the job begins, perhaps again: a killed worker's points are dropped."""
        (self.made() / "progress.jsonl").write_text("", encoding="utf-8")
        (self.folder / "started").write_text(uuid4().hex, encoding="utf-8")

    def begun(self) -> str | None:
        """A word that differs each time the job begins; None before that."""
        try:
            return (self.folder / "started").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def points(self) -> tuple[dict[str, Any], ...]:
        """What was reported so far; damaged lines, and one still being written, are left out."""
        try:
            text = (self.folder / "progress.jsonl").read_bytes()
        except OSError:
            return ()
        lines = text[: text.rfind(b"\n") + 1].split(b"\n")
        return tuple(point for line in lines if (point := _point(line)))

    def made(self) -> Path:
        """The folder, made anew where a cleaner of temporary files removed it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.folder


def run(function: Callable[[Any, Reporter], Any], recipe: Any, reporter: Reporter) -> Finished:
    """In the worker: note the start, then the job itself."""
    reporter.check()
    reporter.begin()
    started = perf_counter()
    return Finished(function(recipe, reporter), perf_counter() - started)


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
    if value is None:
        return True
    return isinstance(value, int | float) and abs(value) < LARGEST and isfinite(value)


def _refused(constant: str) -> NoReturn:
    raise ValueError(constant)
