"""A download in the background: progress, cancel, checksum, and never half a file."""

import hashlib
import logging
import os
import tempfile
import threading
import urllib.request
from http.client import HTTPException
from pathlib import Path
from time import monotonic
from typing import BinaryIO, Final, Literal
from urllib.error import HTTPError, URLError

State = Literal["running", "done", "cancelled", "failed"]
_CHUNK: Final = 1 << 18
_TIMEOUT_S: Final = 20.0
_log = logging.getLogger(__name__)


class Download:
    """One file on its way. Read `state`, `received`, `total` and `sentence` at any time.

    The bytes go to a temporary file beside the target; only a complete file whose SHA-256
    begins with `sha256_prefix` is renamed to it.
    """

    def __init__(self, url: str, target: Path, sha256_prefix: str, expected: int) -> None:
        self.url, self.target, self.sha256_prefix = url, target, sha256_prefix
        self.total = expected
        self.received = 0
        self.state: State = "running"
        self.sentence = ""
        self.begun = monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"download {target.name}")
        self._thread.daemon = True
        self._thread.start()

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
            handle, path = tempfile.mkstemp(".part", f"{self.target.name}.", self.target.parent)
            part = Path(path)
            with os.fdopen(handle, "wb") as file:
                digest = self._fetch(file)
            if self._stop.is_set():
                self.state = "cancelled"
                self.sentence = "The download was cancelled; nothing was kept."
            elif not digest.startswith(self.sha256_prefix):
                self._fail(
                    "The downloaded file is not the one that was published: its checksum is "
                    "wrong, so nothing was kept."
                )
            else:
                part.replace(self.target)
                self.state = "done"
        except HTTPError as error:
            self._fail(f"The server answered {error.code} ({error.reason}): nothing was loaded.")
        except URLError as error:
            self._fail(
                f"{_host(self.url)} cannot be reached from this machine. Connect it to the "
                "internet and try again, or put the file into "
                f"{at_home(self.target.parent)} yourself."
            )
            _log.info("%s: %s", self.url, error.reason)
        except (HTTPException, TimeoutError, ConnectionError):
            self._fail(self._broke_off())
        except OSError as error:
            self._fail(f"The file could not be written: {error.strerror or error}.")
        except Exception as error:  # a thread that dies silently would show a bar for ever
            self._fail(f"The download failed ({type(error).__name__}); nothing was kept.")
        finally:
            if part is not None:
                part.unlink(missing_ok=True)

    def _fetch(self, file: BinaryIO) -> str:
        digest = hashlib.sha256()
        request = urllib.request.Request(self.url, headers={"User-Agent": "resnet-explorer"})
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            announced = answer.headers.get("Content-Length")
            if announced:
                self.total = int(announced)
            while not self._stop.is_set() and (chunk := answer.read(_CHUNK)):
                digest.update(chunk)
                file.write(chunk)
                self.received += len(chunk)
        if announced and not self._stop.is_set() and self.received < self.total:
            raise ConnectionError
        return digest.hexdigest()

    def _broke_off(self) -> str:
        return (
            f"The connection broke off after {self.received / 1e6:.1f} of "
            f"{self.total / 1e6:.1f} MB; nothing was kept, so try again."
        )

    def _fail(self, sentence: str) -> None:
        self.sentence = sentence
        self.state = "failed"


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


def at_home(folder: Path) -> str:
    """A folder as one would type it, with ~ for one's own."""
    return str(folder).replace(str(Path.home()), "~")


def _host(url: str) -> str:
    return url.split("/")[2] if "//" in url else url
