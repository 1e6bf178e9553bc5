"""A folder of jobs that several servers share, and that a restart finds again.

    jobs/ID/        one folder per job, see record.py
    servers/ID      a living server's beat: its text changes every second

Servers need not have the same time: whether one lives is judged by whether its beat changes while
another's own clock runs, and ages are differences between two files' times.
"""

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from explorer.experiments.jobs import record
from explorer.experiments.jobs.record import IDENTIFIER, Ended, Order
from explorer.experiments.jobs.reporter import Reporter

DEAD_AFTER_S: Final = 10.0
"""A server whose beat stands still for so long is taken for dead."""
_GONE_AFTER_S: Final = 2.0
"""One without a beat has left, or a cleaner was here; then it beats again within a second."""
_FRESH_S: Final = 0.2
_SEEN_S: Final = 5.0
"""How often it is written that somebody looks at a run."""
_TURN: Final = re.compile("[0-9]{1,9}")
_LEFT_OVER_S: Final = 86_400.0


class Bounds(NamedTuple):
    """What finished jobs may take together, in bytes, and how old they may be, in seconds."""

    bytes: int
    age: float


class _Beat(NamedTuple):
    text: str | None
    since: float


class Shared:
    """The folder at `place`, made if need be; `path` holds the jobs' folders.

    Raises:
        OSError: it cannot be made or written.
    """

    def __init__(self, place: Path, bounds: Bounds) -> None:
        self.path, self._servers = place / "jobs", place / "servers"
        self._bounds = bounds
        self.me = secrets.token_hex(8)
        self._beats: dict[str, _Beat] = {}
        self._orders: dict[str, Order] = {}
        self._ended: dict[str, Ended] = {}
        self._listed = float("-inf")
        self._seen: dict[str, float] = {}
        self._count = 0
        for folder in (self.path, self._servers):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.beat()

    # --- servers ---

    def beat(self) -> None:
        """Show the others that this server lives."""
        self._count += 1
        with contextlib.suppress(OSError):
            self._servers.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._servers / self.me).write_text(str(self._count), encoding="ascii")

    def leave(self) -> None:
        """This server ends: others may take over its jobs at once, or later where the folder cannot
        be written."""
        with contextlib.suppress(OSError):
            (self._servers / self.me).unlink()

    def is_dead(self, server: str) -> bool:
        """Whether a server has ended, as far as this one has watched it."""
        if server == self.me:
            return False
        try:
            text = (self._servers / server).read_text(encoding="ascii") if server else ""
        except (OSError, ValueError):
            text = None
        now = time.monotonic()
        before = self._beats.get(server)
        if before is None or before.text != text:
            self._beats[server] = before = _Beat(text, now)
        return now - before.since > (_GONE_AFTER_S if text is None else DEAD_AFTER_S)

    # --- who answers for a job ---

    def handler(self, identifier: str) -> tuple[int, str]:
        """(how often it was taken over, the server that answers for it)."""
        files = (self.path / identifier).glob("handler.*")
        turns = (file.suffix[1:] for file in files)
        turn = max((int(turn) for turn in turns if _TURN.fullmatch(turn)), default=0)
        try:
            name = (self.path / identifier / f"handler.{turn}").read_text(encoding="ascii")
        except (OSError, ValueError):
            name = ""
        return turn, name if name.isalnum() else ""

    def take(self, identifier: str, turn: int) -> bool:
        """Answer for a job from now on, as the `turn`-th; False if another was quicker."""
        file = self.path / identifier / f"handler.{turn}"
        try:
            with file.open("x", encoding="ascii") as opened:
                opened.write(self.me)
        except OSError:
            return False
        return True

    def orphans(self) -> Iterator[tuple[str, Order]]:
        """Unfinished jobs whose server is dead; those that are given out are now ours."""
        for identifier, order in self.unfinished():
            turn, server = self.handler(identifier)
            if self.is_dead(server) and self.take(identifier, turn + 1):
                yield identifier, order

    # --- jobs ---

    def of(self, name: str) -> Path:
        """A new job's folder."""
        folder = self.path / name
        folder.mkdir(mode=0o700, parents=True)
        return folder

    def add(self, identifier: str, order: Order) -> None:
        """Write down a new job, for which this server answers.

        Raises:
            TypeError: its recipe cannot be written.
            OSError: the disk is full, or gone.
        """
        self.take(identifier, 1)
        record.write_order(self.path / identifier, order)
        self._orders[identifier] = order

    def order(self, identifier: str) -> Order:
        """What was ordered.

        Raises:
            KeyError: no such job, or one that was let go of.
        """
        # Names come from addresses that anybody may type: never a path.
        if not IDENTIFIER.fullmatch(identifier):
            raise KeyError(identifier)
        if not (self.path / identifier / "job.json").exists():
            self._forget(identifier)
            raise KeyError(identifier)
        found = self._orders.get(identifier) or record.read_order(self.path / identifier)
        if found is None:
            raise KeyError(identifier)
        self._orders[identifier] = found
        return found

    def end(self, identifier: str) -> Ended | None:
        """How a job ended; None while it has not."""
        found = self._ended.get(identifier) or record.read_end(self.path / identifier)
        if found is not None:
            self._ended[identifier] = found
        return found

    def all(self, at_once: bool = False) -> list[str]:
        """The jobs that lie here, in the order in which they were started.

        Args:
            at_once: as they are now; otherwise as they were a moment ago.
        """
        now = time.monotonic()
        if at_once or now - self._listed > _FRESH_S:
            self._listed = now
            try:
                there = {entry.name for entry in os.scandir(self.path)}
            except OSError:
                there = set()
            for gone in self._orders.keys() - there:
                self._forget(gone)
            for new in there - self._orders.keys():
                with contextlib.suppress(KeyError):
                    self.order(new)
        return sorted(self._orders, key=lambda name: (self._orders[name].number, name))

    def unfinished(self, at_once: bool = False) -> list[tuple[str, Order]]:
        """Jobs that have not ended, in the order in which they were started; see `all`."""
        names = self.all(at_once)
        return [(name, self._orders[name]) for name in names if self.end(name) is None]

    def newest(self) -> int:
        """The largest number of a job that lies here, as `all` saw it last: another server's time
        may be ahead, and who comes later is to stand behind."""
        return max((order.number for order in list(self._orders.values())), default=0)

    def needing(self, identifier: str) -> list[str]:
        """The jobs that need this one, in the order in which they were started."""
        return [name for name in self.all() if identifier in self._orders[name].needs]

    def seen(self, identifier: str) -> None:
        """Note that somebody looks at a job, for the server that answers for it."""
        now = time.monotonic()
        if now - self._seen.get(identifier, float("-inf")) > _SEEN_S:
            self._seen[identifier] = now
            with contextlib.suppress(OSError):
                (self.path / identifier / "seen").write_text(secrets.token_hex(4), "ascii")

    def last_seen(self, identifier: str) -> str | None:
        """A word that changes while somebody looks at a job, through whatever server."""
        try:
            return (self.path / identifier / "seen").read_text(encoding="ascii")
        except (OSError, ValueError):
            return None

    def seconds(self, identifier: str) -> float:
        """How long a job has run until it last said something, by the clock of its files."""
        folder = self.path / identifier
        try:
            began = (folder / "started").stat().st_mtime
            return max(0.0, (folder / "progress.jsonl").stat().st_mtime - began)
        except OSError:
            return 0.0

    def reporter(self, identifier: str) -> Reporter:
        """What a job speaks with."""
        return Reporter(self.path / identifier, shared=True)

    def tidy(self) -> None:
        """Let go of finished jobs beyond the bounds, the oldest first; not of what is needed."""
        needed = {name for _, order in self.unfinished() for name in order.needs}
        probe = self._servers / f"{self.me}.now"
        try:
            probe.touch()
            now = probe.stat().st_mtime
            probe.unlink()
        except OSError:
            return
        found = []
        for name in self.all():
            with contextlib.suppress(OSError):
                if self.end(name) is not None:
                    ended = (self.path / name / "ended.json").stat().st_mtime
                    found.append((ended, name, _size(self.path / name)))
        left = self._bounds.bytes
        for ended, name, size in sorted(found, reverse=True):
            left -= size
            if (left < 0 or now - ended > self._bounds.age) and name not in needed:
                left += size
                shutil.rmtree(self.path / name, ignore_errors=True)
                self._forget(name)
        self._sweep(now)

    def _sweep(self, now: float) -> None:
        """Remove what servers left that were killed: beats, and folders without an order."""
        with contextlib.suppress(OSError):
            for beat in self._servers.iterdir():
                if beat.name != self.me and now - beat.stat().st_mtime > _LEFT_OVER_S:
                    beat.unlink()
            for folder in self.path.iterdir():
                is_new = now - folder.stat().st_mtime < _LEFT_OVER_S
                if not (is_new or (folder / "job.json").exists()):
                    shutil.rmtree(folder, ignore_errors=True)

    def _forget(self, identifier: str) -> None:
        for known in (self._orders, self._ended, self._seen):
            known.pop(identifier, None)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())
