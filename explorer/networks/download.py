"""A download in the background: progress, cancel, checksum, and never half a file."""

import glob
import hashlib
import logging
import os
import tempfile
import threading
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from time import monotonic, time
from typing import Any, BinaryIO, Final, Literal
from urllib.error import HTTPError, URLError

from explorer.words import WordedError, quoted

State = Literal["running", "done", "cancelled", "failed"]
_CHUNK: Final = 1 << 18
_TIMEOUT_S: Final = 20.0
_ABANDONED_S: Final = 600.0
"""Since the last write to a temporary file: far longer than a line may be silent."""
_log = logging.getLogger(__name__)


class Download:
    """One file on its way. Read `state`, `received`, `total` and `sentence` at any time.

    The bytes go to a temporary file beside the target; only a complete file whose SHA-256
    begins with `sha256_prefix` is renamed to it. No more than `expected` bytes and a hundredth
    are taken.
    """

    def __init__(self, url: str, target: Path, sha256_prefix: str, expected: int) -> None:
        self.url, self.target, self.sha256_prefix = url, target, sha256_prefix
        self.total = self.expected = expected
        self.received = 0
        self.state: State = "running"
        self.problem: WordedError | None = None
        self.begun = monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"download {target.name}")
        self._thread.daemon = True
        self._thread.start()

    @property
    def sentence(self) -> str:
        """Why it ended without a file, in the language of whoever asks; empty if it did not."""
        return str(self.problem) if self.problem else ""

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return min(1.0, self.received / self.total) if self.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """From the mean speed so far; None while it is unknown."""
        passed = monotonic() - self.begun
        if not self.received or passed < 0.5:
            return None
        return passed / self.received * max(0, self.total - self.received)

    def cancel(self) -> None:
        """Ask it to stop; it does within a chunk, or a time-out if the line is dead."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> None:
        """Until it has ended, whichever way."""
        self._thread.join(seconds)

    def _run(self) -> None:
        part: Path | None = None
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self._sweep()
            handle, path = tempfile.mkstemp(".part", f"{self.target.name}.", self.target.parent)
            part = Path(path)
            with os.fdopen(handle, "wb") as file:
                digest = self._fetch(file)
            if self._stop.is_set():
                self._end("cancelled", "cancelled")
            elif self.received > self._most:
                self._end("failed", "too long", megabytes=self.expected / 1e6)
            elif not digest.startswith(self.sha256_prefix):
                self._end("failed", "wrong checksum")
            else:
                part.replace(self.target)
                self.state = "done"
        except HTTPError as error:
            self._end("failed", "answered", code=error.code, reason=quoted(error.reason))
        except URLError as error:
            self._end("failed", "unreachable", host=_host(self.url))
            _log.info("%s: %s", self.url, error.reason)
        except (HTTPException, TimeoutError, ConnectionError):
            received, total = self.received / 1e6, self.total / 1e6
            self._end("failed", "broke off", received=received, total=total)
        except OSError as error:
            self._end("failed", "not written", problem=error.strerror or type(error).__name__)
        except Exception as error:  # a thread that dies silently would show a bar for ever
            self._end("failed", "failed", kind=type(error).__name__)
        finally:
            if part is not None:
                part.unlink(missing_ok=True)

    @property
    def _most(self) -> int:
        return self.expected + self.expected // 100

    def _fetch(self, file: BinaryIO) -> str:
        digest = hashlib.sha256()
        request = urllib.request.Request(self.url, headers={"User-Agent": "resnet-explorer"})
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            announced = answer.headers.get("Content-Length") or ""
            # What is no number is as good as nothing: the checksum decides.
            if known := announced.isascii() and announced.isdigit() and len(announced) < 16:
                self.total = int(announced)
            while not self._stop.is_set() and (chunk := answer.read(_CHUNK)):
                self.received += len(chunk)
                if self.received > self._most:
                    break
                digest.update(chunk)
                file.write(chunk)
        if known and not self._stop.is_set() and self.received < min(self.total, self._most):
            raise ConnectionError
        return digest.hexdigest()

    def _sweep(self) -> None:
        """Delete what a server left that ended during a download: nobody has written to it."""
        for left in self.target.parent.glob(f"{glob.escape(self.target.name)}.*.part"):
            with suppress(OSError):
                if time() - left.stat().st_mtime > _ABANDONED_S:
                    left.unlink()

    def _end(self, state: State, title: str, **values: Any) -> None:
        self.problem = WordedError("download", title, **values)
        self.state = state


class Downloads:
    """All downloads of this process: one per file, whoever asks for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_target: dict[Path, Download] = {}

    def find(self, target: Path) -> Download | None:
        """The latest download of this file, running or ended."""
        return self._by_target.get(target)

    def begin(self, url: str, target: Path, sha256_prefix: str, expected: int) -> Download:
        """Start it, or join the one that is already running."""
        with self._lock:
            running = self._by_target.get(target)
            if running is None or running.state != "running":
                running = Download(url, target, sha256_prefix, expected)
                self._by_target[target] = running
            return running


def _host(url: str) -> str:
    return url.split("/")[2] if "//" in url else url
