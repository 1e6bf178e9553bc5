"""What visitors upload: kept for their visit, within a sum for each and one for all, then let go.

Nothing of it is shared with others: the key of a visitor's file begins with the visit, so what
is computed from it can be let go of together with it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer.experiments.byte_cache import Key
from explorer.ui import budget, settings
from explorer.ui.cache import decoded, digest
from explorer.words import WordedError, quoted

if TYPE_CHECKING:
    from explorer.experiments.images import DecodedPicture

MOST_MB: Final = 20
"""Of one picture."""
MOST_PICTURES: Final = 12
GRACE_S: Final = 120.0
"""How long a visitor may be away, as after closing a laptop, before their files go."""
PICTURES: Final = "pictures"
"""Where the page Inference keeps a visitor's pictures; others may use them too."""
_VISIT: Final = "visit"


class UploadRefused(WordedError):
    """The uploads of this visitor, or of all, would be too large together."""


@dataclass(frozen=True, eq=False)
class File:
    """A visitor's file; `key` names its content in this visit."""

    id: str
    name: str
    data: bytes
    key: str


@dataclass(eq=False)
class _Visit:
    session: str
    seen: float
    shelves: dict[str, list[File]] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return sum(len(file.data) for shelf in self.shelves.values() for file in shelf)


class Uploads:
    """The files of all visits of one process."""

    def __init__(self, most: int, per_visitor: int) -> None:
        self.most, self.per_visitor = most, per_visitor
        self._visits: dict[str, _Visit] = {}
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """Of all visitors' files."""
        with self._lock:
            return sum(visit.bytes for visit in self._visits.values())

    def shelf(self, visit: str, name: str) -> list[File]:
        """What a visit keeps under this name."""
        with self._lock:
            found = self._visits.get(visit)
            return list(found.shelves.get(name, [])) if found else []

    def put(self, visit: str, session: str, name: str, files: Sequence[File]) -> None:
        """Keep these files under this name instead of what was there.

        Raises:
            UploadRefused: with them it would be too much; what was there is let go of.
        """
        self.take(visit, name)
        added = sum(len(file.data) for file in files)
        last = quoted(files[-1].name) if files else ""
        with self._lock:
            mine = self._visits.setdefault(visit, _Visit(session, monotonic()))
            mine.session, mine.seen = session, monotonic()
            if mine.bytes + added > self.per_visitor:
                most = self.per_visitor / 1e6
                raise UploadRefused("uploads", "visitor full", name=last, most=most)
            if sum(one.bytes for one in self._visits.values()) + added > self.most:
                most = self.most / 1e6
                raise UploadRefused("uploads", "server full", name=last, most=most)
            mine.shelves[name] = list(files)

    def take(self, visit: str, name: str) -> None:
        """Let go of what is kept under this name."""
        with self._lock:
            if visit in self._visits:
                self._visits[visit].shelves.pop(name, None)

    def release(self, here: Callable[[str], bool], now: float | None = None) -> list[str]:
        """Let go of the files of those who have been away too long; their visits.

        Args:
            here: whether a session is connected.
            now: monotonic seconds, for tests.
        """
        now = monotonic() if now is None else now
        with self._lock:
            for visit in self._visits.values():
                if here(visit.session):
                    visit.seen = now
            gone = [key for key, one in self._visits.items() if now - one.seen > GRACE_S]
            for key in gone:
                del self._visits[key]
        return gone


@cache
def all_uploads() -> Uploads:
    """Those of this process, within what the server lets in."""
    budget.also_sweep(release_absent)
    budget.store()
    return Uploads(settings.upload_of_all(), settings.upload_of_one())


def release_absent() -> None:
    """Let go of the files of visitors who have left, and of all that was computed from them."""
    if not runtime.exists():
        return
    for visit in all_uploads().release(runtime.get_instance().is_active_session):
        budget.store().drop(partial(_mentions, visit))


def _mentions(visit: str, key: Key) -> bool:
    return visit in str(key)


def keep(name: str, files: Sequence[Any]) -> list[File]:
    """Keep what an uploader holds (files with `file_id`, `name` and `getvalue()`) for this visit.

    A file that is kept already is not read again.

    Raises:
        UploadRefused: it would be too much.
    """
    known = {file.id: file for file in kept(name)}
    found = [known.get(file.file_id) or _read(file) for file in files]
    if [file.id for file in found] != list(known):
        context = get_script_run_ctx(suppress_warning=True)
        all_uploads().put(_visit(), context.session_id if context else "", name, found)
    return found


def kept(name: str) -> list[File]:
    """What this visit has kept under this name."""
    return all_uploads().shelf(_visit(), name)


def let_go(name: str) -> None:
    """Let go of what this visit has kept under this name."""
    all_uploads().take(_visit(), name)


class Decoded(NamedTuple):
    """A file's key and its picture."""

    key: str
    picture: DecodedPicture


def picture(file: File) -> Decoded:
    """A visitor's file as a picture.

    Raises:
        PictureError: it is none, or too large.
    """
    return Decoded(file.key, decoded(file.key, file.name, file.data))


def _read(file: Any) -> File:
    data: bytes = file.getvalue()
    return File(file.file_id, file.name, data, f"{_visit()}:{digest(data)}")


def _visit() -> str:
    if st.session_state.get(_VISIT) is None:
        st.session_state[_VISIT] = f"visit-{secrets.token_hex(8)}"
    visit: str = st.session_state[_VISIT]
    return visit
