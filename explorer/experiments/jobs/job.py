"""One job on the app's side: what its service knows of it, and what it tells whoever asks."""

import time
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, Literal, TypeVar

from explorer.experiments.jobs.reporter import Cancelled, Finished, Reporter

RecipeT = TypeVar("RecipeT")
ResultT = TypeVar("ResultT")
State = Literal["queued", "running", "done", "cancelled", "failed"]
ENDED: Final = ("done", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Status(Generic[RecipeT, ResultT]):
    """A job as it is now.

    `position` counts the unfinished jobs before it; `seconds` how long it has run, without the
    time in the queue; `problem` is a sentence in the language of whoever asks.
    """

    id: str
    recipe: RecipeT
    owner: str | None
    state: State
    position: int
    points: tuple[dict[str, Any], ...]
    seconds: float
    result: ResultT | None
    problem: str | None


@dataclass(slots=True, eq=False)
class Job:
    """`began` and `ended` are this process's monotonic clock when it saw them happen."""

    id: str
    recipe: Any
    owner: str | None
    call: partial[Finished]
    reporter: Reporter
    needs: frozenset[str]
    seen: float
    future: Future[Finished] | None = None
    attempts: int = 0
    beginning: str | None = None
    began: float | None = None
    ended: float | None = None
    dropped: bool = False
    """Cancelled before it began."""
    word: str | None = None
    """What `Shared.last_seen` said when it was last looked at."""

    @property
    def state(self) -> State:
        if self.dropped:
            return "cancelled"
        if self.ended is None or self.future is None:
            return "queued" if self.began is None else "running"
        if self.future.cancelled():
            return "cancelled"
        problem = self.future.exception()
        if isinstance(problem, Cancelled | CancelledError):
            return "cancelled"
        return "failed" if problem else "done"

    @property
    def seconds(self) -> float:
        if self.state == "done" and self.future is not None:
            return self.future.result().seconds
        if self.began is None:
            return 0.0
        return (time.monotonic() if self.ended is None else self.ended) - self.began

    @property
    def result(self) -> Any:
        """What a job that is done has given; None of another."""
        return self.future.result().result if self.state == "done" and self.future else None

    @property
    def problem(self) -> BaseException | None:
        """What a job that failed has raised; None of another."""
        return self.future.exception() if self.state == "failed" and self.future else None

    def look(self) -> None:
        """Notice that the job has begun, or, after its worker was lost, begun again."""
        beginning = self.reporter.begun()
        if self.ended is None and beginning not in (None, self.beginning):
            self.beginning, self.began = beginning, time.monotonic()


def accepted(recipe: Any, reporter: Reporter) -> tuple[dict[str, Any], ...]:
    """The points that a job reported, without those that its recipe cannot have given."""
    accepts = getattr(recipe, "accepts", None)
    points = reporter.points()
    return points if accepts is None else tuple(filter(accepts, points))
