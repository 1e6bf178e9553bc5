"""The folder of a queue: locked while its server lives, removed with it or after it."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

PREFIX: Final = "resnet-explorer-jobs-"


class Folder:
    """A folder of one's own below `place`, by default among the temporary files.

    Its lock ends with the process however that ends, so that whoever comes later can tell a
    dead server's folder from a living one's. Cleaners such as systemd's heed the lock as well.
    """

    def __init__(self, place: Path | None = None) -> None:
        self._place = place or Path(tempfile.gettempdir())
        self._lock: int | None = None
        self._place.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(self._place)
        self.path = self._new()

    def of(self, name: str) -> Path:
        """A new folder in it; if a cleaner removed the whole, there is a new whole."""
        try:
            (self.path / name).mkdir()
        except FileNotFoundError:
            self._unlock()
            self._place.mkdir(parents=True, exist_ok=True)
            # Another name: the old one may be anybody's by now.
            self.path = self._new()
            (self.path / name).mkdir()
        return self.path / name

    def remove(self) -> None:
        """Delete it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._unlock()

    def _new(self) -> Path:
        while True:
            path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._place))
            try:
                self._lock = _locked(path, wait=True)
            except FileNotFoundError:
                continue
            # Somebody who was removing leftovers may have been quicker with the lock.
            if path.exists():
                return path
            self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _locked(path: Path, wait: bool) -> int | None:
    """A descriptor that holds the folder's lock; None where there are no locks.

    Raises:
        OSError: it is gone, is somebody else's, or (unless `wait`) is locked.
    """
    if sys.platform == "win32":
        return None
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove_leftovers(place: Path) -> None:
    """Delete the folders of servers that were killed."""
    if sys.platform == "win32":
        return
    for path in place.glob(f"{PREFIX}*"):
        try:
            descriptor = _locked(path, wait=False)
        except OSError:
            continue
        shutil.rmtree(path, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)
