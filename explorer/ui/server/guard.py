"""Refuses what no visitor of the app asks for, before Streamlit spends anything on it.

- Uploads, and their removal: from no other site's page; of a session whose page shows an
  uploader, and within a sum for each visitor and for the server; one that stops coming is let go
  of. Streamlit itself takes any number of files from any session, and waits for each for ever.
  Which page asks is told by `Origin`, which no page can forge: Streamlit's own way needs a
  cookie, and browsers keep none for a page within another site's.
- A websocket of another origin, for which Streamlit would ask the internet for this machine's
  address, in the loop that serves everybody; and frames that are no message of its own, which
  would leave tracebacks in the log.
- Messages that act on other visitors: Streamlit lets anybody clear what is kept for all, the
  queue of trainings with it.
- The metrics, unless the owner wants them.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime import Runtime

from explorer.ui import settings
from explorer.words import section

_UPLOAD: Final = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/[^/]+$")
_HEALTH: Final = "/_stcore/health"
_LARGEST_MESSAGE: Final = 8 * 10**6
"""Bytes of a message from a browser: clicks and texts; files come another way."""
STALL_S: Final = 60.0
"""How long an upload may stand still; what came of it is held in memory meanwhile."""
OF_VISITORS: Final = frozenset(
    ("rerun_script", "stop_script", "app_heartbeat", "file_urls_request",
     "backend_operation_request")
)  # fmt: skip
"""Messages that concern nobody but who sends them; all others are not heard."""
_WITH_UPLOADER: set[str] = set()


def takes_uploads(session: str) -> None:
    """Say that this session shows an uploader; its files are taken from now on."""
    _WITH_UPLOADER.add(session)


def ended(sessions: set[str]) -> None:
    """Forget sessions that have gone: all that are not among the living."""
    _WITH_UPLOADER.intersection_update(sessions)


class Guard:
    """Answers for the app where it must not be asked."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.coming: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        below = config.get_option("server.baseUrlPath").strip("/")
        if path == _HEALTH and below:
            # Whoever looks after a server need not know below which path visitors find it.
            path = f"/{below}{_HEALTH}"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        if path.endswith("/_stcore/metrics") and not settings.metrics():
            await PlainTextResponse("Not found", 404)(scope, receive, send)
            return
        upload, method, headers = _UPLOAD.search(path), scope["method"], Headers(scope=scope)
        if upload is None or method not in ("PUT", "POST", "DELETE"):
            await self.app(scope, receive, send)
            return
        if not _same_site(headers.get("origin"), headers.get("host")):
            sentence = section("frame", "upload from elsewhere")
            await PlainTextResponse(sentence, 403)(scope, receive, send)
            return
        if method == "DELETE":
            await self.app(scope, receive, send)
            return
        session = upload["session"]
        length = headers.get("content-length", "")
        # The length is checked against what really comes by the server underneath.
        size = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None
        problem = self.problem(session, size)
        if problem:
            status, sentence = problem
            await PlainTextResponse(sentence, status)(scope, receive, send)
            return
        await _Upload(self, session).take(scope, receive, send)

    def problem(self, session: str, size: int | None) -> tuple[int, str] | None:
        """Why an upload is refused: the status and a sentence."""
        if size is None:
            return 411, section("frame", "upload without length")
        if session not in _WITH_UPLOADER:
            return 403, section("frame", "upload unasked")
        kept = _kept()
        mine = kept.get(session, 0) + self.coming.get(session, 0) + size
        if mine > settings.upload_of_one():
            allowed = settings.upload_of_one() // 10**6
            return 413, section("frame", "upload of one", allowed=allowed)
        if sum(kept.values()) + sum(self.coming.values()) + size > settings.upload_of_all():
            return 413, section("frame", "upload of all")
        return None

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if not _same_site(headers.get("origin"), headers.get("host")):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return

        async def checked() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                kind = _kind(message)
                if kind is None:
                    return {"type": "websocket.disconnect", "code": 1003}
                if kind in OF_VISITORS:
                    return message

        await self.app(scope, checked, send)


class _Upload:
    """A file on its way: what has come of it counts, not what was announced, so that nobody can
    take others' room with files that never come."""

    def __init__(self, guard: Guard, session: str) -> None:
        self._guard, self._session = guard, session
        self._here = 0
        self._refusal: tuple[int, str] | None = None

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted() -> Message:
            try:
                message: Message = await asyncio.wait_for(receive(), STALL_S)
            except TimeoutError:
                self._refusal = 408, section("frame", "upload stalled")
                raise _Refused from None
            self._count(len(message.get("body", b"")))
            if not message.get("more_body", False):
                # From now on it counts among what is kept.
                self._count(-self._here)
            return message

        async def told(message: Message) -> None:
            # What the app says of an upload that was broken off is not the reason.
            if self._refusal is None:
                await send(message)

        try:
            await self._guard.app(scope, counted, told)
        except _Refused:
            assert self._refusal is not None
            status, sentence = self._refusal
            await PlainTextResponse(sentence, status)(scope, receive, send)
        finally:
            self._count(-self._here)

    def _count(self, more: int) -> None:
        coming = self._guard.coming
        self._here += more
        coming[self._session] = coming.get(self._session, 0) + more
        if not coming[self._session]:
            del coming[self._session]
        if more > 0:
            self._refusal = self._guard.problem(self._session, 0)
            if self._refusal is not None:
                raise _Refused


class _Refused(Exception):
    """An upload is broken off."""


def _kind(message: Message) -> str | None:
    """Which of Streamlit's messages it is; None where it is none."""
    data = message.get("bytes")
    if data is None or len(data) > _LARGEST_MESSAGE:
        return None
    try:
        return BackMsg.FromString(data).WhichOneof("type") or ""
    except DecodeError:
        return None


def _same_site(origin: str | None, host: str | None) -> bool:
    """Whether a page of this server asks; a program that is no browser names no origin."""
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False


def _kept() -> dict[str, int]:
    """Session -> bytes of its uploads that the server holds."""
    # What Streamlit offers publicly is their sum over all sessions.
    storage = Runtime.instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]
    return {
        session: sum(len(file.data) for file in list(files.values()))
        for session, files in list(storage.items())
    }
